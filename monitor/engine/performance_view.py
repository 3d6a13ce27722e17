"""What the labels of a stream tell: measures with intervals, estimates, evidence."""

import numpy as np

from detectors.estimation.estimates import Comparison, Estimates
from detectors.performance.error_stream import error_rows
from detectors.performance.estimate import UNDEFINED
from detectors.performance.measures import measure
from detectors.performance.summary import Performance
from detectors.prediction_kind import PredictionKind
from detectors.summary import Summary
from detectors.windows import Windows
from monitor.engine.performance_stream import PerformanceStream
from monitor.engine.watch_view import alarm_view, evidence_view
from monitor.view import (
    AdwinView,
    EstimateView,
    EvidenceView,
    MeasureView,
    PerformanceView,
    PerformanceWindowView,
)


def performance_view(stream: PerformanceStream, inputs: Windows[Summary]) -> PerformanceView:
    """Return what is known of a stream's performance; inputs: the windows of its records."""
    settings = stream.settings
    task = settings.known.task
    unit = task.bound if task.kind is PredictionKind.REGRESSION else 1.0
    return PerformanceView(
        pairs=stream.pairs,
        last_block_end_ms=settings.streams.start_ms(stream.newest_block + 1),
        classes=task.classes,
        windows=tuple(
            _window(stream, inputs, name, length) for name, length in settings.streams.grid.windows
        ),
        evidence=_evidence(stream),
        alarm=alarm_view(settings.streams, stream.watch),
        detections={
            "adwin": stream.adwin.detections,
            **{name: each.detections for name, each in stream.detectors.items()},
        },
        adwin=AdwinView(stream.adwin.mean * unit, stream.adwin.width, stream.adwin.detections),
        state=str(stream.baseline.origin),
        no_estimate=settings.no_estimate,
    )


def _window(
    stream: PerformanceStream, inputs: Windows[Summary], name: str, length: int
) -> PerformanceWindowView:
    suffix = stream.windows.suffix(length)
    assert suffix is not None, "a stream is viewed only after its first block"
    first, performance = suffix
    streams = stream.settings.streams
    return PerformanceWindowView(
        name=name,
        from_ms=streams.start_ms(first),
        to_ms=streams.start_ms(stream.newest_block + 1),
        pairs=performance.records,
        unusable=performance.tally.unusable,
        predictions=performance.predictions,
        measures=measures_of(stream, performance),
        estimates=_estimates(stream, performance, inputs, length),
        confusion=performance.tally.confusion if stream.settings.known.task.classes else None,
    )


def measures_of(stream: PerformanceStream, performance: Performance) -> dict[str, MeasureView]:
    """Return every measure of some pairs of a stream, beside the reference's."""
    task = stream.settings.known.task
    reference = measure(stream.baseline.reference, task)
    live = measure(performance.tally, task) if performance.records else {}
    found = {name: live.get(name, UNDEFINED) for name in reference}
    return {
        name: MeasureView(each.value, each.low, each.high, reference[name].value)
        for name, each in found.items()
    }


def _estimates(
    stream: PerformanceStream, performance: Performance, inputs: Windows[Summary], length: int
) -> dict[str, EstimateView]:
    estimator = stream.settings.yardstick.estimator
    suffix = inputs.suffix(length)
    if estimator is None or suffix is None:
        return {}
    summary = suffix[1]
    unknown = np.full(len(estimator.measures), np.nan)
    estimated = Estimates(unknown, unknown, unknown, unknown, unknown)
    compared = Comparison(unknown, estimated, unknown)
    with np.errstate(divide="ignore", invalid="ignore"):
        if performance.predictions:
            estimated = estimator.estimated(performance.said, summary.counts, summary.records)
        if performance.records:
            compared = estimator.compared(performance.labelled, performance.tally)
        low, high = estimated.interval
        error = compared.estimated.error
    return {
        name: EstimateView(
            value=float(estimated.value[place]),
            low=float(low[place]),
            high=float(high[place]),
            reference=float(estimator.reference[place]),
            labelled=float(compared.estimated.value[place]),
            realised=float(compared.realised[place]),
            difference=float(compared.unexplained[place]),
            difference_error=float(error[place]),
        )
        for place, name in enumerate(estimator.measures)
    }


def _evidence(stream: PerformanceStream) -> EvidenceView:
    found = stream.watch.evidence
    kind = ""
    if found.kind is not None:
        kind = error_rows(stream.settings.known.task)[found.feature]
    return evidence_view(stream.settings.streams, stream.watch, stream.shared, kind, "")
