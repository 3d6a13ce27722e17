"""The store of events: their history, and the outbox from which triggers deliver them."""

import sqlite3
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from monitor.events.changes import (
    give_up_unconfigured,
    insert_event,
    keep_result,
    know_triggers,
    postpone,
    remove_old,
    send,
    settle,
)
from monitor.events.database import open_database, told, transaction
from monitor.events.event import Event
from monitor.events.result import Result
from monitor.events.stored import DEAD, DELIVERED, Delivery, Stored, StoreError
from monitor.events.tables import decode_event, number_of, read_stored, read_view
from monitor.events.view import EventsView

__all__ = ["Delivery", "EventStore", "StoreError", "Stored"]


class EventStore:
    """Events in a SQLite file, each with a delivery for every trigger that is to get it.

    Usable from any thread. What a call changes is one transaction, on the disk when the call
    returns: a kill at any instruction leaves all of it or nothing. Every method raises StoreError
    where the file cannot be read or written, and then has changed nothing.
    """

    def __init__(
        self, path: Path, route: Callable[[Event], Sequence[str]], clock_ms: Callable[[], int]
    ) -> None:
        """Open the file, which is made where there is none.

        route: returns the names of the triggers that get an event. clock_ms: tells unix time.
        Raises StoreError where the file is damaged or of a newer driftd.
        """
        self._path = path
        self._route = route
        self._clock_ms = clock_ms
        self._lock = threading.Lock()
        self._woken: dict[str, threading.Event] = {}
        self._tables: sqlite3.Connection | None = open_database(path)
        with told(path):
            self._view = read_view(self._tables, EventsView())

    @property
    def view(self) -> EventsView:
        """What is stored, at a look: immutable, and taking it waits for nothing."""
        return self._view

    def put(self, events: Sequence[Event]) -> list[Event]:
        """Store events, and who is to get them; return those whose id was not known."""
        if not events:
            return []
        woken: set[str] = set()
        with self._change() as tables:
            now_ms = self._clock_ms()
            new = []
            for event in events:
                number = insert_event(tables, event, now_ms)
                if number is not None:
                    receivers = self._route(event)
                    send(tables, number, receivers, now_ms)
                    woken.update(receivers)
                    new.append(event)
        for trigger in woken:
            self.wake(trigger)
        return new

    def due(self, trigger: str, now_ms: int) -> Delivery | None:
        """Return the delivery of the oldest event that a trigger may be sent now, None for none."""
        with self._reading() as tables:
            row = tables.execute(
                "SELECT body, attempts, noted_ms FROM deliveries INDEXED BY waiting_by_age "
                "JOIN events ON number = event "
                "WHERE trigger = ? AND state = 'waiting' AND due_ms <= ? ORDER BY event LIMIT 1",
                (trigger, now_ms),
            ).fetchone()
        if row is None:
            return None
        body, attempts, noted_ms = row
        return Delivery(decode_event(body), trigger, attempts, noted_ms)

    def next_due_ms(self, trigger: str) -> int | None:
        """Return when the next delivery of a trigger is due, None where none waits."""
        with self._reading() as tables:
            (due_ms,) = tables.execute(
                "SELECT MIN(due_ms) FROM deliveries WHERE trigger = ? AND state = 'waiting'",
                (trigger,),
            ).fetchone()
        return None if due_ms is None else int(due_ms)

    def wait(self, trigger: str, timeout_s: float) -> None:
        """Wait until a trigger has something new, or is woken, or the time is over.

        What came since the last wait ends this one at once, so nothing is missed between looking
        and waiting. One thread may wait for a trigger.
        """
        woken = self._waking(trigger)
        woken.wait(timeout_s)
        woken.clear()

    def wake(self, trigger: str) -> None:
        """End the wait of a trigger's thread."""
        self._waking(trigger).set()

    def delivered(self, delivery: Delivery) -> None:
        """Note that a trigger took an event."""
        with self._change() as tables:
            settle(tables, delivery, DELIVERED, "")

    def dead(self, delivery: Delivery, problem: str) -> None:
        """Note that an event is given up; problem: why, in words."""
        with self._change() as tables:
            settle(tables, delivery, DEAD, problem)

    def retry(self, delivery: Delivery, at_ms: int, problem: str) -> None:
        """Note that a delivery failed and when it is tried again; problem: why, in words."""
        with self._change() as tables:
            postpone(tables, delivery, at_ms, problem)

    def set_back(self, trigger: str, ms: int) -> None:
        """Let what a trigger is to be sent be due so much sooner, as the clock was set back."""
        with self._change() as tables:
            tables.execute(
                "UPDATE deliveries SET due_ms = due_ms - ? WHERE trigger = ? AND state = 'waiting'",
                (ms, trigger),
            )

    def drop_triggers(self, configured: Collection[str]) -> int:
        """Give up what waits for triggers that are not configured; return how many deliveries.

        The view has the configured ones from now on, also those without an event so far.
        """
        with self._change() as tables:
            given_up = give_up_unconfigured(tables, configured)
            know_triggers(tables, configured)
        return given_up

    def events(
        self,
        model: str | None = None,
        open: bool | None = None,  # as the API calls it
        before: str | None = None,
        most: int = 100,
    ) -> list[Stored]:
        """Return events, the newest first: those of a model, with a cause that goes on or not.

        before: the id of the event that the first one is older than; KeyError where it is unknown.
        """
        with self._reading() as tables:
            values: list[object] = []
            conditions = ["TRUE"]
            if model is not None:
                conditions.append("model = ?")
                values.append(model)
            if open is not None:
                conditions.append(
                    f"cause {'' if open else 'NOT '}IN (SELECT cause FROM open_causes)"
                )
            if before is not None:
                conditions.append("number < ?")
                values.append(number_of(tables, before))
            return read_stored(tables, " AND ".join(conditions), values, most)

    def event(self, id: str) -> Stored | None:
        """Return an event with what became of it, None where it is not known."""
        with self._reading() as tables:
            found = read_stored(tables, "id = ?", (id,), 1)
        return found[0] if found else None

    def end_causes(self, incidents: Collection[str]) -> None:
        """Take causes for over that nobody looks after any more; incidents: their ids."""
        with self._change() as tables:
            tables.executemany(
                "DELETE FROM open_causes WHERE cause = ?", [(each,) for each in incidents]
            )

    def add_result(self, result: Result) -> None:
        """Store what a re-evaluation found; the same once more changes nothing.

        Raises KeyError where its event is not known.
        """
        with self._change() as tables:
            keep_result(tables, result)

    def prune(self, before_ms: int) -> int:
        """Remove events stored before a moment, and their results; return how many.

        What is of a cause that goes on stays, and what waits for delivery. The ids stay known, so
        that what is read again is not told again.
        """
        with self._change() as tables:
            return remove_old(tables, before_ms)

    def close(self) -> None:
        """Close the file; whoever waits is woken, and any further call raises StoreError."""
        with self._lock:
            if self._tables is not None:
                self._tables.close()
                self._tables = None
        for trigger in list(self._woken):
            self.wake(trigger)

    def _waking(self, trigger: str) -> threading.Event:
        return self._woken.setdefault(trigger, threading.Event())  # one step: never two of them

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock, told(self._path):
            if self._tables is None:
                raise StoreError(f"the events in {self._path} are closed, as driftd stops")
            yield self._tables

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        """Do what is inside as one transaction, and renew the view."""
        with self._reading() as tables:
            with transaction(tables):
                yield tables
                view = read_view(tables, self._view)
            self._view = view
