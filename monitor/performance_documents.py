"""What driftd says in JSON of labels, performance and the diagnosis."""

import math
from collections.abc import Sequence
from typing import cast

from monitor import performance_types as types
from monitor.alarm_documents import evidence_document
from monitor.evidence_types import CalibrationState
from monitor.labels.delays import BOUNDS_S
from monitor.labels.view import LabelsView
from monitor.plain_values import plain_number, plain_time
from monitor.view import (
    DiagnosisView,
    PerformanceView,
    PerformanceWindowView,
    StreamView,
    WorstRecord,
)

OTHER_CLASSES = "__other__"
WORSE = {"error": "more wrong answers", "loss": "larger errors"}
"""What evidence about errors is evidence of, by its kind."""

HEADLINES = ("accuracy", "mae")
"""Measures of which a model's row shows the first that it has."""

DECIDED = ("joined", "unlabelled", "evicted")


def performance_document(performance: PerformanceView, page_threshold: float) -> types.Performance:
    """Return what the labels of a stream say; page_threshold: evidence that raises a page."""
    return types.Performance(
        pairs=performance.pairs,
        last_block_end=plain_time(performance.last_block_end_ms),
        windows=[_window(each, performance.classes) for each in performance.windows],
        evidence=evidence_document(performance.evidence, page_threshold),
        detections=dict(performance.detections),
        calibration=cast(CalibrationState, performance.state),
        no_estimate=performance.no_estimate,
    )


def diagnosis_document(diagnosis: DiagnosisView) -> types.Diagnosis:
    """Return the diagnosis of a stream."""
    return types.Diagnosis(
        kind=cast(types.FailureKind, diagnosis.kind) if diagnosis.kind else None,
        words=diagnosis.words,
        degrees=dict(diagnosis.degrees),
        outside_ratio=plain_number(diagnosis.outside),
        farthest=[_far_record(each) for each in diagnosis.worst],
    )


def labels_document(labels: LabelsView) -> types.Labels:
    """Return what became of a model's labels."""
    pairs = int(labels.delays.counts.sum())
    bounds = [*map(str, BOUNDS_S), "+Inf"]
    counts = labels.delays.counts.tolist()
    return types.Labels(
        labels=dict(labels.labels),
        predictions=dict(labels.predictions),
        waiting_predictions=labels.waiting_predictions,
        waiting_labels=labels.waiting_labels,
        oldest_waiting=plain_time(labels.oldest_ms),
        join_ratio=plain_number(decided_ratio(labels, "joined")),
        unlabelled_ratio=plain_number(decided_ratio(labels, "unlabelled")),
        mean_delay_s=labels.delays.sum_ms / pairs / 1000 if pairs else None,
        delays={bound: count for bound, count in zip(bounds, counts, strict=True) if count},
        store_bytes=labels.bytes,
    )


def decided_ratio(labels: LabelsView, outcome: str) -> float:
    """Return the share that an outcome has of the predictions whose labels were decided."""
    decided = sum(labels.predictions.get(each, 0) for each in DECIDED)
    return labels.predictions.get(outcome, 0) / decided if decided else math.nan


def surest_diagnosis(streams: Sequence[StreamView]) -> types.DiagnosedStream | None:
    """Return the surest diagnosis of some streams, None where there is none."""
    found = [each for each in streams if each.diagnosis is not None and each.diagnosis.kind]
    if not found:
        return None
    stream = max(found, key=_sureness)
    assert stream.diagnosis is not None, "streams without a diagnosis were left out"
    return types.DiagnosedStream(
        kind=cast(types.FailureKind, stream.diagnosis.kind),
        words=stream.diagnosis.words,
        version=stream.version,
        segment=stream.segment,
    )


