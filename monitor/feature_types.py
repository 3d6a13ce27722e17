"""The shape of what driftd says of one feature in JSON: its distribution then and now."""

from typing import Literal

import msgspec

from monitor.document_types import Statistic


class Bin(msgspec.Struct, frozen=True):
    """One bin of a feature, the same in every histogram of it.

    name: for people. above, to: a numeric one holds the values above < x <= to; null where it is
    open. category: null for a numeric bin, and for that of the reference's rarer categories.
    """

    name: str
    above: float | None = None
    to: float | None = None
    category: str | None = None


class Histogram(msgspec.Struct, frozen=True):
    """How many records fell where.

    counts: one for each bin. missing: records without a usable value, the invalid ones among them.
    invalid: those that had a value which cannot be used. unseen: with a category that the
    reference never saw; null where that cannot be told.
    """

    records: int
    counts: list[int]
    missing: int
    invalid: int
    unseen: int | None


class FeatureWindow(msgspec.Struct, frozen=True):
    """A feature over one exported window, compared with the reference.

    start, end: null where blocks are of rows. statistics: those that apply. words: what changed.
    """

    name: str
    start: str | None = msgspec.field(name="from")
    end: str | None = msgspec.field(name="to")
    histogram: Histogram
    statistics: dict[str, Statistic]
    words: str


class FeatureStream(msgspec.Struct, frozen=True):
    """A feature in one version and segment.

    evidence, effect_sd and the ratios: as in Feature. drifted: how it changed, if it is named as
    drifted. reference: the reference's records of this segment.
    """

    version: str
    segment: str
    last_block_end: str | None
    evidence: float | None
    effect_sd: float | None
    missing_ratio: float | None
    invalid_ratio: float | None
    unseen_ratio: float | None
    out_of_range_ratio: float | None
    drifted: str | None
    reference: Histogram
    windows: list[FeatureWindow]


Kind = Literal["numeric", "categorical", "embedding"]


class FeatureDetail(msgspec.Struct, frozen=True):
    """One feature of a model, in each of its streams.

    reference: digest of what the records are compared with. bins: none for an embedding.
    """

    model: str
    feature: str
    kind: Kind
    reference: str
    bins: list[Bin]
    streams: list[FeatureStream]
