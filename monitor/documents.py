"""What driftd says of itself in JSON: the API's answers and the result of a bounded run."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from monitor import document_types as types
from monitor.build import read_build
from monitor.lag import lag_unit
from monitor.sources.source import SourceStatus
from monitor.view import ModelView, StreamView, View

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
JOINT = ""
"""The entry of a stream that stands for all its tabular features together."""


def model_document(model: ModelView) -> dict[str, Any]:
    """Return everything that is known of a model, in the shape of ``document_types.Model``."""
    return _plain(
        types.Model(
            model=model.name,
            reference=model.reference,
            schema=model.schema,
            thresholds={name: _number(value) for name, value in model.thresholds.items()},
            watermark=_time(model.watermark_ms),
            open_blocks=model.open_blocks,
            rejects=dict(model.rejects),
            tombstones=model.tombstones,
            duplicates=model.duplicates,
            streams=[_stream(stream, model.thresholds) for stream in model.streams],
        )
    )


def models_document(models: Sequence[ModelView]) -> dict[str, Any]:
    """Return one row for each model, in the shape of ``document_types.Models``."""
    return _plain(types.Models([_summary(model) for model in models]))


def status_document(view: View) -> dict[str, Any]:
    """Return the state of the daemon, in the shape of ``document_types.Status``."""
    quarantine = view.quarantine
    return _plain(
        types.Status(
            version=read_build().version,
            ready=not view.not_ready,
            reason=view.not_ready,
            source=None if view.source is None else _source(view.source_name, view.source),
            quarantine=types.Quarantine(
                written=quarantine.written,
                failures=quarantine.failures,
                dropped=quarantine.dropped,
            ),
            models=[_summary(model) for model in view.models],
        )
    )


def _stream(stream: StreamView, thresholds: Mapping[str, float]) -> types.Stream:
    features = {}
    joint: types.StatisticsByWindow = {}
    for row, entry in enumerate(stream.entries):
        statistics = _statistics(stream, row)
        if entry == JOINT:
            joint = statistics
        else:
            features[entry] = _feature(stream, row, statistics)
    return types.Stream(
        version=stream.version,
        segment=stream.segment,
        records=stream.records,
        late=stream.late,
        blocks=dict(stream.blocks),
        last_block_end=_time(stream.last_block_end_ms),
        windows=_windows(stream),
        adwin=None
        if stream.adwin is None
        else types.Adwin(
            mean=_number(stream.adwin.mean),
            width=stream.adwin.width,
            changes=stream.adwin.detections,
        ),
        drifted=_drifted(stream),
        features=_ranked(features, stream, thresholds),
        joint=joint,
    )


def _windows(stream: StreamView) -> list[types.Window]:
    return [
        types.Window(
            name=window.name,
            start=_time(window.from_ms),
            end=_time(window.to_ms),
            records=window.records,
        )
        for window in stream.windows
    ]


def _drifted(stream: StreamView) -> list[types.DriftedFeature]:
    return [
        types.DriftedFeature(
            feature=drifted.feature,
            window=drifted.window,
            statistic=drifted.statistic,
            value=_number(drifted.value),
            noise=_number(drifted.noise),
            words=drifted.words,
        )
        for drifted in stream.drifted
    ]


def _statistics(stream: StreamView, row: int) -> types.StatisticsByWindow:
    return {
        window.name: {
            statistic: types.Statistic(
                value=_number(values[row]), noise=_number(window.noise[statistic][row])
            )
            for statistic, values in window.values.items()
            if not math.isnan(values[row])
        }
        for window in stream.windows
    }


def _feature(stream: StreamView, row: int, statistics: types.StatisticsByWindow) -> types.Feature:
    name = stream.entries[row]
    words = [drifted.words for drifted in stream.drifted if drifted.feature == name]
    return types.Feature(
        name=name,
        missing_ratio=_number(stream.missing[row]),
        invalid_ratio=_number(stream.invalid[row]),
        unseen_ratio=_number(stream.unseen[row]),
        out_of_range_ratio=_number(stream.out_of_range[row]),
        statistics=statistics,
        words=words[0] if words else None,
    )


def _ranked(
    features: Mapping[str, types.Feature], stream: StreamView, thresholds: Mapping[str, float]
) -> list[types.Feature]:
    """Return the drifted features first, then the others by how near a threshold they come."""
    place = {
        drifted.feature: -len(stream.drifted) + rank for rank, drifted in enumerate(stream.drifted)
    }

    def nearness(feature: types.Feature) -> float:
        return max(
            (
                statistic.value / thresholds[name]
                for by_name in feature.statistics.values()
                for name, statistic in by_name.items()
                if statistic.value is not None and thresholds.get(name)
            ),
            default=0.0,
        )

    return sorted(features.values(), key=lambda each: (place.get(each.name, 0), -nearness(each)))


def _summary(model: ModelView) -> types.ModelSummary:
    ends = [stream.last_block_end_ms for stream in model.streams]
    return types.ModelSummary(
        model=model.name,
        reference=model.reference,
        streams=len(model.streams),
        records=sum(stream.records for stream in model.streams),
        late=sum(stream.late for stream in model.streams),
        rejects=sum(model.rejects.values()),
        last_block_end=_time(max((end for end in ends if end is not None), default=None)),
        watermark=_time(model.watermark_ms),
        drifted=[
            types.DriftedInStream(
                version=stream.version,
                segment=stream.segment,
                feature=drifted.feature,
                window=drifted.window,
                words=drifted.words,
            )
            for stream in model.streams
            for drifted in stream.drifted
        ],
    )


def _source(name: str, status: SourceStatus) -> types.Source:
    partitions = sorted(status.assigned | status.lag.keys())
    return types.Source(
        name=name,
        connected=status.connected,
        problem=status.problem,
        lag=sum(status.lag.values()),
        lag_unit=lag_unit(name),
        partitions=[
            types.SourcePartition(
                topic=partition.topic,
                partition=partition.number,
                lag=status.lag.get(partition, 0),
                at_end=partition in status.at_end,
            )
            for partition in partitions
        ],
    )


def _plain(document: msgspec.Struct) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(document)
    return plain


def _number(value: float) -> float | None:
    """Return a number as JSON can say it: neither nan nor an infinity."""
    return float(value) if math.isfinite(value) else None


def _time(ms: int | None) -> str | None:
    return None if ms is None else _moment(ms)


def _moment(ms: int) -> str:
    """Return unix time in ms as, for example, 2026-01-05T00:02:00Z."""
    precision = "milliseconds" if ms % 1000 else "seconds"
    moment = EPOCH + timedelta(milliseconds=ms)
    return moment.isoformat(timespec=precision).replace("+00:00", "Z")
