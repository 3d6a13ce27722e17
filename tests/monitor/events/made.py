"""Hand-made events and results: what the engine and a re-evaluation would tell."""

from monitor.events.event import (
    PREFIX,
    Event,
    EventData,
    EventFeature,
    EventType,
    EventWindow,
    Links,
    RecordRange,
    SegmentState,
    Severity,
)
from monitor.events.event_id import event_id
from monitor.events.result import Judgement, Result

START_MS = 1_767_571_200_000
"""2026-01-05T00:00:00Z."""


def an_event(
    what: str = EventType.ALARM_RAISED,
    number: int = 0,
    model: str = "credit",
    cause: str = "",
    subject: str = "credit/7/DE",
    **changes,
) -> Event:
    """Return an event of a model; another ``number`` is another event, a second later.

    cause: the id of the event that opened its cause; its own where left out. changes: of its data.
    """
    at_ms = START_MS + 1000 * number
    id_ = event_id(at_ms, model, what, str(number))
    told = {
        "model": model,
        "version": "7",
        "segment": "DE",
        "segments": [SegmentState("DE", Severity.PAGE)],
        "incident": cause or id_,
        "kind": "covariate_shift",
        "severity": Severity.PAGE,
        "summary": "1 of 4 features moved; `income` shifted up by 0.41 sd",
        "diagnosis": "the inputs moved and the errors did not",
        "evidence": 14.2,
        "threshold": 10.7,
        "drifted": 1,
        "features": [a_feature()],
        "window": EventWindow("2026-01-05T00:00:00Z", "2026-01-05T00:02:00Z", 2, 8124),
        "records": [RecordRange("credit.predictions", 0, 120_433, 124_901)],
        "links": Links("http://127.0.0.1:9477/", "http://127.0.0.1:9477/api", "runbook"),
    }
    return Event(
        id=id_,
        source=f"driftd/{model}",
        type=PREFIX + what,
        subject=subject,
        time=f"2026-01-05T00:02:{number % 60:02}Z",
        data=EventData(**(told | changes)),
    )


def a_feature(name: str = "income") -> EventFeature:
    """Return a feature that shifted up."""
    return EventFeature(
        name=name,
        change="location",
        effect_sd=0.41,
        ks=0.17,
        ks_noise=0.02,
        psi=0.18,
        psi_noise=0.01,
        evidence=14.2,
        words="shifted up by 0.41 sd",
    )


def a_result(event: Event, **changes) -> Result:
    """Return the result of a re-evaluation that an event started."""
    told = {
        "event": event.id,
        "model": event.data.model,
        "received": "2026-01-05T00:30:00Z",
        "verdict": Judgement.RETRAIN,
        "summary": "the live model lost 9 points",
        "report": "https://reports.example/1",
        "figures": {"live_accuracy": 0.81, "candidate_accuracy": 0.9},
    }
    return Result(**(told | changes))
