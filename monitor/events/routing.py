"""Which triggers an event goes to."""

from collections.abc import Mapping, Sequence

from monitor.config.triggers import TriggerConfig
from monitor.events.event import Event, EventType, Severity

LOUDNESS = tuple(Severity)
SPREADING = (EventType.ALARM_SPREAD, EventType.PERFORMANCE_DROP_SPREAD)


def wanted(trigger: TriggerConfig, event: Event) -> bool:
    """Tell whether a trigger's filters let an event through.

    That an alarm spread to a further segment is told to triggers that ask for that segment, as it
    was raised for them; to others it is the same alarm, unless they name alarm_spread.
    """
    if trigger.segments and segments_of(event).isdisjoint(trigger.segments):
        return False
    loud = LOUDNESS.index(event.data.severity) >= LOUDNESS.index(trigger.severity)
    return loud and not names_of(event, bool(trigger.segments)).isdisjoint(trigger.kinds)


def segments_of(event: Event) -> set[str]:
    """Return the segments to which an event is news."""
    data = event.data
    if event.what in SPREADING:
        return {each.segment for each in data.segments if each.joined}
    alarmed = {each.segment for each in data.segments if event.closes or each.severity}
    return alarmed or {data.segment}


def names_of(event: Event, by_segment: bool) -> set[str]:
    """Return the kinds by which a trigger may ask for an event."""
    what = event.what
    names = {what.replace(".", "_")}
    if event.opens or (by_segment and what in SPREADING):
        names |= {what.split(".")[0], event.data.kind}
    return names


def receivers(
    event: Event, subscribed: Mapping[str, Sequence[str]], triggers: Mapping[str, TriggerConfig]
) -> list[str]:
    """Return the names of the triggers that get an event; subscribed: names by model."""
    return [name for name in subscribed.get(event.data.model, ()) if wanted(triggers[name], event)]
