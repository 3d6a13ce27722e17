"""The shapes of what driftd says of itself in JSON, from which its OpenAPI document is made.

Times are ISO 8601 in UTC; a number that is not known is null.
"""

from typing import Literal

import msgspec

from monitor.event_types import EventsSummary
from monitor.evidence_types import CalibrationState, Evidence, Span
from monitor.performance_types import (
    DiagnosedStream,
    Diagnosis,
    Headline,
    JudgedStream,
    Labels,
    Performance,
)
from monitor.retest_types import Retests


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
    reference. rejects: records that could not be used, by the reason. retests: null where there
    are none.
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
    retests: Retests | None = None


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


class ModelSummary(msgspec.Struct, frozen=True):
    """A model in one row: counts over all its streams, its worst alarm, and what drifted.

    alarm: null where all streams are calm. share_of_page: the most evidence in any stream, as a
    share of what raises a page. warm_up: null where no stream is warming up. diagnosis: null
    for none. performance: null where there are no labels. judged: streams with either of both.
    retests: null where there are none.
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
    retests: Retests | None = None


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
    events: EventsSummary
