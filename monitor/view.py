"""The immutable view of the pipeline that HTTP reads, published whole after each block."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from detectors.coarse import CoarseBins
from detectors.counts import FloatArray, IntArray
from detectors.profile import Profile
from detectors.summary import Summary
from monitor.events.view import EventsView
from monitor.labels.view import LabelsView
from monitor.retest.view import RetestsView
from monitor.sources.source import SourceStatus


@dataclass(frozen=True, slots=True)
class WindowView:
    """The statistics of a stream over one exported window.

    name: as configured (block, 1h, 1d). from_ms, to_ms: the event time that it spans, None where
    blocks are of rows.
    values, noise: statistic name to one number per entry of the stream, nan where the
    statistic does not apply. summary: of its records, which nobody changes.
    """

    name: str
    from_ms: int | None
    to_ms: int | None
    records: int
    values: Mapping[str, FloatArray]
    noise: Mapping[str, FloatArray]
    summary: Summary


@dataclass(frozen=True, slots=True)
class ReferenceView:
    """What a stream is compared with: the reference's records of its segment.

    coarse: the bins in which a feature is shown to people.
    """

    profile: Profile
    summary: Summary
    coarse: CoarseBins


@dataclass(frozen=True, slots=True)
class AdwinView:
    """ADWIN on the stream's prediction scores: mean and width of its window, changes found."""

    mean: float
    width: int
    detections: int


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """The strongest evidence of drift in a stream's windows, and what it is evidence of.

    value: in nats. p_value: a bound on the chance of so much anywhere in the budget's period.
    kind: what changed, "" where there is no evidence. feature: "" where many changed together.
    source: windows or adwin. from_ms, to_ms, blocks, records: the window. effect: in sd of the
    reference, signed. psi: of the feature, less its noise; nan where there is none.
    """

    value: float
    p_value: float
    kind: str
    feature: str
    source: str
    from_ms: int | None
    to_ms: int | None
    blocks: int
    records: int
    effect: float
    psi: float


@dataclass(frozen=True, slots=True)
class AlarmView:
    """The alarm of a stream.

    severity: page, ticket, or "" where it is calm. raised_ms, confirmed_ms: ends of the blocks
    in which it reached its severity and in which there was evidence last; None where it is calm
    or blocks are of rows. raised: alarms raised so far, by severity.
    """

    severity: str
    raised_ms: int | None
    confirmed_ms: int | None
    raised: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class CalibrationView:
    """What is known of how a stream wanders without drift.

    state: reference (calibrated from it), warming_up, learned (from the stream), or independent
    (records are taken for independent of one another). until_ms: the end of the warm-up.
    days: of data that it rests on. inflation: by exported window, how much more the mean of the
    typical feature varies than that of independent records; inf where no window so long is
    used. false_pages: in the budget's period, as measured by replaying the reference; None
    where that was not possible.
    """

    state: str
    until_ms: int | None
    days: float
    inflation: Mapping[str, float]
    false_pages: float | None


@dataclass(frozen=True, slots=True)
class Drifted:
    """A feature that drifted, listed at a stated rate of false discoveries, in words.

    kind: what changed. value: evidence of the feature alone, in nats. effect, psi: as in
    EvidenceView. from_ms, to_ms, records: the window that shows it best.
    """

    feature: str
    kind: str
    value: float
    effect: float
    psi: float
    from_ms: int | None
    to_ms: int | None
    records: int
    words: str


@dataclass(frozen=True, slots=True)
class MeasureView:
    """A measure of live performance, its confidence interval, and the reference's value.

    nan where one of them is undefined or not known.
    """

    value: float
    low: float
    high: float
    reference: float


@dataclass(frozen=True, slots=True)
class EstimateView:
    """A measure estimated without labels, and how the estimate did where labels came.

    value, low, high: of all predictions in the window. labelled: the estimate for those that
    have their labels; realised: their measure; difference: realised less labelled, and
    difference_error: its standard error while the estimate holds. nan where not known.
    """

    value: float
    low: float
    high: float
    reference: float
    labelled: float
    realised: float
    difference: float
    difference_error: float


@dataclass(frozen=True, slots=True)
class PerformanceWindowView:
    """Live and estimated performance over one exported window.

    Windows end with the newest block that predictions and labels have both passed.
    pairs: predictions with their labels. unusable: pairs that could not be judged. predictions:
    all of them, with or without label. measures, estimates: by name. confusion: (classes + 1,
    classes + 1), predicted by actual, every other class last; None for a regression.
    """

    name: str
    from_ms: int | None
    to_ms: int | None
    pairs: int
    unusable: int
    predictions: int
    measures: Mapping[str, MeasureView]
    estimates: Mapping[str, EstimateView]
    confusion: IntArray | None


