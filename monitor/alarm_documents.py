"""What driftd says in JSON of evidence, alarms, their budget and what they rest on."""

from collections.abc import Sequence
from typing import cast

from monitor import document_types as types
from monitor.evidence_types import CalibrationState, Evidence, Span
from monitor.plain_values import plain_number, plain_time
from monitor.view import BudgetView, CalibrationView, Drifted, EvidenceView, StreamView

SEVERITIES: tuple[types.Severity, ...] = ("page", "ticket")
"""The most severe first. The view has them, and the states of a calibration, as plain text."""


def alarm_document(stream: StreamView) -> types.Alarm:
    """Return the alarm of a stream."""
    alarm = stream.alarm
    return types.Alarm(
        severity=cast(types.Severity, alarm.severity) if alarm.severity else None,
        since=plain_time(alarm.raised_ms),
        last_seen=plain_time(alarm.confirmed_ms),
        raised={severity: alarm.raised.get(severity, 0) for severity in SEVERITIES},
    )


def evidence_document(evidence: EvidenceView, page_threshold: float) -> Evidence:
    """Return evidence; page_threshold: evidence at which a page is raised."""
    return Evidence(
        value=plain_number(evidence.value),
        share_of_page=plain_number(evidence.value / page_threshold),
        chance_without_drift=plain_number(evidence.p_value),
        kind=evidence.kind or None,
        feature=evidence.feature or None,
        found_by=evidence.source,
        window=Span(plain_time(evidence.from_ms), plain_time(evidence.to_ms)),
        blocks=evidence.blocks,
        records=evidence.records,
        effect_sd=plain_number(evidence.effect),
        psi=plain_number(evidence.psi),
    )


def thresholds_document(stream: StreamView) -> types.Thresholds:
    """Return the evidence at which a stream raises alarms."""
    return types.Thresholds(
        page=plain_number(stream.page_threshold), ticket=plain_number(stream.ticket_threshold)
    )


def calibration_document(calibration: CalibrationView) -> types.Calibration:
    """Return what is known of how a stream wanders without drift."""
    return types.Calibration(
        state=cast(CalibrationState, calibration.state),
        until=plain_time(calibration.until_ms),
        days=calibration.days,
        inflation={name: plain_number(ratio) for name, ratio in calibration.inflation.items()},
        false_pages=plain_number(calibration.false_pages),
    )


def drifted_document(drifted: Drifted) -> types.DriftedFeature:
    """Return a feature that drifted."""
    return types.DriftedFeature(
        feature=drifted.feature,
        kind=drifted.kind,
        evidence=plain_number(drifted.value),
        effect_sd=plain_number(drifted.effect),
        psi=plain_number(drifted.psi),
        window=Span(plain_time(drifted.from_ms), plain_time(drifted.to_ms)),
        records=drifted.records,
        words=drifted.words,
    )


def budget_document(budget: BudgetView) -> types.Budget:
    """Return how many false alarms a model may raise, and how much of that is spent."""
    return types.Budget(
        pages=budget.pages,
        tickets=budget.tickets,
        period=budget.period,
        spent=plain_number(budget.spent),
    )


def worst_alarm(streams: Sequence[StreamView]) -> types.WorstAlarm | None:
    """Return the most severe alarm of some streams, of these the oldest; None for calm ones."""
    alarmed = [stream for stream in streams if stream.alarm.severity]
    if not alarmed:
        return None

    def rank(stream: StreamView) -> tuple[bool, int]:
        return stream.alarm.severity != SEVERITIES[0], stream.alarm.raised_ms or 0

    worst = min(alarmed, key=rank)
    return types.WorstAlarm(
        severity=cast(types.Severity, worst.alarm.severity),
        since=plain_time(worst.alarm.raised_ms),
        version=worst.version,
        segment=worst.segment,
    )


def warm_up_document(streams: Sequence[StreamView]) -> types.WarmUp | None:
    """Return how many of some streams are warming up, and until when; None for none."""
    told = [each.calibration for each in streams if each.calibration.state == "warming_up"]
    if not told:
        return None
    ends = [each.until_ms for each in told if each.until_ms is not None]
    return types.WarmUp(streams=len(told), until=plain_time(max(ends, default=None)))


def share_of_page(stream: StreamView) -> float:
    """Return the stronger evidence of a stream's inputs and errors as a share of a page's."""
    strongest = stream.evidence.value
    if stream.performance is not None:
        strongest = max(strongest, stream.performance.evidence.value)
    return strongest / stream.page_threshold
