"""The event that tells that a model is compared with another reference than before."""

from monitor.events.build import with_time
from monitor.events.event import PREFIX, Event, EventData, EventType, Severity
from monitor.events.event_id import event_id
from monitor.events.links import links_of


def reference_replaced(
    model: str, old: str, new: str, block: int, watermark_ms: int | None, base_url: str
) -> Event:
    """Return the event of a reference that took the place of another.

    old, new: their digests. block: the first that the new one is for. watermark_ms: the event time
    of its beginning, None where blocks are of rows.
    """
    at = max(block, 0) if watermark_ms is None else watermark_ms
    found = event_id(at, model, "reference", str(block), old, new)
    event = Event(
        id=found,
        source=f"driftd/{model}",
        type=PREFIX + EventType.REFERENCE_REPLACED,
        subject=model,
        data=EventData(
            model=model,
            incident=found,
            kind="reference",
            severity=Severity.INFO,
            summary=f"the reference was replaced: {new} instead of {old}; windows begin anew",
            reference=new,
            links=links_of(base_url, model, "reference"),
        ),
    )
    return with_time(event, watermark_ms)
