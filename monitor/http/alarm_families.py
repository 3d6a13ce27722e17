"""Families about evidence, alarms, their budget and the calibration that they rest on."""

from collections.abc import Iterator, Mapping, Sequence

from prometheus_client.metrics_core import Metric

from monitor.alarm_documents import SEVERITIES
from monitor.http.families import STREAM, Row, counter, gauge, seconds, stream_labels
from monitor.view import AlarmView, ModelView, StreamView


def budget_families(models: Sequence[ModelView]) -> Iterator[Metric]:
    """Yield what is told per model: how much of its budget is spent, what it ignores."""
    yield gauge(
        "false_alarm_budget_spent_ratio",
        "Pages raised in the last budget period, over those that the budget allows to be false.",
        ("model",),
        [((model.name,), model.budget.spent) for model in models],
    )
    yield gauge(
        "effect_threshold",
        "Change below which nothing is an alarm, in standard deviations of the reference.",
        STREAM,
        [(stream_labels(each), model.ignore_below) for model in models for each in model.streams],
    )


def alarm_families(streams: Sequence[StreamView]) -> Iterator[Metric]:
    """Yield what is told per stream: evidence, and the alarms that it raised."""
    yield gauge(
        "evidence",
        "Strongest evidence of drift in the stream's windows; 2.3 more says ten times as much.",
        STREAM,
        [(stream_labels(stream), stream.evidence.value) for stream in streams],
    )
    yield gauge(
        "evidence_threshold",
        "Evidence at which an alarm is raised.",
        (*STREAM, "severity"),
        [row for stream in streams for row in _by_severity(stream, _thresholds(stream))],
    )
    yield gauge(
        "effect",
        "Size of the change with the strongest evidence, in standard deviations of the reference.",
        STREAM,
        [(stream_labels(stream), abs(stream.evidence.effect)) for stream in streams],
    )
    yield gauge(
        "alarm_active",
        "Whether there is an alarm (1) or not (0); a page counts as a ticket too.",
        (*STREAM, "severity"),
        [
            row
            for stream in streams
            for row in _by_severity(stream, active_by_severity(stream.alarm))
        ],
    )
    yield gauge(
        "inputs_alarm_active",
        "The same for the inputs and predictions alone, without what labels say.",
        (*STREAM, "severity"),
        [
            row
            for stream in streams
            for row in _by_severity(stream, active_by_severity(stream.inputs_alarm))
        ],
    )
    yield counter(
        "alarms",
        "Alarms raised.",
        (*STREAM, "severity"),
        [row for stream in streams for row in _by_severity(stream, stream.alarm.raised)],
    )
    yield gauge(
        "drifted_features",
        "Features named as drifted; none while there is no alarm.",
        STREAM,
        [(stream_labels(stream), len(stream.drifted)) for stream in streams],
    )


def calibration_families(streams: Sequence[StreamView]) -> Iterator[Metric]:
    """Yield what is told per stream of how it wanders without drift."""
    yield gauge(
        "calibration_info",
        "What is known of the stream's season and memory, and where from: always 1.",
        (*STREAM, "state"),
        [((*stream_labels(stream), stream.calibration.state), 1) for stream in streams],
    )
    yield gauge(
        "calibration_inflation_ratio",
        "Variance of a window's mean without drift, over that of independent records.",
        (*STREAM, "window"),
        [
            ((*stream_labels(stream), window), ratio)
            for stream in streams
            for window, ratio in stream.calibration.inflation.items()
        ],
    )
    yield gauge(
        "calibration_false_pages",
        "Pages in a budget period that a replay of the reference raised; one wants at most the "
        "budget.",
        STREAM,
        [(stream_labels(stream), stream.calibration.false_pages) for stream in streams],
    )
    yield gauge(
        "warm_up_end_timestamp_seconds",
        "Event time before which the stream raises no alarm, as it is still being learned.",
        STREAM,
        [
            (stream_labels(stream), seconds(stream.calibration.until_ms))
            for stream in streams
            if stream.calibration.state == "warming_up"
        ],
    )


def active_by_severity(alarm: AlarmView) -> dict[str, bool]:
    """Return by severity whether there is an alarm of it; a page counts as a ticket too."""
    return {"page": alarm.severity == "page", "ticket": alarm.severity != ""}


def _by_severity(stream: StreamView, values: Mapping[str, float]) -> Iterator[Row]:
    for severity in SEVERITIES:
        yield (*stream_labels(stream), severity), values.get(severity, 0)


def _thresholds(stream: StreamView) -> dict[str, float]:
    return {"page": stream.page_threshold, "ticket": stream.ticket_threshold}
