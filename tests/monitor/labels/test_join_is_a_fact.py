"""The join of two logs is what they say, in any interleaving and after any restart."""

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.engine.partition import NEVER
from monitor.labels.join import LabelJoin
from monitor.labels.view import LabelsView
from tests.monitor.labels.logs import (
    PARTITIONS,
    SETTINGS,
    Log,
    Told,
    defined,
    newest_of,
    pairs_of_logs,
    read,
    rows,
)

END = 1 << 40


class Reader:
    """Reads two topics into a join, and is stopped and started again from its last snapshot.

    What was counted is rolled back with it, as an engine's state would be.
    """

    def __init__(self, folder: Path, logs: list[tuple[Log, Log]]) -> None:
        self.folder, self.logs = folder, logs
        self.read = [[0, 0] for _ in logs]
        self.pairs: Counter[tuple[int, ...]] = Counter()
        self.join = LabelJoin.open(folder, SETTINGS, None)
        self.snapshot = ([[0, 0] for _ in logs], self.pairs.copy(), None)

    def go_on(self, partition: int, side: int, records: int) -> None:
        start = self.read[partition][side]
        end = min(start + records, len(self.logs[partition][side]))
        pairs = read(self.join, partition, side, self.logs[partition][side], start, end)
        self.pairs.update(rows(partition, pairs))
        self.read[partition][side] = end

    def advance(self) -> None:
        for partition, logs in enumerate(self.logs):
            marks = [NEVER, NEVER]
            for side in (0, 1):
                if at := self.read[partition][side]:
                    marks[side] = newest_of(logs[side])[at - 1] - SETTINGS.lateness_ms
            self.join.advance(partition, *marks)

    def save(self) -> None:
        self.join.flush()
        self.snapshot = ([list(each) for each in self.read], self.pairs.copy(), self.join.meta())
        self.join.forget(self.join.meta())

    def restart(self, flushed: bool) -> None:
        if flushed:
            self.join.store.flush()
        self.join.close()
        read, pairs, meta = self.snapshot
        self.read, self.pairs = [list(each) for each in read], pairs.copy()
        self.join = LabelJoin.open(self.folder, SETTINGS, meta)

    def finish(self) -> Told:
        for partition in range(len(self.logs)):
            for side in (0, 1):
                self.go_on(partition, side, END)
            self.join.advance(partition, END, END)
        view = LabelsView.of(self.join)
        assert (view.waiting_labels, view.waiting_predictions) == (0, 0)
        assert view.delays.counts.sum() == self.pairs.total()
        self.join.close()
        return self.pairs, Counter(view.predictions), Counter(view.labels)


reading = st.tuples(
    st.just("read"), st.integers(0, PARTITIONS - 1), st.integers(0, 1), st.integers(1, 6)
)
steps = st.lists(
    st.one_of(
        reading,
        reading,
        reading,
        st.sampled_from([("advance",), ("save",), ("crash",), ("crash ahead",)]),
    ),
    max_size=24,
)


@given(pairs_of_logs, steps)
@settings(max_examples=150, deadline=None)
def test_any_interleaving_and_any_restart_give_the_join_by_its_definition(logs, steps):
    with TemporaryDirectory() as folder:
        reader = Reader(Path(folder), logs)
        for name, *arguments in steps:
            match name:
                case "read":
                    reader.go_on(*arguments)
                case "advance":
                    reader.advance()
                case "save":
                    reader.save()
                case _:
                    reader.restart(flushed=name == "crash ahead")
        told = reader.finish()
    assert told == whole(logs)


@given(pairs_of_logs, st.integers(1, 3), st.integers(0, 10))
@settings(max_examples=75, deadline=None)
def test_forgetting_what_is_old_changes_nothing(logs, records, crash):
    with TemporaryDirectory() as folder:
        reader = Reader(Path(folder), logs)
        for turn in range(14):
            for partition in range(PARTITIONS):
                for side in (0, 1):
                    reader.go_on(partition, side, records)
            reader.advance()
            if turn == crash:
                reader.restart(flushed=True)
            else:
                reader.save()
        told = reader.finish()
    assert told == whole(logs)


def whole(logs: list[tuple[Log, Log]]) -> Told:
    """The join of all partitions by its definition."""
    told: Told = (Counter(), Counter(), Counter())
    for partition, (predictions, labels) in enumerate(logs):
        for total, each in zip(told, defined(partition, predictions, labels), strict=True):
            total.update(each)
    return told