@dataclass(frozen=True, slots=True)
class PerformanceView:
    """What the labels of a stream say.

    alarm: that errors are more or larger; the stream's own is the louder one of this and the
    inputs'.

    pairs: of closed blocks, since the first. classes: of the confusion matrices; empty for a
    regression. evidence: that errors are more or larger than the reference's; its kind is
    "error" (more wrong answers), "loss" (larger losses) or "". detections: changes of the errors
    by detector, "adwin" with the others. state: of the calibration, as in CalibrationView.
    no_estimate: why performance is not estimated, "" where it is.
    """

    pairs: int
    last_block_end_ms: int | None
    classes: tuple[str, ...]
    windows: tuple[PerformanceWindowView, ...]
    evidence: EvidenceView
    alarm: AlarmView
    detections: Mapping[str, int]
    adwin: AdwinView
    state: str
    no_estimate: str


@dataclass(frozen=True, slots=True)
class WorstRecord:
    """A record far outside the reference's support.

    distance: how far its farthest value lies outside, in sd; inf for a category never seen.
    value: that one as text.
    """

    id: str
    topic: str
    partition: int
    offset: int
    time_ms: int
    feature: str
    value: str
    distance: float


@dataclass(frozen=True, slots=True)
class DiagnosisView:
    """Which failure mode the evidence speaks for.

    degrees: by failure mode, in [0, 1]; 1 is as sure as a page. kind: the one that is named, ""
    for none. words: a sentence or two. outside: share of the newest block's records outside the
    reference's support. worst: the farthest ones of late, the worst first.
    """

    degrees: Mapping[str, float]
    kind: str
    words: str
    outside: float
    worst: tuple[WorstRecord, ...]


@dataclass(frozen=True, slots=True)
class BudgetView:
    """How many false alarms a model may raise.

    pages, tickets: in a period, told as in the configuration. spent: pages raised in the last
    period over those that may be false.
    """

    pages: float
    tickets: float
    period: str
    spent: float


@dataclass(frozen=True, slots=True)
class StreamView:
    """One (model, version, segment): what its closed blocks say.

    entries: features, then embeddings, then '' for all tabular features jointly.
    missing, invalid, unseen, out_of_range: shares of the newest block's records, one per
    entry, nan where they do not apply.
    blocks: closed blocks by the reason for closing: watermark, idle or end.
    page_threshold, ticket_threshold: evidence from which on an alarm is raised, in nats.
    feature_evidence, feature_effect: of each feature alone, one per entry, nan where they do not
    apply. drifted: the largest effect first; empty unless an alarm is active.
    alarm: the louder one of the inputs' and the performance's; inputs_alarm: that of the inputs
    alone. performance: None where no labels are configured.
    """

    model: str
    version: str
    segment: str
    entries: tuple[str, ...]
    records: int
    late: int
    blocks: Mapping[str, int]
    last_block_end_ms: int | None
    windows: tuple[WindowView, ...]
    missing: FloatArray
    invalid: FloatArray
    unseen: FloatArray
    out_of_range: FloatArray
    adwin: AdwinView | None
    evidence: EvidenceView
    page_threshold: float
    ticket_threshold: float
    alarm: AlarmView
    inputs_alarm: AlarmView
    calibration: CalibrationView
    feature_evidence: FloatArray
    feature_effect: FloatArray
    drifted: tuple[Drifted, ...]
    reference: ReferenceView
    performance: PerformanceView | None = None
    diagnosis: DiagnosisView | None = None


@dataclass(frozen=True, slots=True)
class ModelView:
    """One model: its streams and what became of the records that are in none of them.

    rejects: records by the reason for which they could not be used. reference: its digest.
    ignore_below: the effect in sd of the reference below which nothing is an alarm.
    watermark_ms: the event time up to which blocks are closed; open_blocks: how many are not.
    labels: what became of the labels; None where none are configured. retests: of the live model.
    retest_records: dropped, because re-tests of the model caused them.
    """

    name: str
    reference: str
    schema: str
    budget: BudgetView
    ignore_below: float
    streams: tuple[StreamView, ...]
    rejects: Mapping[str, int]
    tombstones: int
    duplicates: int
    watermark_ms: int | None
    open_blocks: int
    labels: LabelsView | None = None
    retests: RetestsView = field(default_factory=RetestsView)
    retest_records: int = 0


@dataclass(frozen=True, slots=True)
class QuarantineView:
    """Rejected records kept for inspection: written, not written, and pushed out by the cap."""

    written: int = 0
    failures: int = 0
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class View:
    """Everything that is told to the outside, at one moment.

    not_ready: why the daemon does not monitor yet; empty where it does.
    newest_record_ms: the event time of the newest record handled, None before the first.
    """

    models: tuple[ModelView, ...] = ()
    source_name: str = ""
    source: SourceStatus | None = None
    quarantine: QuarantineView = field(default_factory=QuarantineView)
    not_ready: str = "starting"
    newest_record_ms: int | None = None
    events: EventsView = field(default_factory=EventsView)


class Board:
    """Holds the newest view: one writer replaces it whole, readers take it without a lock."""

    def __init__(self) -> None:
        self._view = View()

    def publish(self, view: View) -> None:
        """Replace the view that readers see."""
        self._view = view

    def read(self) -> View:
        """Return the newest view."""
        return self._view
