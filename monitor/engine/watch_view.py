"""What a watch tells: its evidence and its alarm."""

from collections import Counter

import numpy as np

from detectors.evidence.alarm import Level
from detectors.evidence.watch import Watch
from monitor.engine.stream_settings import StreamSettings
from monitor.view import AlarmView, EvidenceView

SEVERITIES = {Level.CALM: "", Level.TICKET: "ticket", Level.PAGE: "page"}
LOUDNESS = ("", "ticket", "page")


def evidence_view(
    settings: StreamSettings, watch: Watch, shared: int, kind: str, feature: str
) -> EvidenceView:
    """Return the newest evidence.

    shared: streams that share the budget. kind, feature: names of what changed, "" for none.
    """
    found = watch.evidence
    told = found.kind is not None
    return EvidenceView(
        value=found.value,
        p_value=min(1.0, shared * watch.budget.p_value(found.value)),
        kind=kind,
        feature=feature,
        source=str(found.source),
        from_ms=settings.start_ms(found.first) if told else None,
        to_ms=settings.start_ms(found.last + 1) if told else None,
        blocks=found.blocks if told else 0,
        records=found.records,
        effect=found.effect,
        psi=np.nan if found.psi is None else found.psi,
    )


def alarm_view(settings: StreamSettings, watch: Watch) -> AlarmView:
    """Return the alarm."""
    alarm = watch.alarm
    active = alarm.level != Level.CALM
    return AlarmView(
        severity=SEVERITIES[alarm.level],
        raised_ms=settings.start_ms(alarm.raised + 1) if active else None,
        confirmed_ms=settings.start_ms(alarm.confirmed + 1) if active else None,
        raised={"ticket": watch.tickets, "page": watch.pages},
    )


def louder(first: AlarmView, second: AlarmView) -> AlarmView:
    """Return the louder of two alarms of a stream, with all that both raised."""
    quieter = LOUDNESS.index(first.severity) < LOUDNESS.index(second.severity)
    shown = second if quieter else first
    raised = Counter(first.raised)
    raised.update(second.raised)
    return AlarmView(shown.severity, shown.raised_ms, shown.confirmed_ms, dict(raised))
