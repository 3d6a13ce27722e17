"""The journal: takes what happened from the engines, and keeps it until it is stored."""

from collections.abc import Callable, Mapping, Sequence

import structlog

from monitor.engine.notices import Notice
from monitor.events.build import Teller
from monitor.events.event import Event

log = structlog.get_logger()


def no_store(events: Sequence[Event]) -> Sequence[Event]:
    """Store nothing, where nobody is told of events."""
    return events


class Journal:
    """Makes events of notices, and holds those that could not be stored yet.

    Of one thread: the pipeline's. A snapshot may be taken only after ``write``, as the engines
    tell each notice once; then a crash in between tells it again, with the same id.
    """

    def __init__(
        self, tellers: Mapping[str, Teller], put: Callable[[Sequence[Event]], Sequence[Event]]
    ) -> None:
        """Take a teller for each model that is told of; put: stores events that are not known."""
        self._tellers = tellers
        self._put = put
        self._waiting: list[Event] = []
        self._failing = False

    def note(self, event: Event) -> None:
        """Take an event."""
        self._waiting.append(event)

    def take(self, model: str, notices: list[Notice]) -> None:
        """Take a model's notices out of a list."""
        teller = self._tellers.get(model)
        if teller is not None:
            self._waiting.extend(map(teller.event, notices))
        notices.clear()

    def write(self) -> None:
        """Store what was taken; raises OSError where that fails, and keeps it."""
        if not self._waiting:
            return
        log_events(self._put(self._waiting))
        self._waiting.clear()

    def try_to_write(self) -> None:
        """Store what was taken, or say that it fails; the next call tries again."""
        try:
            self.write()
        except OSError as error:
            if not self._failing:
                log.error("events_not_stored", waiting=len(self._waiting), error=str(error))
            self._failing = True
        else:
            self._failing = False


def log_events(events: Sequence[Event]) -> None:
    """Say in the log what happened."""
    for event in events:
        log.info(
            "event",
            id=event.id,
            type=event.type,
            subject=event.subject,
            kind=event.data.kind,
            severity=str(event.data.severity),
            summary=event.data.summary,
        )
