"""The shapes of labels, live performance and the diagnosis in JSON."""

from typing import Literal

import msgspec

from monitor.evidence_types import CalibrationState, Evidence


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
