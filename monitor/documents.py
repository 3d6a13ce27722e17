"""What driftd says of itself in JSON: the API's answers and the result of a bounded run."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from monitor import document_types as types
from monitor.alarm_documents import (
    alarm_document,
    budget_document,
    calibration_document,
    drifted_document,
    evidence_document,
    share_of_page,
    thresholds_document,
    warm_up_document,
    worst_alarm,
)
from monitor.build import read_build
from monitor.event_documents import events_summary
from monitor.lag import lag_unit
from monitor.performance_documents import (
    diagnosis_document,
    headline,
    judged_streams,
    labels_document,
    performance_document,
    surest_diagnosis,
)
from monitor.plain_values import plain_number, plain_time
from monitor.retest_documents import retest_names, retests_document
from monitor.retest_types import Retests
from monitor.sources.source import SourceStatus
from monitor.view import ModelView, StreamView, View, WindowView

JOINT = ""
"""The entry of a stream that stands for all its tabular features together."""


def model_document(model: ModelView) -> dict[str, Any]:
    """Return everything that is known of a model, in the shape of ``document_types.Model``."""
    return _plain(
        types.Model(
            model=model.name,
            reference=model.reference,
            schema=model.schema,
            budget=budget_document(model.budget),
            ignore_below=model.ignore_below,
            watermark=plain_time(model.watermark_ms),
            open_blocks=model.open_blocks,
            rejects=dict(model.rejects),
            tombstones=model.tombstones,
            duplicates=model.duplicates,
            streams=[_stream(stream) for stream in model.streams],
            labels=None if model.labels is None else labels_document(model.labels),
            retests=_retests(model),
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
            events=events_summary(view.events),
        )
    )


def _stream(stream: StreamView) -> types.Stream:
    features = {}
    joint: types.StatisticsByWindow = {}
    for row, entry in enumerate(stream.entries):
        statistics = _statistics(stream, row)
        if entry == JOINT:
            joint = statistics
        else:
            features[entry] = feature_document(stream, row, statistics)
    return types.Stream(
        version=stream.version,
        segment=stream.segment,
        records=stream.records,
        late=stream.late,
        blocks=dict(stream.blocks),
        last_block_end=plain_time(stream.last_block_end_ms),
        windows=_windows(stream),
        adwin=None
        if stream.adwin is None
        else types.Adwin(
            mean=plain_number(stream.adwin.mean),
            width=stream.adwin.width,
            changes=stream.adwin.detections,
        ),
        alarm=alarm_document(stream),
        evidence=evidence_document(stream.evidence, stream.page_threshold),
        thresholds=thresholds_document(stream),
        calibration=calibration_document(stream.calibration),
        drifted=[drifted_document(drifted) for drifted in stream.drifted],
        features=_ranked(features, stream),
        joint=joint,
        performance=None
        if stream.performance is None
        else performance_document(stream.performance, stream.page_threshold),
        diagnosis=None if stream.diagnosis is None else diagnosis_document(stream.diagnosis),
    )


def _windows(stream: StreamView) -> list[types.Window]:
    return [
        types.Window(
            name=window.name,
            start=plain_time(window.from_ms),
            end=plain_time(window.to_ms),
            records=window.records,
        )
        for window in stream.windows
    ]


def _statistics(stream: StreamView, row: int) -> types.StatisticsByWindow:
    return {window.name: statistics_document(window, row) for window in stream.windows}


def statistics_document(window: WindowView, row: int) -> dict[str, types.Statistic]:
    """Return the statistics of an entry over a window, those that apply to it."""
    return {
        statistic: types.Statistic(
            value=plain_number(values[row]), noise=plain_number(window.noise[statistic][row])
        )
        for statistic, values in window.values.items()
        if not math.isnan(values[row])
    }


def feature_document(
    stream: StreamView, row: int, statistics: types.StatisticsByWindow
) -> types.Feature:
    """Return a feature in one stream."""
    name = stream.entries[row]
    words = [drifted.words for drifted in stream.drifted if drifted.feature == name]
    return types.Feature(
        name=name,
        evidence=plain_number(stream.feature_evidence[row]),
        effect_sd=plain_number(stream.feature_effect[row]),
        missing_ratio=plain_number(stream.missing[row]),
        invalid_ratio=plain_number(stream.invalid[row]),
        unseen_ratio=plain_number(stream.unseen[row]),
        out_of_range_ratio=plain_number(stream.out_of_range[row]),
        statistics=statistics,
        words=words[0] if words else None,
    )


def _ranked(features: Mapping[str, types.Feature], stream: StreamView) -> list[types.Feature]:
    """Return the drifted features first, then the others by their evidence."""
    place = {drifted.feature: place for place, drifted in enumerate(stream.drifted)}

    def rank(feature: types.Feature) -> tuple[int, float]:
        evidence = -math.inf if feature.evidence is None else feature.evidence
        return place.get(feature.name, len(place)), -evidence

    return sorted(features.values(), key=rank)


def _summary(model: ModelView) -> types.ModelSummary:
    ends = [stream.last_block_end_ms for stream in model.streams]
    return types.ModelSummary(
        model=model.name,
        reference=model.reference,
        streams=len(model.streams),
        records=sum(stream.records for stream in model.streams),
        late=sum(stream.late for stream in model.streams),
        rejects=sum(model.rejects.values()),
        last_block_end=plain_time(max((end for end in ends if end is not None), default=None)),
        watermark=plain_time(model.watermark_ms),
        alarm=worst_alarm(model.streams),
        share_of_page=_most_evidence(model.streams),
        warm_up=warm_up_document(model.streams),
        drifted=[
            types.DriftedInStream(
                version=stream.version,
                segment=stream.segment,
                feature=drifted.feature,
                kind=drifted.kind,
                effect_sd=plain_number(drifted.effect),
                words=drifted.words,
            )
            for stream in model.streams
            for drifted in stream.drifted
        ],
        diagnosis=surest_diagnosis(model.streams),
        performance=headline(model.streams),
        judged=judged_streams(model.streams),
        retests=_retests(model),
    )


def _retests(model: ModelView) -> Retests | None:
    known = retest_names(model.retests) or model.retests.running
    return retests_document(model.retests) if known else None


def _most_evidence(streams: Sequence[StreamView]) -> float | None:
    shares = [share_of_page(stream) for stream in streams]
    return plain_number(max(shares, default=math.nan))


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
