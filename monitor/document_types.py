"""The shapes of what driftd says of itself in JSON, from which its OpenAPI document is made.

Times are ISO 8601 in UTC; a number that is not known is null.
"""

from typing import Literal

import msgspec


class Statistic(msgspec.Struct, frozen=True):
    """The value of a statistic, and what it shows on average where nothing has drifted."""

    value: float | None
    noise: float | None


StatisticsByWindow = dict[str, dict[str, Statistic]]
"""By the window's name, then by the statistic's; a statistic that does not apply is left out."""


class Feature(msgspec.Struct, frozen=True):
    """One feature of a stream: evidence of its own, shares of the newest block's records.

    evidence: as in Evidence, of this feature alone; effect_sd: the change it is evidence of.
    words: how the feature changed, if it is named as drifted.
    """

    name: str
    evidence: float | None
    effect_sd: float | None
    missing_ratio: float | None
    invalid_ratio: float | None
    unseen_ratio: float | None
    out_of_range_ratio: float | None
    statistics: StatisticsByWindow
    words: str | None


class Span(msgspec.Struct, frozen=True):
    """Event time from one moment to another; null where blocks are of rows."""

    start: str | None = msgspec.field(name="from")
    end: str | None = msgspec.field(name="to")


class Evidence(msgspec.Struct, frozen=True):
    """How strongly the newest windows of a stream speak for drift, and for which.

    value: on a logarithmic scale; 2.3 more says ten times as much. share_of_page: of what raises
    a page, 1 and more is one. chance_without_drift: at most so probable anywhere in the budget's
    period if nothing has drifted. kind: what changed: location (the values went up or down),
    scale (their spread), skewness, tails (how many are extreme), spike (how many are one value),
    category, missing, unseen (never seen before), outside (of the known range), many features
    (each a little), correlation, or of performance error (more wrong answers) or loss (larger
    losses); null where there is no evidence. feature: null where many changed together. found_by:
    windows, or adwin on the prediction scores or errors. window, blocks, records: where it was
    found. effect_sd: size and direction of the change, in standard
    deviations of the reference; psi: the same as a population stability index.
    """

    value: float | None
    share_of_page: float | None
    chance_without_drift: float | None
    kind: str | None
    feature: str | None
    found_by: str
    window: Span
    blocks: int
    records: int
    effect_sd: float | None
    psi: float | None


class Thresholds(msgspec.Struct, frozen=True):
    """The evidence at which a page and a ticket are raised."""

    page: float | None
    ticket: float | None


Severity = Literal["page", "ticket"]


class Alarm(msgspec.Struct, frozen=True):
    """The alarm of a stream.

    severity: null where it is calm. since: the end of the block that raised it; last_seen: of the
    last block that had evidence; both null where it is calm or blocks are of rows. raised: alarms
    so far, by severity.
    """

    severity: Severity | None
    since: str | None
    last_seen: str | None
    raised: dict[str, int]


CalibrationState = Literal["reference", "warming_up", "learned", "independent"]


class Calibration(msgspec.Struct, frozen=True):
    """What is known of how a stream wanders without drift: its season and its memory.

    state: reference (learned from the reference), warming_up (being learned from the stream; no
    alarms meanwhile), learned (from the stream) or independent (records have nothing to do with
    one another). until: the end of the warm-up. days: of data that it rests on. inflation: by
    window, how much more a mean varies than that of independent records; null where no window so
    long is used. false_pages: in a budget's period, measured by replaying the reference; null
    where that was not possible.
    """

    state: CalibrationState
    until: str | None
    days: float
    inflation: dict[str, float | None]
    false_pages: float | None


class DriftedFeature(msgspec.Struct, frozen=True):
    """A feature that drifted: what changed, how sure it is, how large, where, and in words.

    Listed only while there is an alarm. kind, evidence (of this feature alone), effect_sd, psi:
    as in Evidence. window, records: where it shows best.
    """

    feature: str
    kind: str
    evidence: float | None
    effect_sd: float | None
    psi: float | None
    window: Span
    records: int
    words: str


class Window(msgspec.Struct, frozen=True):
    """The event time that a window spans, null where blocks are of rows, and its records."""

    name: str
    start: str | None = msgspec.field(name="from")
    end: str | None = msgspec.field(name="to")
    records: int


class Adwin(msgspec.Struct, frozen=True):
    """ADWIN on the prediction scores: its window's mean and width, the changes it found."""

    mean: float | None
    width: int
    changes: int