def headline(streams: Sequence[StreamView]) -> types.Headline | None:
    """Return the performance of the stream with most pairs, None where there are no labels."""
    found = [each for each in streams if each.performance and each.performance.windows]
    if not found:
        return None
    stream = max(found, key=lambda each: _longest(each).pairs)
    window = _longest(stream)
    name = next((name for name in HEADLINES if name in window.measures), None)
    row = next((row for row in _compared(window) if row.name == name), None)
    if row is None:
        return None
    return types.Headline(
        measure=row.name,
        value=row.value,
        low=row.low,
        high=row.high,
        reference=row.reference,
        estimated=row.estimated,
        pairs=window.pairs,
        version=stream.version,
        segment=stream.segment,
    )


def judged_streams(streams: Sequence[StreamView]) -> list[types.JudgedStream]:
    """Return what is said of the model in each stream with labels or with a diagnosis."""
    return [
        _judged(stream)
        for stream in streams
        if (stream.performance is not None and stream.performance.windows)
        or (stream.diagnosis is not None and stream.diagnosis.kind)
    ]


def _judged(stream: StreamView) -> types.JudgedStream:
    diagnosis, performance = stream.diagnosis, stream.performance
    window = performance.windows[-1] if performance and performance.windows else None
    evidence = performance.evidence if performance and performance.evidence.kind else None
    return types.JudgedStream(
        version=stream.version,
        segment=stream.segment,
        diagnosis=diagnosis.words if diagnosis and diagnosis.kind else None,
        window=window.name if window else None,
        pairs=window.pairs if window else 0,
        worse=WORSE.get(evidence.kind) if evidence else None,
        share_of_page=plain_number(evidence.value / stream.page_threshold) if evidence else None,
        measures=_compared(window) if window else [],
    )


def _compared(window: PerformanceWindowView) -> list[types.ComparedMeasure]:
    """Return each measure beside its estimate; one that is only estimated has no value."""
    rows = []
    for name in dict.fromkeys((*window.measures, *window.estimates)):
        measure, estimate = window.measures.get(name), window.estimates.get(name)
        known = measure or estimate
        assert known is not None, "a name is of one of both"
        rows.append(
            types.ComparedMeasure(
                name=name,
                value=plain_number(measure.value) if measure else None,
                low=plain_number(measure.low) if measure else None,
                high=plain_number(measure.high) if measure else None,
                reference=plain_number(known.reference),
                estimated=plain_number(estimate.value) if estimate else None,
            )
        )
    return rows


def _sureness(stream: StreamView) -> float:
    assert stream.diagnosis is not None, "streams without a diagnosis were left out"
    return stream.diagnosis.degrees[stream.diagnosis.kind]


def _longest(stream: StreamView) -> PerformanceWindowView:
    assert stream.performance is not None, "streams without performance were left out"
    return stream.performance.windows[-1]


def _window(window: PerformanceWindowView, classes: Sequence[str]) -> types.PerformanceWindow:
    return types.PerformanceWindow(
        name=window.name,
        start=plain_time(window.from_ms),
        end=plain_time(window.to_ms),
        predictions=window.predictions,
        pairs=window.pairs,
        unusable=window.unusable,
        measures={
            name: types.Measure(
                *map(plain_number, (each.value, each.low, each.high, each.reference))
            )
            for name, each in window.measures.items()
        },
        estimates={
            name: types.Estimate(
                value=plain_number(each.value),
                low=plain_number(each.low),
                high=plain_number(each.high),
                reference=plain_number(each.reference),
                labelled=plain_number(each.labelled),
                realised=plain_number(each.realised),
                difference=plain_number(each.difference),
                standard_error=plain_number(each.difference_error),
            )
            for name, each in window.estimates.items()
        },
        confusion=None
        if window.confusion is None
        else types.Confusion([*classes, OTHER_CLASSES], window.confusion.tolist()),
    )


def _far_record(record: WorstRecord) -> types.FarRecord:
    return types.FarRecord(
        id=record.id,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        time=plain_time(record.time_ms),
        feature=record.feature,
        value=record.value,
        distance_sd=plain_number(record.distance),
    )
