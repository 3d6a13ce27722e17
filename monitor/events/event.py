"""An event as CloudEvents 1.0 has it, with what a person or a pipeline needs to act on it."""

from enum import StrEnum
from typing import Final, Literal

import msgspec
from msgspec import UNSET, UnsetType

from monitor.evidence_types import Span

SPECVERSION: Final = "1.0"
PREFIX = "io.driftd."
CONTENT_TYPE = "application/cloudevents+json"


class EventType(StrEnum):
    """What happened; the whole type of the CloudEvent begins with PREFIX."""

    ALARM_RAISED = "alarm.raised"
    ALARM_ESCALATED = "alarm.escalated"
    ALARM_SPREAD = "alarm.spread"
    ALARM_CLEARED = "alarm.cleared"
    PERFORMANCE_DROP_RAISED = "performance_drop.raised"
    PERFORMANCE_DROP_ESCALATED = "performance_drop.escalated"
    PERFORMANCE_DROP_SPREAD = "performance_drop.spread"
    PERFORMANCE_DROP_CLEARED = "performance_drop.cleared"
    RETEST_FAILED = "retest.failed"
    RETEST_PASSED = "retest.passed"
    REFERENCE_REPLACED = "reference.replaced"


class Severity(StrEnum):
    """How much an event matters, the least first."""

    INFO = "info"
    TICKET = "ticket"
    PAGE = "page"


class SegmentState(msgspec.Struct, frozen=True):
    """A segment that an event is about, and how loud the alarm in it is; null once it is calm.

    joined: whether no earlier event of the cause was about it.
    """

    segment: str
    severity: Severity | None
    joined: bool = False


class EventFeature(msgspec.Struct, frozen=True):
    """A feature that drifted: what changed, how much, and in words.

    effect_sd: in standard deviations of the reference. ks, psi: statistics of the window, with
    what data of its size would show without drift. evidence: of the feature alone.
    """

    name: str
    change: str
    effect_sd: float | None
    ks: float | None
    ks_noise: float | None
    psi: float | None
    psi_noise: float | None
    evidence: float | None
    words: str


class EventWindow(msgspec.Struct, frozen=True):
    """The records that an event is about: in event time, null where blocks are of rows.

    Of performance they are those whose labels told it. ``to`` is exclusive. late: records among
    them whose event time lies before the window, of inputs.
    """

    start: str | None = msgspec.field(name="from")
    end: str | None = msgspec.field(name="to")
    blocks: int = 0
    records: int = 0
    late: int = 0


class RecordRange(msgspec.Struct, frozen=True):
    """Where the window's records lie in one partition of the log, the last offset included.

    The event's are those in between whose version and segment are the event's, and whose event
    time is in its window; of performance, those of them whose labels came in its
    performance_window.
    """

    topic: str
    partition: int
    first_offset: int
    last_offset: int


class EventMeasure(msgspec.Struct, frozen=True):
    """A measure of performance: its value with a confidence interval, and the reference's."""

    measure: str
    value: float | None
    low: float | None
    high: float | None
    reference: float | None


class EventRetest(msgspec.Struct, frozen=True):
    """The run of a re-test: which one, why it ran, and the requirements that failed, in words."""

    retest: str
    run: str
    cause: str
    verdict: Literal["passed", "failed", "inconclusive"]
    failed: list[str]


class Links(msgspec.Struct, frozen=True):
    """Where to read more."""

    page: str
    api: str
    runbook: str


class EventData(msgspec.Struct, frozen=True, kw_only=True):
    """What an event tells.

    segment, segments: the one that raised it, "" for none, and all that it is about. incident:
    the id of the event that opened the cause; its own, where it is that one. kind: the failure
    mode that is named (covariate_shift, concept_drift, prior_shift, data_corruption,
    out_of_distribution), or else drift, performance_drop, retest, reference. diagnosis: why, in
    words. evidence, threshold: of the loudest stream, null where there is none. drifted: features
    that drifted; features: the first of them, the largest effect first. labels_topic: where the
    labels of the records come from. reference: digest of what the records are compared with.
    flaps: how often the alarm came back before it was taken for cleared. test: sent to try a
    trigger; nothing happened.
    """

    model: str
    version: str = ""
    segment: str = ""
    segments: list[SegmentState] = msgspec.field(default_factory=list)
    incident: str = ""
    kind: str
    severity: Severity
    summary: str
    diagnosis: str = ""
    evidence: float | None = None
    threshold: float | None = None
    drifted: int = 0
    features: list[EventFeature] = msgspec.field(default_factory=list)
    window: EventWindow | None = None
    records: list[RecordRange] = msgspec.field(default_factory=list)
    labels_topic: str | None = None
    performance: list[EventMeasure] = msgspec.field(default_factory=list)
    performance_window: Span | None = None
    retest: EventRetest | None = None
    reference: str = ""
    flaps: int = 0
    links: Links
    test: bool = False


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A CloudEvent; encoded by msgspec.json it is one in structured JSON.

    id: a function of what happened, so that the same is never told as two. time: of the log,
    not of the clock; absent where blocks are of rows.
    """

    specversion: Literal["1.0"] = SPECVERSION
    id: str
    source: str
    type: str
    subject: str
    time: str | UnsetType = UNSET
    datacontenttype: str = "application/json"
    data: EventData

    @property
    def what(self) -> EventType:
        """What happened."""
        return EventType(self.type.removeprefix(PREFIX))

    @property
    def opens(self) -> bool:
        """Whether it tells of something wrong that was not told before, or is louder now."""
        return self.what in OPENING

    @property
    def closes(self) -> bool:
        """Whether the cause that it tells of has gone."""
        return self.what in CLOSING


OPENING = frozenset(
    {
        EventType.ALARM_RAISED,
        EventType.ALARM_ESCALATED,
        EventType.PERFORMANCE_DROP_RAISED,
        EventType.PERFORMANCE_DROP_ESCALATED,
        EventType.RETEST_FAILED,
    }
)
CLOSING = frozenset(
    {EventType.ALARM_CLEARED, EventType.PERFORMANCE_DROP_CLEARED, EventType.RETEST_PASSED}
)
