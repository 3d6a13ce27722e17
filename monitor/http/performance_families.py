"""Families about labels, live and estimated performance, and the diagnosis."""

from collections.abc import Iterator, Sequence
from typing import get_args

import numpy as np
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.metrics_core import Metric

from monitor.http.alarm_families import active_by_severity
from monitor.http.families import STREAM, Row, counter, gauge, label_text, seconds, stream_labels
from monitor.labels.delays import BOUNDS_S
from monitor.labels.view import LabelsView
from monitor.performance_documents import OTHER_CLASSES, decided_ratio
from monitor.performance_types import FailureKind
from monitor.view import (
    EstimateView,
    MeasureView,
    ModelView,
    PerformanceWindowView,
    StreamView,
)

LABEL_OUTCOMES = ("joined", "duplicate", "changed", "late", "orphan", "evicted")
PREDICTION_OUTCOMES = ("joined", "duplicate", "unlabelled", "evicted", "without_id")
MOST_CLASSES = 10
"""Of more classes the confusion matrix is in the API only."""

MEASURES = (
    ("performance", "Live performance by the labels that have come.", "value"),
    ("performance_low", "Lower end of its 95 % confidence interval.", "low"),
    ("performance_high", "Upper end of its 95 % confidence interval.", "high"),
)
ESTIMATES = (
    (
        "performance_estimated",
        "Performance of all predictions in a window, estimated without their labels.",
        "value",
    ),
    (
        "performance_estimated_low",
        "Least that the true performance is while the estimate holds.",
        "low",
    ),
    (
        "performance_estimated_high",
        "Most that the true performance is while the estimate holds.",
        "high",
    ),
    (
        "performance_estimate_difference",
        "Performance by the labels that have come, less the estimate for the same predictions.",
        "difference",
    ),
    (
        "performance_estimate_difference_error",
        "Standard error of that difference while the estimate holds.",
        "difference_error",
    ),
)
"""Families by window and measure: name, what it says, and the field of the view."""

Windows = list[tuple[tuple[str, ...], PerformanceWindowView]]


def label_families(models: Sequence[ModelView]) -> Iterator[Metric]:
    """Yield what is told per model that has labels: what became of them, and their store."""
    found = [(model.name, model.labels) for model in models if model.labels is not None]
    if not found:
        return
    yield counter(
        "labels",
        "Labels by what became of them.",
        ("model", "outcome"),
        [
            ((name, outcome), labels.labels.get(outcome, 0))
            for name, labels in found
            for outcome in LABEL_OUTCOMES
        ],
    )
    yield counter(
        "labelled_predictions",
        "Predictions by what became of their labels.",
        ("model", "outcome"),
        [
            ((name, outcome), labels.predictions.get(outcome, 0))
            for name, labels in found
            for outcome in PREDICTION_OUTCOMES
        ],
    )
    yield _delays(found)
    yield gauge(
        "labels_waiting",
        "Records in the store that may still find their partner, by side.",
        ("model", "side"),
        [
            row
            for name, labels in found
            for row in (
                ((name, "prediction"), labels.waiting_predictions),
                ((name, "label"), labels.waiting_labels),
            )
        ],
    )
    yield gauge(
        "label_oldest_waiting_timestamp_seconds",
        "Event time of the oldest prediction that waits for its label.",
        ("model",),
        [((name,), seconds(labels.oldest_ms)) for name, labels in found],
    )
    yield gauge(
        "label_store_bytes",
        "Size of the store of waiting records on the disk.",
        ("model",),
        [((name,), labels.bytes) for name, labels in found],
    )
    yield gauge(
        "label_join_ratio",
        "Predictions that got their label, of those that were decided.",
        ("model",),
        [((name,), decided_ratio(labels, "joined")) for name, labels in found],
    )
    yield gauge(
        "unlabelled_ratio",
        "Predictions without a label within the horizon, of those that were decided.",
        ("model",),
        [((name,), decided_ratio(labels, "unlabelled")) for name, labels in found],
    )


