"""What driftd says of events in JSON."""

from collections.abc import Sequence

from msgspec import UNSET

from monitor import event_types as types
from monitor.events.event import Event
from monitor.events.stored import Stored
from monitor.events.view import EventsView, TriggerView
from monitor.plain_values import plain_time

MOST_OPEN = 50
"""Open events that the status lists; the API of events has all."""


def events_document(found: Sequence[Stored], limit: int) -> types.Events:
    """Return a page of ``limit`` events; found: with one more where there is a next page."""
    page = found[:limit]
    return types.Events(
        events=[event_document(each) for each in page],
        next=page[-1].event.id if len(found) > limit else None,
    )


def event_document(stored: Stored) -> types.StoredEvent:
    """Return an event with what became of it."""
    noted = plain_time(stored.noted_ms)
    assert noted is not None, "the clock told a time"
    return types.StoredEvent(
        event=stored.event,
        noted=noted,
        open=stored.open,
        deliveries=dict(stored.deliveries),
        results=list(stored.results),
    )


def events_summary(view: EventsView) -> types.EventsSummary:
    """Return events at one look."""
    return types.EventsSummary(
        open=len(view.open),
        events=[_open_event(event) for event in view.open[:MOST_OPEN]],
        triggers=[_trigger(name, each) for name, each in view.triggers.items()],
        results=[view.newest_results[model] for model in sorted(view.newest_results)],
    )


def _open_event(event: Event) -> types.OpenEvent:
    data = event.data
    return types.OpenEvent(
        id=event.id,
        type=str(event.what),
        time=None if event.time is UNSET else event.time,
        model=data.model,
        version=data.version,
        segment=data.segment,
        segments=len(data.segments),
        kind=data.kind,
        severity=data.severity,
        summary=data.summary,
        diagnosis=data.diagnosis,
    )


def _trigger(name: str, view: TriggerView) -> types.TriggerState:
    return types.TriggerState(
        trigger=name,
        delivered=view.delivered,
        retried=view.retried,
        dead=view.dead,
        waiting=view.waiting,
        oldest=plain_time(view.oldest_ms),
        problem=view.problem,
    )
