"""Records without any time are cut into blocks of rows."""

from dataclasses import replace

from hypothesis import given, settings

from monitor.config.grid import Grid
from monitor.engine.watermark import close_ready_blocks
from tests.monitor.engine.logs import (
    Entry,
    an_engine,
    batch_of,
    logs,
    partition,
    progress,
    read_whole,
    told,
)
from tests.monitor.engine.test_determinism import steps

ROWS = replace(Grid.of_rows(4), windows=(("block", 1), ("3s", 3)))


@given(logs, steps)
@settings(max_examples=60, deadline=None)
def test_any_cutting_and_interleaving_gives_the_same_blocks_of_rows(log, order):
    whole, cut = an_engine(grid=ROWS), an_engine(grid=ROWS)
    read_whole(whole, log, [])
    read_whole(cut, log, [step % len(log) for step in order])
    assert told(cut) == told(whole)


def test_a_block_holds_so_many_rows_of_a_partition_and_has_no_time():
    engine = an_engine(grid=ROWS)
    rows = [Entry(0, 0.5, "1", 0, None)] * 10
    engine.add(batch_of(partition(0), 0, rows), 0)
    assert close_ready_blocks(engine, progress([0]))
    engine.refresh()
    view = engine.views["1", "DE"]
    assert (view.records, dict(view.blocks), view.late) == (8, {"watermark": 2}, 0)
    assert view.last_block_end_ms is None
    assert {window.from_ms for window in view.windows} == {None}


def test_the_clock_closes_no_block_of_rows():
    engine = an_engine(grid=ROWS)
    engine.add(batch_of(partition(0), 0, [Entry(0, 0.5, "1", 0, None)] * 3), 0)
    at_end = replace(progress([0]), at_end=frozenset({partition(0)}), idle_after_ms=0)
    assert not close_ready_blocks(engine, replace(at_end, now_ms=10**12))
    assert close_ready_blocks(engine, replace(at_end, finished=frozenset({partition(0)})))
