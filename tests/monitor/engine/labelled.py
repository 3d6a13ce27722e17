"""Small logs of predictions and their labels, and an engine over both, for the engine's tests."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from hypothesis import strategies as st

from detectors.estimation.loss_model import counts_of
from detectors.estimation.losses import learned_of_numbers
from detectors.performance.error_stream import Errors
from detectors.performance.known import KnownPerformance
from detectors.performance.pairs import Pairs
from detectors.performance.tally import Tally
from detectors.performance.task import Task
from detectors.prediction_kind import PredictionKind
from detectors.sample import record_hashes
from monitor.decode.labels import LabelBatch
from monitor.engine.error_baseline import ErrorBaseline
from monitor.engine.label_watermark import close_ready_pairs
from monitor.engine.model import ModelEngine
from monitor.engine.performance_settings import PerformanceSettings, measured_by
from monitor.engine.watermark import close_ready_blocks
from monitor.labels.facts import JoinSettings
from monitor.sources.source import Partition
from monitor.state.performance import performance_from
from monitor.state.watch import watch_meta
from tests.detectors.performance.joined import bits
from tests.monitor.engine import logs

HORIZON_MS = 3000


def known_performance() -> KnownPerformance:
    """Return what 400 labelled rows of a regression teach."""
    rng = np.random.default_rng(11)
    n = 400
    predicted = rng.standard_normal(n)
    pairs = Pairs(
        predicted=predicted,
        actual=predicted + rng.normal(0, 0.5, n),
        confidence=np.full(n, np.nan),
        hashes=record_hashes(1, np.arange(n)),
        times=np.arange(n),
        partitions=np.zeros(n, dtype=np.int64),
        offsets=np.arange(n),
    )
    task = Task.fit(PredictionKind.REGRESSION, pairs)
    cells = rng.integers(0, 30, (n, 3))
    edges = (-1.0, 0.0, 1.0)
    group = np.searchsorted(edges, pairs.actual)
    return KnownPerformance(
        task=task,
        tallies={"": Tally.of(task, pairs)},
        errors={"": Errors.of(task, pairs).counts},
        calibrations={},
        by_label=np.stack([counts_of(cells[group == each]) for each in range(4)]),
        label_edges=edges,
        estimation=learned_of_numbers(cells, 2, predicted, pairs.actual, np.arange(n) % 10),
    )


KNOWN = known_performance()


def an_engine(folder: Path, warm_up: int = 0, own_topic: bool = False) -> ModelEngine:
    """Return an engine with labels, before its first record; its store lies in ``folder``."""
    plain = logs.an_engine(warm_up=warm_up)
    yardstick, payload, _ = measured_by(KNOWN, len(logs.PROFILE.features))
    settings = PerformanceSettings(
        streams=plain.settings.streams,
        segments=plain.settings.segments,
        topic="t" if own_topic else "labels",
        own_topic=own_topic,
        folder=folder,
        known=KNOWN,
        yardstick=yardstick,
        no_estimate="",
        baselines={
            segment: ErrorBaseline.of(KNOWN, segment, warm_up, 0.05)
            for segment in plain.settings.segments
        },
        detectors=("page_hinkley", "ddm", "hddm_w"),
        warm_up=warm_up,
        payload=payload,
        join=JoinSettings(HORIZON_MS, logs.LATENESS_MS, payload.bytes, 1 << 30),
        reference_digest="sha256:1",
    )
    engine = ModelEngine(replace(plain.settings, performance=settings))
    engine.performance = performance_from(settings, None, {})
    return engine


@dataclass(frozen=True, slots=True)
class Label:
    """One decoded label before it is put into a batch."""

    time: int
    value: float
    id: object


labels = st.builds(
    Label,
    time=st.integers(0, 8 * logs.BLOCK_MS),
    value=st.floats(-4, 4),
    id=st.integers(0, 8),
)

Logs = list[tuple[list[logs.Entry], list[Label]]]

both_logs = st.lists(
    st.tuples(st.lists(logs.entries, max_size=20), st.lists(labels, max_size=20)),
    min_size=1,
    max_size=2,
)
"""For each pair of partitions the records and the labels, in their logs' order."""


