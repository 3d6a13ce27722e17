"""Small logs of decoded records, and an engine over them, for the engine's tests."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from detectors.bins import quantile_edges
from detectors.cells import TOP_LEVELS
from detectors.columns import Columns
from detectors.directions import Directions
from detectors.evidence.budget import Budget
from detectors.evidence.learned import Learned
from detectors.evidence.observed import Observed
from detectors.kernel import draw_frequencies
from detectors.profile import Kernel, Profile
from detectors.summarise import summarise
from detectors.summary import Summary
from detectors.windows import Bucket
from monitor.config.grid import Grid
from monitor.decode.batch import Batch
from monitor.engine.baseline import Baseline, Origin
from monitor.engine.model import EngineSettings, ModelEngine
from monitor.engine.watermark import Progress, close_ready_blocks
from monitor.schema import REST
from monitor.sources.source import Partition
from monitor.state.watch import watch_meta
from monitor.state.worst import far_meta

BLOCK_MS = 1000
LATENESS_MS = 300
WINDOWS = (("block", 1), ("3s", 3))


def a_profile() -> Profile:
    """A profile of two numeric features (the second is the prediction) and a categorical one."""
    rng = np.random.default_rng(7)
    values = rng.standard_normal((2000, 2))
    low, high = values.min(axis=0), values.max(axis=0)
    components = 8
    return Profile(
        numeric=("x", "prediction"),
        categorical=("c",),
        edges=np.stack([quantile_edges(values[:, at], low[at], high[at]) for at in range(2)]),
        centre=np.zeros(2),
        scale=np.ones(2),
        low=low,
        high=high,
        levels=(("a", "b"),),
        others=(frozenset({"d"}),),
        embeddings=(),
        embedding_centre=(),
        embedding_scale=(),
        kernels=(
            Kernel(
                frequencies=draw_frequencies(rng, 2, components, 1.5),
                missing=draw_frequencies(rng, 2, components, 1.5),
                levels=(draw_frequencies(rng, TOP_LEVELS + 3, components, 1.5),),
                bandwidth=1.5,
            ),
        ),
        prediction=1,
        directions=Directions.fit(values[::2]),
    )


PROFILE = a_profile()


@dataclass(frozen=True, slots=True)
class Entry:
    """One decoded record before it is put into a batch."""

    time: int
    value: float
    version: str
    segment: int
    id: object


entries = st.builds(
    Entry,
    time=st.integers(0, 6 * BLOCK_MS),
    value=st.one_of(st.just(float("nan")), st.floats(-4, 4)),
    version=st.sampled_from(["1", "2"]),
    segment=st.sampled_from([0, 1]),
    id=st.one_of(st.none(), st.integers(0, 8)),
)

logs = st.lists(st.lists(entries, max_size=25), min_size=1, max_size=3)
"""For each partition its records, in the log's order."""


def batch_of(partition: Partition, first: int, part: Sequence[Entry]) -> Batch:
    """Return the batch of consecutive records that start at offset ``first``."""
    count = len(part)
    values = np.array([entry.value for entry in part], dtype=np.float64)
    return Batch(
        partition=partition,
        offsets=np.arange(first, first + count),
        times=np.array([entry.time for entry in part], dtype=np.int64),
        ids=[entry.id for entry in part],
        versions=[entry.version for entry in part],
        segments=np.array([entry.segment for entry in part], dtype=np.int16),
        numeric=np.column_stack([values, np.nan_to_num(values)]),
        codes=np.zeros((count, 1), dtype=np.int16),
        embeddings=(),
        invalid=np.array(
            [[at, 0] for at, value in enumerate(values) if np.isnan(value)], dtype=np.int64
        ).reshape(-1, 2),
        score=1 / (1 + np.exp(-np.nan_to_num(values))),
        rejects=(),
        tombstones=0,
        next_offset=first + count,
    )


