"""Families about models and their streams, except those with a feature label."""

from collections.abc import Iterator, Sequence

from prometheus_client.metrics_core import Metric

from monitor.decode.reasons import Reason
from monitor.http.families import STREAM, Row, counter, gauge, seconds, stream_labels
from monitor.http.feature_families import dropped_series
from monitor.view import AdwinView, ModelView, StreamView

BLOCK_REASONS = ("watermark", "idle", "end")


def model_families(models: Sequence[ModelView]) -> Iterator[Metric]:
    """Yield what is told per model: records that are in no stream, and time."""
    yield gauge(
        "model_info",
        "The reference and the schema that a stream is compared with: always 1.",
        (*STREAM, "reference", "schema"),
        [row for model in models for row in _info(model)],
    )
    yield counter(
        "rejects",
        "Records that could not be used, by the reason; each counts once, for its model.",
        ("model", "reason"),
        [
            ((model.name, reason), model.rejects.get(reason, 0))
            for model in models
            for reason in sorted({*Reason, *model.rejects})
        ],
    )
    yield counter(
        "tombstones",
        "Records without a value, which were skipped.",
        ("model",),
        [((model.name,), model.tombstones) for model in models],
    )
    yield counter(
        "duplicates",
        "Records whose id was seen shortly before; they count in driftd_records_total too.",
        ("model",),
        [((model.name,), model.duplicates) for model in models],
    )
    yield counter(
        "retest_records_dropped",
        "Records that re-tests of the model caused, told by their marks; they are in no statistic.",
        ("model",),
        [((model.name,), model.retest_records) for model in models],
    )
    yield gauge(
        "open_blocks",
        "Blocks that hold records and are not closed yet.",
        ("model",),
        [((model.name,), model.open_blocks) for model in models],
    )
    yield gauge(
        "watermark_timestamp_seconds",
        "Event time up to which every block is closed.",
        ("model",),
        [((model.name,), seconds(model.watermark_ms)) for model in models],
    )


def stream_families(streams: Sequence[StreamView], most_features: int) -> Iterator[Metric]:
    """Yield what is told per stream.

    most_features: of a stream, as many as have feature families.
    """
    yield counter(
        "records",
        "Records of closed blocks, each counted once.",
        STREAM,
        [(stream_labels(stream), stream.records) for stream in streams],
    )
    yield counter(
        "late_records",
        "Records behind their partition's watermark; each is counted in an open block instead.",
        STREAM,
        [(stream_labels(stream), stream.late) for stream in streams],
    )
    yield counter(
        "blocks",
        "Blocks closed, by the reason for closing.",
        (*STREAM, "reason"),
        [row for stream in streams for row in _blocks(stream)],
    )
    yield gauge(
        "last_block_timestamp_seconds",
        "Event time at which the newest closed block ends.",
        STREAM,
        [(stream_labels(stream), seconds(stream.last_block_end_ms)) for stream in streams],
    )
    yield gauge(
        "dropped_series",
        "Series of features over the export limit, left out of the feature families.",
        STREAM,
        [(stream_labels(stream), dropped_series(stream, most_features)) for stream in streams],
    )
    yield from _adwin(
        [(stream_labels(stream), stream.adwin) for stream in streams if stream.adwin is not None]
    )


def _adwin(views: Sequence[tuple[tuple[str, ...], AdwinView]]) -> Iterator[Metric]:
    yield gauge(
        "adwin_mean",
        "Mean of the prediction scores in ADWIN's window.",
        STREAM,
        [(labels, adwin.mean) for labels, adwin in views],
    )
    yield gauge(
        "adwin_width_records",
        "Prediction scores in ADWIN's window, each of one record.",
        STREAM,
        [(labels, adwin.width) for labels, adwin in views],
    )
    yield counter(
        "adwin_changes",
        "Changes of the mean prediction score that ADWIN found.",
        STREAM,
        [(labels, adwin.detections) for labels, adwin in views],
    )


def _info(model: ModelView) -> Iterator[Row]:
    """The model's streams; before the first one, the model with neither version nor segment."""
    for labels in [stream_labels(stream) for stream in model.streams] or [(model.name, "", "")]:
        yield (*labels, model.reference, model.schema), 1


def _blocks(stream: StreamView) -> Iterator[Row]:
    for reason in sorted({*BLOCK_REASONS, *stream.blocks}):
        yield (*stream_labels(stream), reason), stream.blocks.get(reason, 0)
