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
    """One feature of a stream: shares of the newest block's records, statistics, and words.

    words says how it changed, if it is named as drifted.
    """

    name: str
    missing_ratio: float | None
    invalid_ratio: float | None
    unseen_ratio: float | None
    out_of_range_ratio: float | None
    statistics: StatisticsByWindow
    words: str | None


class DriftedFeature(msgspec.Struct, frozen=True):
    """A feature that is named as drifted, at the window and the statistic that show it best."""

    feature: str
    window: str
    statistic: str
    value: float | None
    noise: float | None
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

    blocks: closed blocks by the reason for closing. features: the drifted ones first, then
    by how near they come to a threshold. joint: statistics of all tabular features together.
    """

    version: str
    segment: str
    records: int
    late: int
    blocks: dict[str, int]
    last_block_end: str | None
    windows: list[Window]
    adwin: Adwin | None
    drifted: list[DriftedFeature]
    features: list[Feature]
    joint: StatisticsByWindow


class Model(msgspec.Struct, frozen=True):
    """One model: its streams, and the records that are in none of them.

    rejects: records that could not be used, by the reason. thresholds: by statistic, the
    value above which a feature is named as drifted.
    """

    model: str
    reference: str
    schema: str
    thresholds: dict[str, float | None]
    watermark: str | None
    open_blocks: int
    rejects: dict[str, int]
    tombstones: int
    duplicates: int
    streams: list[Stream]


class DriftedInStream(msgspec.Struct, frozen=True):
    """A drifted feature and the stream in which it has drifted."""

    version: str
    segment: str
    feature: str
    window: str
    words: str


class ModelSummary(msgspec.Struct, frozen=True):
    """A model in one row: counts over all its streams, and what has drifted in them."""

    model: str
    reference: str
    streams: int
    records: int
    late: int
    rejects: int
    last_block_end: str | None
    watermark: str | None
    drifted: list[DriftedInStream]


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
