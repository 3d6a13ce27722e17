"""A reference of the small world, and streams that are watched and diagnosed against it."""

from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np

from detectors.bins import quantile_edges
from detectors.counts import FloatArray
from detectors.diagnosis.diagnose import diagnose
from detectors.diagnosis.failure_mode import Diagnosis
from detectors.diagnosis.performance_signal import PerformanceSignal
from detectors.diagnosis.signals import Signals
from detectors.estimation.calibration import FOLDS, calibrate
from detectors.estimation.score_counts import LabelledCounts
from detectors.evidence.budget import Budget
from detectors.evidence.closing import Closing
from detectors.evidence.detector import Detector
from detectors.evidence.learned import Learned
from detectors.evidence.ratios import Ratios
from detectors.evidence.season import place_by_clock
from detectors.evidence.watch import Watch
from detectors.performance.error_evidence import error_ratios
from detectors.performance.error_stream import Errors
from detectors.performance.known import ALL_ROWS, KnownPerformance
from detectors.performance.pairs import Pairs
from detectors.performance.said import Said
from detectors.performance.summary import Performance
from detectors.performance.tally import Tally
from detectors.performance.task import Task
from detectors.performance.yardstick import Yardstick
from detectors.prediction_kind import PredictionKind
from detectors.profile import Profile
from detectors.summarise import summarise
from detectors.summary import Summary
from detectors.windows import Windows
from tests.detectors.diagnosis.records import (
    INPUTS,
    PLANS,
    Records,
    chosen,
    columns_of,
    pairs_of,
    quiet,
)
from tests.detectors.strategies import Table, profile_of

REFERENCE_RECORDS = 20_000
BLOCK_RECORDS = 200
QUIET_BLOCKS = 1000
LONGEST = 4320
BUDGET = Budget(pages=1, per_ms=LONGEST, block_ms=1)


@dataclass(frozen=True, slots=True)
class World:
    """The reference, and all that is learned from it."""

    profile: Profile
    reference: Summary
    closing: Closing
    ratios: Ratios
    known: KnownPerformance
    yardstick: Yardstick
    error_ratios: Ratios


@cache
def world() -> World:
    """Return the reference that all runs share."""
    records = quiet(np.random.default_rng(1), REFERENCE_RECORDS)
    columns = columns_of(records)
    profile = _profile(records)
    reference = summarise(profile, columns)
    learned = Learned.of(profile, reference.counts, columns.numeric[1::2])
    known = _known(profile, records)
    return World(
        profile=profile,
        reference=reference,
        closing=learned.closing(profile, reference.counts),
        ratios=learned.ratios(profile, reference.counts, wanders=False, ignore_below=0.05),
        known=known,
        yardstick=Yardstick.of(known),
        error_ratios=error_ratios(known.task, known.errors[ALL_ROWS]),
    )


def _profile(records: Records) -> Profile:
    columns = columns_of(records)
    names = (*INPUTS, "prediction")
    fitted = slice(0, None, 2)
    numeric = dict(zip(names, columns.numeric[fitted].T, strict=True))
    plans = [PLANS[code] for code in records.plans[fitted]]
    profile = profile_of(Table(numeric, {"plan": plans}), components=4)
    edges = [quantile_edges(each, each.min(), each.max()) for each in columns.numeric.T]
    return replace(
        profile,
        edges=np.array(edges),
        low=columns.numeric.min(axis=0),
        high=columns.numeric.max(axis=0),
        levels=(PLANS,),
        prediction=len(INPUTS),
    )


def _known(profile: Profile, records: Records) -> KnownPerformance:
    pairs = pairs_of(records)
    task = Task.fit(PredictionKind.PROBABILITY, pairs)
    folds = [pairs.chosen(slice(k, None, FOLDS)) for k in range(FOLDS)]
    by_label = [
        summarise(profile, columns_of(chosen(records, np.flatnonzero(records.labels == label))))
        for label in (0, 1)
    ]
    return KnownPerformance(
        task=task,
        tallies={ALL_ROWS: Tally.of(task, pairs)},
        errors={ALL_ROWS: Errors.of(task, pairs).counts},
        calibrations={},
        by_label=np.stack([each.counts for each in by_label]),
        label_edges=(),
        estimation=calibrate([_labelled(task, each) for each in folds]),
    )


def _labelled(task: Task, pairs: Pairs) -> LabelledCounts:
    positive = pairs.predicted >= task.threshold
    return LabelledCounts.of(pairs.predicted, positive, pairs.actual == 1)


@dataclass(frozen=True, slots=True)
class Block:
    """What is kept of the records of a block, and of their labels."""

    summary: Summary
    extra: FloatArray
    performance: Performance

    @classmethod
    def of(cls, records: Records) -> "Block":
        """Summarise records."""
        here = world()
        pairs = pairs_of(records)
        nothing = np.zeros((len(pairs), 0))
        said = Said(pairs.predicted, pairs.confidence, nothing, nothing.astype(np.uint8))
        summary = summarise(here.profile, columns_of(records))
        performance = Performance.of_pairs(here.yardstick, pairs, said)
        return cls(summary, here.closing.extra(summary), performance)


@cache
def quiet_blocks() -> list[Block]:
    """Return many blocks of which nothing is to be said, that runs draw theirs from."""
    rng = np.random.default_rng(2)
    return [Block.of(quiet(rng, BLOCK_RECORDS)) for _ in range(QUIET_BLOCKS)]


@dataclass(slots=True)
class Run:
    """One stream that is watched, and its labels where they come."""

    labelled: bool = True
    number: int = -1
    windows: Windows[Summary] = field(default_factory=lambda: Windows(LONGEST))
    pairs: Windows[Performance] = field(default_factory=lambda: Windows(LONGEST))
    watch: Watch = field(default_factory=lambda: Watch(Detector(world().ratios), BUDGET))
    errors: Watch = field(default_factory=lambda: Watch(Detector(world().error_ratios), BUDGET))

    def step(self, block: Block) -> None:
        """Take the next block."""
        self.number += 1
        clock = place_by_clock(None, block.summary.records)
        self.windows = self.windows.push(self.number, block.summary, clock, block.extra)
        self.watch.step([each.observed for each in self.windows.buckets], (), 1, True)
        if self.labelled:
            self.pairs = self.pairs.push(self.number, block.performance, clock)
            self.errors.step([each.observed for each in self.pairs.buckets], (), 1, True)

    def rest(self, rng: np.random.Generator, blocks: int) -> None:
        """Take so many blocks of which nothing is to be said."""
        pool = quiet_blocks()
        for place in rng.integers(len(pool), size=blocks).tolist():
            self.step(pool[place])

    def signals(self) -> Signals:
        """Return all that speaks for or against a failure mode."""
        here = world()
        return Signals.of(
            here.profile,
            here.reference,
            self.windows,
            self.watch.detector,
            self.watch.feature_since,
            self.watch.page_threshold(1),
            here.known if self.labelled else None,
            self._performance(),
        )

    def diagnosis(self) -> Diagnosis:
        """Return what is wrong after the newest block."""
        return diagnose(self.signals())

    def _performance(self) -> PerformanceSignal | None:
        here = world()
        return PerformanceSignal.of(
            here.yardstick,
            here.known.tallies[ALL_ROWS],
            here.known.by_label,
            self.pairs,
            self.errors.detector,
            self.errors.feature_since,
        )