def performance_families(streams: Sequence[StreamView]) -> Iterator[Metric]:
    """Yield what is told per stream that has labels: measures, estimates, evidence."""
    told = [(stream_labels(each), each.performance) for each in streams if each.performance]
    if not told:
        return
    windows: Windows = [
        (labels, window) for labels, performance in told for window in performance.windows
    ]
    yield gauge(
        "performance_pairs",
        "Predictions with their labels in a window.",
        (*STREAM, "window"),
        [((*labels, window.name), window.pairs) for labels, window in windows],
    )
    yield from _measures(windows)
    yield from _estimates(windows)
    yield gauge(
        "performance_evidence",
        "Evidence that errors are more or larger than the reference's; thresholds are those of "
        "driftd_evidence.",
        STREAM,
        [(labels, performance.evidence.value) for labels, performance in told],
    )
    yield gauge(
        "performance_alarm_active",
        "Whether there is an alarm as errors are more or larger (1) or not (0); a page counts as "
        "a ticket too.",
        (*STREAM, "severity"),
        [
            ((*labels, severity), active)
            for labels, performance in told
            for severity, active in active_by_severity(performance.alarm).items()
        ],
    )
    yield counter(
        "error_detections",
        "Changes of the errors, by the detector that found them; they raise no alarm.",
        (*STREAM, "detector"),
        [
            ((*labels, detector), count)
            for labels, performance in told
            for detector, count in performance.detections.items()
        ],
    )
    yield gauge(
        "confusion_pairs",
        "Pairs by predicted and actual class in the longest window.",
        (*STREAM, "window", "predicted", "actual"),
        [
            row
            for labels, performance in told
            if performance.windows
            for row in _confusion(labels, performance.windows[-1], performance.classes)
        ],
    )


def diagnosis_families(streams: Sequence[StreamView]) -> Iterator[Metric]:
    """Yield what the evidence of a stream speaks for."""
    told = [(stream_labels(each), each.diagnosis) for each in streams if each.diagnosis]
    if not told:
        return
    yield gauge(
        "diagnosis",
        "How sure each failure mode is, from 0 to 1; 1 is as sure as a page.",
        (*STREAM, "kind"),
        [
            ((*labels, kind), diagnosis.degrees.get(kind, 0.0))
            for labels, diagnosis in told
            for kind in get_args(FailureKind)
        ],
    )
    yield gauge(
        "outside_support_ratio",
        "Records of the newest block outside the reference's support.",
        STREAM,
        [(labels, diagnosis.outside) for labels, diagnosis in told],
    )


def _delays(found: Sequence[tuple[str, LabelsView]]) -> Metric:
    family = HistogramMetricFamily(
        "driftd_label_delay_seconds",
        "Event time from a prediction to its label, of joined pairs.",
        labels=("model",),
    )
    bounds = [*map(str, map(float, BOUNDS_S)), "+Inf"]
    for name, labels in found:
        counts = np.cumsum(labels.delays.counts).tolist()
        family.add_metric(
            [label_text(name)],
            list(zip(bounds, counts, strict=True)),
            labels.delays.sum_ms / 1000,
        )
    return family


def _measures(windows: Windows) -> Iterator[Metric]:
    rows = [
        ((*labels, window.name, name), measure)
        for labels, window in windows
        for name, measure in window.measures.items()
    ]
    yield from _by_measure(MEASURES, rows)
    references = {(*labels[:3], labels[4]): each.reference for labels, each in rows}
    yield gauge(
        "performance_reference",
        "Performance on the reference.",
        (*STREAM, "measure"),
        list(references.items()),
    )


def _estimates(windows: Windows) -> Iterator[Metric]:
    rows = [
        ((*labels, window.name, name), estimate)
        for labels, window in windows
        for name, estimate in window.estimates.items()
    ]
    yield from _by_measure(ESTIMATES, rows)


def _by_measure(
    families: Sequence[tuple[str, str, str]],
    rows: Sequence[tuple[tuple[str, ...], MeasureView | EstimateView]],
) -> Iterator[Metric]:
    """Yield a gauge for each field: its name, what it says, and the field of a row's view."""
    for name, documentation, field in families:
        yield gauge(
            name,
            documentation,
            (*STREAM, "window", "measure"),
            [(labels, getattr(each, field)) for labels, each in rows],
        )


def _confusion(
    labels: tuple[str, ...], window: PerformanceWindowView, classes: Sequence[str]
) -> Iterator[Row]:
    if window.confusion is None or len(classes) > MOST_CLASSES:
        return
    names = [*classes, OTHER_CLASSES]
    for predicted, row in zip(names, window.confusion.tolist(), strict=True):
        for actual, pairs in zip(names, row, strict=True):
            yield (*labels, window.name, predicted, actual), pairs
