"""A marked event that tries a trigger: nothing happened, and it says so."""

from datetime import UTC, datetime

from monitor.config.settings import Settings
from monitor.events.event import PREFIX, Event, EventData, EventType, Severity
from monitor.events.event_id import event_id
from monitor.events.links import links_of


def trial_event(settings: Settings, trigger: str, now_ms: int) -> Event:
    """Return an event like that of an alarm, with data.test true, of a model that uses a trigger.

    Its severity is the least one, whatever the trigger's filters are: a receiver that does not
    know data.test should make no noise.
    """
    users = [name for name, each in settings.models.items() if trigger in each.triggers]
    model = users[0] if users else next(iter(settings.models))
    found = event_id(now_ms, "test", trigger, model)
    moment = datetime.fromtimestamp(now_ms / 1000, UTC).isoformat(timespec="milliseconds")
    return Event(
        id=found,
        source=f"driftd/{model}",
        type=PREFIX + EventType.ALARM_RAISED,
        subject=model,
        time=moment.replace("+00:00", "Z"),
        data=EventData(
            model=model,
            incident=found,
            kind="drift",
            severity=Severity.INFO,
            summary=f"Test of trigger {trigger}: nothing happened",
            links=links_of(settings.base_url, model, "alarm"),
            test=True,
        ),
    )