def label_batch(partition: Partition, first: int, part: Sequence[Label]) -> LabelBatch:
    """Return the batch of consecutive labels that start at offset ``first``."""
    offsets = np.arange(first, first + len(part))
    return LabelBatch(
        partition=partition,
        offsets=offsets,
        times=np.array([label.time for label in part], dtype=np.int64),
        ids=[label.id for label in part],
        values=np.array([label.value for label in part], dtype=np.float64),
        rejects=(),
        tombstones=0,
        next_offset=first + len(part),
        taken=offsets,
    )


class Reader:
    """Reads both topics into an engine, side by side."""

    def __init__(self, engine: ModelEngine, both: Logs) -> None:
        """Begin where the engine is."""
        self.engine = engine
        self.both = both

    def go_on(self, number: int, side: int, records: int) -> None:
        """Read the next records (side 0) or labels (side 1) of a pair of partitions."""
        name = Partition("t" if side == 0 else "labels", number)
        start = self.engine.position(name) or 0
        part = self.both[number][side][start : start + records]
        if part and side == 0:
            self.engine.add(logs.batch_of(name, start, part), 0)
        elif part:
            self.engine.add_labels(label_batch(name, start, part), None, 0)
        self.close()

    def finish(self) -> ModelEngine:
        """Read what is left and close every block."""
        for number in range(len(self.both)):
            for side in (0, 1):
                self.go_on(number, side, 1 << 30)
        self.close()
        self.engine.refresh()
        return self.engine

    def close(self) -> None:
        """Close what may close, as the pipeline does after each poll."""
        numbers = range(len(self.both))
        names = [(Partition("t", each), Partition("labels", each)) for each in numbers]
        finished = {
            name
            for pair, sides in zip(names, self.both, strict=True)
            for name, side in zip(pair, sides, strict=True)
            if (self.engine.position(name) or 0) == len(side)
        }
        told = replace(
            logs.progress(()),
            assigned=frozenset(name for pair in names for name in pair),
            finished=frozenset(finished),
        )
        records = frozenset(pair[0] for pair in names)
        close_ready_blocks(self.engine, replace(told, assigned=records))
        assert self.engine.performance is not None
        close_ready_pairs(self.engine, self.engine.performance, told)


def read_whole(engine: ModelEngine, both: Logs, steps: Iterable[tuple[int, int]]) -> ModelEngine:
    """Read the logs, one record a step of the pair and the side that it names, then the rest."""
    reader = Reader(engine, both)
    for number, side in steps:
        reader.go_on(number % len(both), side, 1)
    return reader.finish()


def told(engine: ModelEngine) -> dict[str, object]:
    """Everything that the engine knows in the end, in a form that compares bit for bit."""
    performance = engine.performance
    assert performance is not None
    assert not performance.open_blocks
    assert not performance.unsummed
    return {
        "inputs": logs.told(engine),
        "first_open": performance.first_open,
        "waiting": {
            number: [dict(each.side(side).outcomes) for side in (0, 1)]
            for number, each in performance.join.ledgers.items()
        },
        "learned": {
            segment: baseline.ratios.season.coefficients.tobytes()
            for segment, baseline in performance.learned.items()
        },
        "streams": {
            key: (
                stream.pairs,
                stream.shared,
                watch_meta(stream.watch),
                stream.adwin.state()[0].tobytes(),
                {name: each.state()[0].tobytes() for name, each in stream.detectors.items()},
                [
                    (each.level, each.first, each.last, bits(each.summary), each.clock.tobytes())
                    for each in stream.windows.buckets
                ],
            )
            for key, stream in sorted(performance.streams.items())
        },
    }
