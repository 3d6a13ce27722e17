"""What is known of events, as others see it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from monitor.events.event import Event
from monitor.events.result import Result


@dataclass(frozen=True, slots=True)
class TriggerView:
    """What became of the events of one trigger.

    delivered, dead: events; retried: deliveries that failed and are tried again. waiting: events
    in its queue, oldest_ms: when the oldest of them was noted, None for none. problem: why the
    newest delivery failed, "" where it did not.
    """

    delivered: int = 0
    retried: int = 0
    dead: int = 0
    waiting: int = 0
    oldest_ms: int | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class EventsView:
    """The events so far and what became of them.

    counts: events by model and type. open: the newest event of each cause that is not over, the
    newest first. triggers: by name. results: of re-evaluations that were posted back, by model and
    verdict; newest_results: the newest one of each model.
    """

    counts: Mapping[tuple[str, str], int] = field(default_factory=dict)
    open: tuple[Event, ...] = ()
    triggers: Mapping[str, TriggerView] = field(default_factory=dict)
    results: Mapping[tuple[str, str], int] = field(default_factory=dict)
    newest_results: Mapping[str, Result] = field(default_factory=dict)
