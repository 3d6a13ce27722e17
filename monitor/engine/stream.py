"""One stream: its windows, its detectors and what they say after each closed block."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from detectors.adwin import ScoreAdwin
from detectors.counts import FloatArray
from detectors.evidence.cut import evidence_of_cut
from detectors.evidence.detector import Detector
from detectors.evidence.evidence import JOINT, Evidence
from detectors.evidence.listing import best_by_feature
from detectors.evidence.observed import Observed
from detectors.evidence.season import place_by_clock
from detectors.evidence.watch import Watch
from detectors.rates import rates
from detectors.statistics import measure
from detectors.summary import Summary
from detectors.windows import Windows
from detectors.words import change_in_words
from monitor.engine.baseline import Baseline
from monitor.engine.far_records import FarRecords
from monitor.engine.stream_settings import StreamSettings
from monitor.engine.watch_view import alarm_view, evidence_view
from monitor.view import (
    AdwinView,
    CalibrationView,
    Drifted,
    EvidenceView,
    ReferenceView,
    StreamView,
    WindowView,
)


@dataclass(slots=True)
class Stream:
    """The state of one (model, version, segment) and its newest view.

    shared: how many streams shared the budget when its newest block was closed. records and
    late count every record of the closed blocks; blocks counts those by why they were closed.
    """

    settings: StreamSettings
    version: str
    segment: str
    baseline: Baseline
    windows: Windows[Summary]
    watch: Watch
    far: FarRecords
    adwin: ScoreAdwin = field(default_factory=ScoreAdwin)
    shared: int = 1
    records: int = 0
    late: int = 0
    blocks: Counter[str] = field(default_factory=Counter)

    @classmethod
    def start(
        cls, settings: StreamSettings, version: str, segment: str, baseline: Baseline
    ) -> "Stream":
        """Return a stream of which nothing is known yet."""
        return cls(
            settings=settings,
            version=version,
            segment=segment,
            baseline=baseline,
            windows=Windows(settings.longest),
            watch=Watch(
                Detector(baseline.ratios),
                settings.budget,
                baseline.learned.floor(settings.budget),
            ),
            far=FarRecords(settings.longest_exported),
        )

    def step(self, block: int, summary: Summary, reason: str, shared: int) -> Observed:
        """Take the summary of the stream's next closed block; return what was observed of it.

        shared: streams that share the model's budget.
        """
        closing = self.baseline.closing
        clock = place_by_clock(self.settings.middle_ms(block), summary.records)
        self.windows = self.windows.push(block, summary, clock, closing.extra(summary))
        row = self.settings.profile.prediction
        cuts = [
            evidence_of_cut(self.baseline.ratios, cut, row, block)
            for cut in self.adwin.feed(summary.sample.scores_in_order())
        ]
        buckets = self.observed()
        self.watch.step(buckets, cuts, shared, self.baseline.may_alarm)
        self.shared = shared
        self.records += summary.records
        self.late += summary.late
        self.blocks[reason] += 1
        return buckets[0]

    def rebase(self, baseline: Baseline) -> None:
        """Go on with what was learned meanwhile, in windows that start after the newest block."""
        self.baseline = baseline
        floor = baseline.learned.floor(self.settings.budget)
        self.watch.relearn(Detector(baseline.ratios), floor, self.newest_block)

    def observed(self) -> list[Observed]:
        """Return what the evidence needs of the windows' buckets, newest first."""
        return [bucket.observed for bucket in self.windows.buckets]

    @property
    def newest_block(self) -> int:
        """The newest block that held a record of this stream."""
        return self.windows.buckets[0].last

    def view(self, until_ms: int | None) -> StreamView:
        """Compare the exported windows with the reference, and tell the result.

        until_ms: the end of the warm-up, None where there is none.
        """
        settings, watch = self.settings, self.watch
        profile = settings.profile
        shares = rates(self.windows.buckets[0].summary, profile)
        evidence, effect = self._by_feature()
        return StreamView(
            model=settings.model,
            version=self.version,
            segment=self.segment,
            entries=(*profile.features, *profile.embeddings, ""),
            records=self.records,
            late=self.late,
            blocks=dict(self.blocks),
            last_block_end_ms=settings.start_ms(self.newest_block + 1),
            windows=tuple(self._compare(*each) for each in settings.grid.windows),
            missing=shares.missing,
            invalid=shares.invalid,
            unseen=shares.unseen,
            out_of_range=shares.out_of_range,
            adwin=AdwinView(self.adwin.mean, self.adwin.width, self.adwin.detections),
            evidence=self._evidence(),
            page_threshold=watch.page_threshold(self.shared),
            ticket_threshold=watch.ticket_threshold(self.shared),
            alarm=alarm_view(settings, watch),
            inputs_alarm=alarm_view(settings, watch),
            calibration=self._calibration(until_ms),
            feature_evidence=evidence,
            feature_effect=effect,
            drifted=self._drifted(),
            reference=ReferenceView(profile, self.baseline.summary, self.baseline.coarse),
        )

    def _compare(self, name: str, length: int) -> WindowView:
        suffix = self.windows.suffix(length)
        assert suffix is not None, "a stream is viewed only after its first block"
        first, summary = suffix
        measures = measure(self.baseline.summary, summary, self.settings.profile)
        return WindowView(
            name=name,
            from_ms=self.settings.start_ms(first),
            to_ms=self.settings.start_ms(self.newest_block + 1),
            records=summary.records,
            values=measures.values,
            noise=measures.noise,
            summary=summary,
        )

    def _by_feature(self) -> tuple[FloatArray, FloatArray]:
        """Return evidence and effect of every feature on its own, one per entry."""
        profile = self.settings.profile
        entries = len(profile.features) + len(profile.embeddings) + 1
        evidence, effect = np.full(entries, np.nan), np.full(entries, np.nan)
        windows = self.watch.detector.windows(self.observed(), self.watch.feature_since)
        if windows is not None:
            best = best_by_feature(self.watch.detector.ratios, windows)
            evidence[: len(profile.features)] = np.maximum(best.value, 0.0)
            effect[: len(profile.features)] = best.effect
        return evidence, effect

    def _evidence(self) -> EvidenceView:
        found = self.watch.evidence
        kind = "" if found.kind is None else str(found.kind)
        return evidence_view(self.settings, self.watch, self.shared, kind, self._name(found))

    def _name(self, found: Evidence) -> str:
        return "" if found.feature == JOINT else self.settings.profile.features[found.feature]

    def _calibration(self, until_ms: int | None) -> CalibrationView:
        calibration = self.baseline.learned.calibration
        names = [name for name, _ in self.settings.grid.windows]
        lengths = np.array([length for _, length in self.settings.grid.windows])
        inflation = self.baseline.ratios.location_inflation(lengths).tolist()
        return CalibrationView(
            state=str(self.baseline.origin),
            until_ms=until_ms,
            days=0.0 if calibration is None else calibration.days,
            inflation=dict(zip(names, inflation, strict=True)),
            false_pages=None
            if calibration is None
            else calibration.false_pages(self.settings.budget),
        )

    def _drifted(self) -> tuple[Drifted, ...]:
        return tuple(self._describe(each) for each in self.watch.listed)

    def _describe(self, found: Evidence) -> Drifted:
        profile = self.settings.profile
        window = self.windows.since(found.first)
        return Drifted(
            feature=self._name(found),
            kind=str(found.kind),
            value=found.value,
            effect=found.effect,
            psi=np.nan if found.psi is None else found.psi,
            from_ms=self.settings.start_ms(found.first),
            to_ms=self.settings.start_ms(found.last + 1),
            records=found.records,
            words=change_in_words(profile, self.baseline.summary, window, found.feature),
        )
