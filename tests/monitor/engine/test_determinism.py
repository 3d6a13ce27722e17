"""The same log gives the same blocks, statistics and late counts, however it is read."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.engine.model import ModelEngine
from monitor.engine.watermark import close_ready_blocks
from monitor.events.build import Teller
from monitor.events.event import Event
from monitor.state.snapshot import load, save
from tests.monitor.engine.logs import (
    an_engine,
    batch_of,
    logs,
    partition,
    progress,
    read_whole,
    told,
)

TELLER = Teller("m", None, "http://d")
warm_ups = st.sampled_from([0, 3])
steps = st.lists(st.integers(0, 2), max_size=80)


@given(logs, steps, warm_ups)
@settings(max_examples=150, deadline=None)
def test_any_cutting_and_interleaving_gives_the_same_engine(log, order, warm_up):
    whole, cut = an_engine(warm_up=warm_up), an_engine(warm_up=warm_up)
    read_whole(whole, log, [])
    read_whole(cut, log, [step % len(log) for step in order])
    assert told(cut) == told(whole)
    assert events(cut) == events(whole)


@given(logs, steps, steps, warm_ups)
@settings(max_examples=100, deadline=None)
def test_a_restart_from_a_snapshot_changes_nothing(log, before, after, warm_up):
    whole, stopped = an_engine(warm_up=warm_up), an_engine(warm_up=warm_up)
    read_whole(whole, log, [])
    read = [0] * len(log)
    for number in (step % len(log) for step in before):
        if read[number] < len(log[number]):
            part = log[number][read[number] : read[number] + 1]
            stopped.add(batch_of(partition(number), read[number], part), 0)
            read[number] += 1
            close_ready_blocks(stopped, progress(range(len(log))))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "snapshot.npz"
        save(path, {"m": stopped}, 0)
        restarted = load(path, {"m": stopped.settings}).engines["m"]
    read_whole(restarted, log, [step % len(log) for step in after])
    assert told(restarted) == told(whole)
    assert events(stopped) + events(restarted) == events(whole)


def events(engine: ModelEngine) -> list[Event]:
    """What happened, as it is told."""
    return list(map(TELLER.event, engine.notices))


@given(logs)
@settings(max_examples=100, deadline=None)
def test_every_record_is_in_exactly_one_closed_block(log):
    engine = an_engine(longest_ms=60_000)
    read_whole(engine, log, [])
    assert sum(stream.records for stream in engine.streams.values()) == sum(map(len, log))