class Measure(msgspec.Struct, frozen=True):
    """A measure of live performance with its 95 % interval, and the reference's value."""

    value: float | None
    low: float | None
    high: float | None
    reference: float | None


class Estimate(msgspec.Struct, frozen=True):
    """A measure as estimated without labels, and how the estimate did where labels came.

    value, low, high: of all predictions in the window, and where the true one lies while the
    estimate holds. labelled: the estimate for the predictions that have their labels; realised:
    what these showed; difference: realised less labelled, and standard_error: its own while the
    estimate holds. A difference of more than three of them says that inputs do not explain the
    performance.
    """

    value: float | None
    low: float | None
    high: float | None
    reference: float | None
    labelled: float | None
    realised: float | None
    difference: float | None
    standard_error: float | None


class Confusion(msgspec.Struct, frozen=True):
    """Pairs by predicted class (rows) and label (columns); every other class is the last one."""

    classes: list[str]
    pairs: list[list[int]]


class PerformanceWindow(msgspec.Struct, frozen=True):
    """Performance over one window, which ends where predictions and labels were both read.

    pairs: predictions with their labels; unusable: those that could not be judged. predictions:
    all of them. confusion: null for a regression.
    """

    name: str
    start: str | None = msgspec.field(name="from")
    end: str | None = msgspec.field(name="to")
    predictions: int
    pairs: int
    unusable: int
    measures: dict[str, Measure]
    estimates: dict[str, Estimate]
    confusion: Confusion | None


class Performance(msgspec.Struct, frozen=True):
    """What the labels of a stream say.

    evidence: that errors are more (kind error) or larger (kind loss) than the reference's; it
    spends from the same budget as that of the inputs. detections: changes of the errors that
    each detector found; they raise no alarm, but adwin's changes are judged by the evidence.
    calibration: as the state in Calibration, of the errors. no_estimate: why performance is not
    estimated, empty where it is.
    """

    pairs: int
    last_block_end: str | None
    windows: list[PerformanceWindow]
    evidence: Evidence
    detections: dict[str, int]
    calibration: CalibrationState
    no_estimate: str


class FarRecord(msgspec.Struct, frozen=True):
    """A record far outside what the reference holds, and where it lies in the log.

    distance_sd: how far its farthest value lies outside the range; null for a category that was
    never seen.
    """

    id: str
    topic: str
    partition: int
    offset: int
    time: str | None
    feature: str
    value: str
    distance_sd: float | None


FailureKind = Literal[
    "data_corruption",
    "covariate_shift",
    "prior_shift",
    "concept_drift",
    "out_of_distribution",
]


class Diagnosis(msgspec.Struct, frozen=True):
    """Which failure mode the evidence speaks for.

    kind: data_corruption (values are missing, invalid, stuck or in another unit), covariate_shift
    (inputs moved, performance holds or falls as foretold), prior_shift (predictions or labels
    moved), concept_drift (performance fell, and inputs do not explain it) or out_of_distribution
    (records outside the reference's support); null for none. degrees: how sure each is, 1 is as
    sure as a page. outside_ratio: records of the newest block outside the reference's support;
    farthest: the farthest of late.
    """

    kind: FailureKind | None
    words: str
    degrees: dict[str, float]
    outside_ratio: float | None
    farthest: list[FarRecord]


class Stream(msgspec.Struct, frozen=True):
    """One version and segment of a model.

    blocks: closed blocks by the reason for closing. drifted: the largest effect first. features:
    the drifted ones first, then by their evidence. joint: statistics of all tabular features
    together.
    """

    version: str
    segment: str
    records: int
    late: int
    blocks: dict[str, int]
    last_block_end: str | None
    windows: list[Window]
    adwin: Adwin | None
    alarm: Alarm
    evidence: Evidence
    thresholds: Thresholds
    calibration: Calibration
    drifted: list[DriftedFeature]
    features: list[Feature]
    joint: StatisticsByWindow
    performance: Performance | None = None
    diagnosis: Diagnosis | None = None


class Labels(msgspec.Struct, frozen=True):
    """What became of labels and of predictions.

    labels: by outcome: joined, duplicate (again, with the same value), changed (again, with
    another one; the first counts), late (after the horizon), orphan (no prediction of that id
    within the horizon), evicted (the store was full). predictions: joined, duplicate,
    unlabelled (no label within the horizon), evicted, without_id. join_ratio: of the
    predictions that were decided; unlabelled_ratio likewise. delays: pairs by the upper end of
    their delay in seconds.
    """

    labels: dict[str, int]
    predictions: dict[str, int]
    waiting_predictions: int
    waiting_labels: int
    oldest_waiting: str | None
    join_ratio: float | None
    unlabelled_ratio: float | None
    mean_delay_s: float | None
    delays: dict[str, int]
    store_bytes: int


