"""The immutable view of the pipeline that HTTP reads, published whole after each block."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from detectors.counts import FloatArray
from monitor.sources.source import SourceStatus


@dataclass(frozen=True, slots=True)
class WindowView:
    """The statistics of a stream over one exported window.

    name: as configured (block, 1h, 1d). from_ms, to_ms: the event time that it spans, None where
    blocks are of rows.
    values, noise: statistic name to one number per entry of the stream, nan where the
    statistic does not apply.
    """

    name: str
    from_ms: int | None
    to_ms: int | None
    records: int
    values: Mapping[str, FloatArray]
    noise: Mapping[str, FloatArray]


@dataclass(frozen=True, slots=True)
class AdwinView:
    """ADWIN on the stream's prediction scores: mean and width of its window, changes found."""

    mean: float
    width: int
    detections: int


@dataclass(frozen=True, slots=True)
class Drifted:
    """A feature whose statistics are over their thresholds and their noise, in words."""

    feature: str
    window: str
    statistic: str
    value: float
    noise: float
    words: str


@dataclass(frozen=True, slots=True)
class StreamView:
    """One (model, version, segment): what its closed blocks say.

    entries: features, then embeddings, then '' for all tabular features jointly.
    missing, invalid, unseen, out_of_range: shares of the newest block's records, one per
    entry, nan where they do not apply.
    blocks: closed blocks by the reason for closing: watermark, idle or end.
    drifted: the most drifted feature first.
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
    drifted: tuple[Drifted, ...]


@dataclass(frozen=True, slots=True)
class ModelView:
    """One model: its streams and what became of the records that are in none of them.

    rejects: records by the reason for which they could not be used. reference: its digest.
    watermark_ms: the event time up to which blocks are closed; open_blocks: how many are not.
    """

    name: str
    reference: str
    schema: str
    thresholds: Mapping[str, float]
    streams: tuple[StreamView, ...]
    rejects: Mapping[str, int]
    tombstones: int
    duplicates: int
    watermark_ms: int | None
    open_blocks: int


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