def an_engine(
    longest_ms: int = 4 * BLOCK_MS, grid: Grid | None = None, warm_up: int = 0
) -> ModelEngine:
    """An engine with one-second blocks and two segments, before its first record.

    warm_up: blocks; 0 takes records for independent.
    """
    rng = np.random.default_rng(3)
    numeric = rng.standard_normal((500, 2))
    reference = summarise(
        PROFILE,
        Columns(
            numeric=numeric,
            codes=np.zeros((500, 1), dtype=np.int16),
            embeddings=(),
            invalid=np.zeros((0, 2), dtype=np.int64),
            score=np.zeros(500),
            hashes=np.arange(500, dtype=np.uint64),
            times=np.zeros(500, dtype=np.int64),
            partitions=np.zeros(500, dtype=np.int64),
            offsets=np.arange(500),
        ),
    )
    learned = Learned.of(PROFILE, reference.counts, numeric[1::2])
    origin = Origin.WARMING_UP if warm_up else Origin.INDEPENDENT
    baseline = Baseline.of(PROFILE, reference, learned, origin, ignore_below=0.05)
    return ModelEngine(
        EngineSettings(
            name="m",
            profile=PROFILE,
            reference_digest="sha256:1",
            schema_digest="1",
            segments=("DE", REST),
            baselines={"DE": baseline, REST: baseline},
            grid=grid or Grid(BLOCK_MS, LATENESS_MS, longest_ms, WINDOWS, by_rows=False),
            budget=Budget(pages=1, per_ms=4320 * BLOCK_MS, block_ms=BLOCK_MS),
            period="72m",
            ignore_below=0.05,
            warm_up=warm_up,
            cooldown=2,
            has_ids=True,
        )
    )


def partition(number: int) -> Partition:
    """Return one of the log's partitions."""
    return Partition("t", number)


def progress(assigned: Iterable[int], finished: Iterable[int] = ()) -> Progress:
    """What a source says in a run without a clock."""
    return Progress(
        assigned=frozenset(map(partition, assigned)),
        at_end=frozenset(),
        finished=frozenset(map(partition, finished)),
        now_ms=0,
        idle_after_ms=1 << 60,
    )


def read_whole(engine: ModelEngine, log: Sequence[Sequence[Entry]], steps: Iterable[int]) -> None:
    """Feed the log in pieces: each step takes one more record of the partition it names.

    Equal steps in a row make one batch. What the steps leave is read at the end, and all
    blocks are closed.
    """
    read = [engine.partition(partition(at)).position or 0 for at in range(len(log))]
    runs: list[tuple[int, int]] = []
    for number in steps:
        if runs and runs[-1][0] == number:
            runs[-1] = (number, runs[-1][1] + 1)
        else:
            runs.append((number, 1))
    for number, count in [*runs, *((at, len(log[at])) for at in range(len(log)))]:
        part = log[number][read[number] : read[number] + count]
        if part:
            engine.add(batch_of(partition(number), read[number], part), 0)
            read[number] += len(part)
        finished = [at for at in range(len(log)) if read[at] == len(log[at])]
        if len(finished) < len(log):
            close_ready_blocks(engine, progress(range(len(log)), finished))
    close_ready_blocks(engine, progress(range(len(log)), range(len(log))))
    engine.refresh()


def told(engine: ModelEngine) -> dict[str, object]:
    """Everything that the engine knows in the end, in a form that compares bit for bit."""
    assert not engine.open_blocks
    return {
        "duplicates": engine.duplicates,
        "first_open": engine.first_open,
        "learners": {
            segment: (
                learner.started,
                [
                    (unit, each.records, each.counts.tolist(), *_sums(each))
                    for unit, each in learner.units.items()
                ],
            )
            for segment, learner in engine.learners.items()
        },
        "learned": {
            segment: baseline.ratios.season.coefficients.tobytes()
            for segment, baseline in engine.learned.items()
        },
        "streams": {
            key: (
                stream.records,
                stream.late,
                [
                    (bucket.level, bucket.first, bucket.last, bits(bucket.summary), *_sums(bucket))
                    for bucket in stream.windows.buckets
                ],
                watch_meta(stream.watch),
                stream.shared,
                far_meta(stream.far),
                engine.views[key].feature_evidence.tobytes(),
                stream.adwin.mean,
                stream.adwin.width,
                stream.adwin.detections,
                {
                    (window.name, name): values.tobytes()
                    for window in engine.views[key].windows
                    for name, values in window.values.items()
                },
            )
            for key, stream in sorted(engine.streams.items())
        },
    }


def _sums(bucket: Bucket | Observed) -> tuple[bytes, bytes]:
    return bucket.clock.tobytes(), bucket.extra.tobytes()


def bits(summary: Summary) -> tuple[object, ...]:
    """A summary's values, bit for bit."""
    return (
        summary.records,
        summary.late,
        summary.outlying,
        summary.counts.tolist(),
        summary.invalid.tolist(),
        summary.outside.tolist(),
        summary.sums.tolist(),
        summary.squares.tolist(),
        summary.low.tobytes(),
        summary.high.tobytes(),
        summary.kernel.tolist(),
        summary.kernel_records.tolist(),
    )
