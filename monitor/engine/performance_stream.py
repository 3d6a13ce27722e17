"""The performance of one (model, version, segment): its state, and one step a block."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from detectors.adwin import ScoreAdwin
from detectors.evidence.cut import evidence_of_cut
from detectors.evidence.detector import Detector
from detectors.evidence.observed import Observed
from detectors.evidence.season import place_by_clock
from detectors.evidence.watch import Watch
from detectors.performance.error_detectors import REGISTRY, ErrorDetector
from detectors.performance.error_stream import error_rows
from detectors.performance.summary import Performance
from detectors.windows import Windows
from monitor.engine.error_baseline import ErrorBaseline
from monitor.engine.performance_settings import PerformanceSettings


@dataclass(slots=True)
class PerformanceStream:
    """What the labels of a stream said so far.

    watch: evidence that errors are more or larger. shared: how many streams shared the budget
    when the newest block was closed. pairs: of all closed blocks.
    """

    settings: PerformanceSettings
    version: str
    segment: str
    baseline: ErrorBaseline
    windows: Windows[Performance]
    watch: Watch
    adwin: ScoreAdwin = field(default_factory=ScoreAdwin)
    detectors: Mapping[str, ErrorDetector] = field(default_factory=dict)
    shared: int = 1
    pairs: int = 0

    @classmethod
    def start(
        cls, settings: PerformanceSettings, version: str, segment: str, baseline: ErrorBaseline
    ) -> "PerformanceStream":
        """Return a stream of which nothing is known yet."""
        budget = settings.streams.budget
        return cls(
            settings=settings,
            version=version,
            segment=segment,
            baseline=baseline,
            windows=Windows(settings.streams.longest),
            watch=Watch(Detector(baseline.ratios), budget, baseline.floor(budget)),
            detectors={name: ErrorDetector(REGISTRY[name]) for name in settings.detectors},
        )

    def step(self, block: int, performance: Performance, shared: int) -> Observed | None:
        """Take the next closed block; return what was observed of its pairs, None without any.

        shared: streams that share the model's budget.
        """
        pairs = performance.records
        clock = place_by_clock(self.settings.streams.middle_ms(block), pairs)
        self.windows = self.windows.push(block, performance, clock)
        self.shared = shared
        self.pairs += pairs
        if not pairs:
            return None
        errors = performance.errors.sample.scores_in_order()
        for detector in self.detectors.values():
            detector.feed(errors)
        row = len(error_rows(self.settings.known.task)) - 1
        cuts = [
            evidence_of_cut(self.baseline.ratios, cut, row, block)
            for cut in self.adwin.feed(errors)
            if cut.mean_after > cut.mean_before
        ]
        buckets = self.observed()
        self.watch.step(buckets, cuts, shared, self.baseline.may_alarm)
        return buckets[0]

    def rebase(self, baseline: ErrorBaseline) -> None:
        """Go on with what was learned meanwhile, in windows that start after the newest block."""
        self.baseline = baseline
        floor = baseline.floor(self.settings.streams.budget)
        self.watch.relearn(Detector(baseline.ratios), floor, self.newest_block)

    def observed(self) -> list[Observed]:
        """Return what the evidence needs of the buckets that hold pairs, newest first."""
        return [bucket.observed for bucket in self.windows.buckets if bucket.summary.records]

    @property
    def newest_block(self) -> int:
        """The newest block that held a prediction or a pair of this stream."""
        return self.windows.buckets[0].last
