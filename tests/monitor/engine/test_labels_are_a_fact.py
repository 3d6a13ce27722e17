"""The same two logs give the same pairs, blocks and performance, however they are read."""

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.engine.model import ModelEngine
from monitor.events.build import Teller
from monitor.state.snapshot import load, save
from tests.monitor.engine.labelled import Reader, an_engine, both_logs, read_whole, told

warm_ups = st.sampled_from([0, 3])
steps = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), max_size=50)


@given(both_logs, steps, warm_ups)
@settings(max_examples=30, deadline=None)
def test_any_cutting_and_interleaving_gives_the_same_performance(both, order, warm_up):
    with TemporaryDirectory() as one, TemporaryDirectory() as other:
        whole = read_whole(an_engine(Path(one), warm_up), both, [])
        cut = read_whole(an_engine(Path(other), warm_up), both, order)
        assert told(cut) == told(whole)
        assert happened(cut) == happened(whole)


@given(both_logs, steps, steps, steps, warm_ups)
@settings(max_examples=30, deadline=None)
def test_a_kill_after_a_snapshot_changes_nothing(both, before, lost, after, warm_up):
    with TemporaryDirectory() as one, TemporaryDirectory() as other:
        whole = read_whole(an_engine(Path(one), warm_up), both, [])
        engine = an_engine(Path(other) / "labels", warm_up)
        reader = Reader(engine, both)
        for number, side in before:
            reader.go_on(number % len(both), side, 1)
        path = Path(other) / "snapshot.npz"
        engine.performance.join.flush()
        save(path, {"m": engine}, 0)
        engine.performance.join.forget(engine.performance.join.meta())
        for number, side in lost:
            reader.go_on(number % len(both), side, 1)
        engine.performance.join.store.flush()  # the store may be ahead of the snapshot
        engine.performance.join.close()
        restarted = load(path, {"m": engine.settings}).engines["m"]
        assert told(read_whole(restarted, both, after)) == told(whole)


def happened(engine: ModelEngine) -> set[tuple[str, str]]:
    """What is told of, by id; what it tells of predictions beyond the labels may differ."""
    events = map(Teller("m", "labels", "http://d").event, engine.notices)
    return {(event.id, event.type) for event in events}


@given(both_logs)
@settings(max_examples=30, deadline=None)
def test_every_prediction_and_every_label_has_one_outcome(both):
    with TemporaryDirectory() as folder:
        engine = read_whole(an_engine(Path(folder)), both, [])
        performance = engine.performance
        for number, ledger in performance.join.ledgers.items():
            predictions, labels = both[number]
            waiting = ledger.prediction.waiting.total()
            assert ledger.prediction.outcomes.total() + waiting == len(predictions)
            waiting = ledger.label.waiting.total()
            assert ledger.label.outcomes.total() + waiting == len(labels)
        joined = sum(
            (each.label.outcomes for each in performance.join.ledgers.values()), Counter()
        )["joined"]
        judged = sum(
            bucket.summary.records + bucket.summary.tally.unusable
            for stream in performance.streams.values()
            for bucket in stream.windows.buckets
        )
        # Windows are four seconds long here, and forget what is older.
        assert judged <= joined