class Budget(msgspec.Struct, frozen=True):
    """How many false alarms a model may raise in a period, over all features and windows.

    spent: pages raised in the last period over those that may be false.
    """

    pages: float
    tickets: float
    period: str
    spent: float | None


class Model(msgspec.Struct, frozen=True):
    """One model: its streams, its labels, and the records that are in none of them.

    ignore_below: changes smaller than this raise no alarm, in standard deviations of the
    reference. rejects: records that could not be used, by the reason.
    """

    model: str
    reference: str
    schema: str
    budget: Budget
    ignore_below: float
    watermark: str | None
    open_blocks: int
    rejects: dict[str, int]
    tombstones: int
    duplicates: int
    streams: list[Stream]
    labels: Labels | None = None


class DriftedInStream(msgspec.Struct, frozen=True):
    """A drifted feature and the stream in which it drifted. kind, effect_sd: as in Evidence."""

    version: str
    segment: str
    feature: str
    kind: str
    effect_sd: float | None
    words: str


class WorstAlarm(msgspec.Struct, frozen=True):
    """The most severe alarm of a model, of these the oldest, and the stream that has it."""

    severity: Severity
    since: str | None
    version: str
    segment: str


class WarmUp(msgspec.Struct, frozen=True):
    """Streams that raise no alarm yet. until: the end for the last of them, if it is known."""

    streams: int
    until: str | None


class DiagnosedStream(msgspec.Struct, frozen=True):
    """The surest diagnosis of a model, and the stream that has it."""

    kind: FailureKind
    words: str
    version: str
    segment: str


class Headline(msgspec.Struct, frozen=True):
    """Live performance in one number: of the stream and the longest window with most pairs.

    measure: accuracy or mae. estimated: for all predictions of the window.
    """

    measure: str
    value: float | None
    low: float | None
    high: float | None
    reference: float | None
    estimated: float | None
    pairs: int
    version: str
    segment: str


class ComparedMeasure(msgspec.Struct, frozen=True):
    """A measure of live performance beside the reference's value and the estimate."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    reference: float | None
    estimated: float | None


class JudgedStream(msgspec.Struct, frozen=True):
    """What is said of a stream's model: its diagnosis, and its performance in the longest window.

    diagnosis: null where no failure mode is named. window: null without labels. worse: what the
    errors are evidence of, in words, and share_of_page: of that evidence; null where of nothing.
    """

    version: str
    segment: str
    diagnosis: str | None
    window: str | None
    pairs: int
    worse: str | None
    share_of_page: float | None
    measures: list[ComparedMeasure]


class ModelSummary(msgspec.Struct, frozen=True):
    """A model in one row: counts over all its streams, its worst alarm, and what drifted.

    alarm: null where all streams are calm. share_of_page: the most evidence in any stream, as a
    share of what raises a page. warm_up: null where no stream is warming up. diagnosis: null
    for none. performance: null where there are no labels. judged: streams with either of both.
    """

    model: str
    reference: str
    streams: int
    records: int
    late: int
    rejects: int
    last_block_end: str | None
    watermark: str | None
    alarm: WorstAlarm | None
    share_of_page: float | None
    warm_up: WarmUp | None
    drifted: list[DriftedInStream]
    diagnosis: DiagnosedStream | None = None
    performance: Headline | None = None
    judged: list[JudgedStream] = []


class Models(msgspec.Struct, frozen=True):
    """The models of this daemon."""

    models: list[ModelSummary]


class SourcePartition(msgspec.Struct, frozen=True):
    """One partition of the log, and how far it is read."""

    topic: str
    partition: int
    lag: int
    at_end: bool


class Source(msgspec.Struct, frozen=True):
    """The log that is read. problem: why it cannot be read, if so. lag: of all partitions."""

    name: str
    connected: bool
    problem: str
    lag: int
    lag_unit: Literal["records", "bytes"]
    partitions: list[SourcePartition]


class Quarantine(msgspec.Struct, frozen=True):
    """Rejected records: written for inspection, not written, and pushed out by newer ones."""

    written: int
    failures: int
    dropped: int


class Status(msgspec.Struct, frozen=True):
    """The daemon at one look. reason: why it is not ready; empty where it is."""

    version: str
    ready: bool
    reason: str
    source: Source | None
    quarantine: Quarantine
    models: list[ModelSummary]
