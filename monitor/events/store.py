"""The store of events: their history, and the outbox from which triggers deliver them."""

import sqlite3
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec.structs import replace

from monitor.events.database import open_database, told, transaction
from monitor.events.event import PREFIX, Event, EventType
from monitor.events.result import Result
from monitor.events.stored import (
    DEAD,
    DELIVERED,
    RETRIED,
    WAITING,
    Delivery,
    Stored,
    StoreError,
)
from monitor.events.tables import (
    add_to_totals,
    decode_event,
    encode,
    read_results,
    read_stored,
    read_view,
)
from monitor.view import EventsView

__all__ = ["Delivery", "EventStore", "StoreError", "Stored"]

GONE = "the trigger is no longer configured"


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
        self._woken: defaultdict[str, threading.Event] = defaultdict(threading.Event)
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
                number = _insert(tables, event, now_ms)
                if number is not None:
                    receivers = self._route(event)
                    _send(tables, number, receivers, now_ms)
                    woken.update(receivers)
                    new.append(event)
            told_of = Counter((event.data.model, str(event.what)) for event in new)
            add_to_totals(tables, "event", told_of)
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
        woken = self._woken[trigger]
        woken.wait(timeout_s)
        woken.clear()

    def wake(self, trigger: str) -> None:
        """End the wait of a trigger's thread."""
        self._woken[trigger].set()

    def delivered(self, delivery: Delivery) -> None:
        """Note that a trigger took an event."""
        self._settle(delivery, DELIVERED, "")

    def dead(self, delivery: Delivery, problem: str) -> None:
        """Note that an event is given up; problem: why, in words."""
        self._settle(delivery, DEAD, problem)

    def retry(self, delivery: Delivery, at_ms: int, problem: str) -> None:
        """Note that a delivery failed and when it is tried again; problem: why, in words."""
        with self._change() as tables:
            retried = tables.execute(
                "UPDATE deliveries SET attempts = attempts + 1, due_ms = ?, problem = ? "
                f"WHERE {ONE_WAITING}",
                (at_ms, problem, delivery.trigger, delivery.event.id),
            )
            if retried.rowcount:
                _count_attempt(tables, delivery.trigger, RETRIED, problem)

    def _settle(self, delivery: Delivery, state: str, problem: str) -> None:
        with self._change() as tables:
            settled = tables.execute(
                "UPDATE deliveries SET attempts = attempts + 1, state = ?, problem = ? "
                f"WHERE {ONE_WAITING}",
                (state, problem, delivery.trigger, delivery.event.id),
            )
            if settled.rowcount:
                _count_attempt(tables, delivery.trigger, state, problem)

    def drop_triggers(self, configured: Collection[str]) -> int:
        """Give up what waits for triggers that are not configured; return how many deliveries.

        The view has the configured ones from now on, also those without an event so far.
        """
        with self._change() as tables:
            waiting = tables.execute(
                "SELECT trigger, COUNT(*) FROM deliveries WHERE state = 'waiting' GROUP BY trigger"
            )
            gone = {name: many for name, many in waiting.fetchall() if name not in configured}
            tables.executemany(
                "UPDATE deliveries SET state = 'dead', problem = ? "
                "WHERE trigger = ? AND state = 'waiting'",
                [(GONE, name) for name in gone],
            )
            add_to_totals(tables, "delivery", {(name, DEAD): many for name, many in gone.items()})
            known = [name for (name,) in tables.execute("SELECT name FROM triggers")]
            tables.executemany(
                "DELETE FROM triggers WHERE name = ?",
                [(name,) for name in known if name not in configured],
            )
            _know_triggers(tables, configured)
        return sum(gone.values())

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
                values.append(_number(tables, before))
            return read_stored(tables, " AND ".join(conditions), values, most)

    def event(self, id: str) -> Stored | None:
        """Return an event with what became of it, None where it is not known."""
        with self._reading() as tables:
            found = read_stored(tables, "id = ?", (id,), 1)
        return found[0] if found else None

    def newest(
        self, model: str, types: Collection[str], subject: str | None = None
    ) -> Event | None:
        """Return the newest event of a model and one of some types, None where there is none.

        types: as EventType has them, or whole.
        """
        marks = ", ".join("?" * len(types))
        about = "" if subject is None else "AND subject = ? "
        values = [model, *(each.removeprefix(PREFIX) for each in types)]
        with self._reading() as tables:
            row = tables.execute(
                f"SELECT body FROM events WHERE model = ? AND type IN ({marks}) {about}"
                "ORDER BY number DESC LIMIT 1",
                values if subject is None else [*values, subject],
            ).fetchone()
        return None if row is None else decode_event(row[0])

    def add_result(self, result: Result) -> None:
        """Store what a re-evaluation found; the same once more changes nothing.

        Raises KeyError where its event is not known.
        """
        with self._change() as tables:
            number = _number(tables, result.event)
            known = read_results(tables, [number])[number]
            if any(replace(each, received=result.received) == result for each in known):
                return
            body = encode(result)
            tables.execute("INSERT INTO results (event, body) VALUES (?, ?)", (number, body))
            tables.execute(
                "INSERT INTO newest_results VALUES (?, ?) "
                "ON CONFLICT DO UPDATE SET body = excluded.body",
                (result.model, body),
            )
            add_to_totals(tables, "result", {(result.model, str(result.verdict)): 1})

    def prune(self, before_ms: int) -> int:
        """Remove events stored before a moment, and their results; return how many.

        What is of a cause that goes on stays, and what waits for delivery. The ids stay known, so
        that what is read again is not told again.
        """
        with self._change() as tables:
            tables.execute(
                "INSERT INTO pruned SELECT id FROM events WHERE noted_ms < ? "
                "AND cause NOT IN (SELECT cause FROM open_causes) AND NOT EXISTS "
                "(SELECT 1 FROM deliveries WHERE event = number AND state = 'waiting')",
                (before_ms,),
            )
            removed = tables.execute("DELETE FROM events WHERE id IN (SELECT id FROM pruned)")
            return removed.rowcount

    def close(self) -> None:
        """Close the file; whoever waits is woken, and any further call raises StoreError."""
        with self._lock:
            if self._tables is not None:
                self._tables.close()
                self._tables = None
        for trigger in list(self._woken):
            self.wake(trigger)

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


ONE_WAITING = (
    "state = 'waiting' AND trigger = ? AND event = (SELECT number FROM events WHERE id = ?)"
)


def _insert(tables: sqlite3.Connection, event: Event, now_ms: int) -> int | None:
    """Store an event and what it says of its cause; return its number, None where it is known."""
    cause = event.data.incident or event.id
    inserted = tables.execute(
        "INSERT INTO events (id, model, type, subject, cause, noted_ms, body) "
        "SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE NOT EXISTS (SELECT 1 FROM pruned WHERE id = ?1) "
        "ON CONFLICT DO NOTHING",
        (
            event.id,
            event.data.model,
            str(event.what),
            event.subject,
            cause,
            now_ms,
            encode(event),
        ),
    )
    if not inserted.rowcount:
        return None
    number = inserted.lastrowid
    assert number is not None, "a row was inserted"
    if event.closes:
        tables.execute("DELETE FROM open_causes WHERE cause = ?", (cause,))
    elif event.what is not EventType.REFERENCE_REPLACED:
        tables.execute("INSERT OR REPLACE INTO open_causes VALUES (?, ?)", (cause, number))
    return number


def _send(tables: sqlite3.Connection, number: int, receivers: Collection[str], now_ms: int) -> None:
    _know_triggers(tables, receivers)
    tables.executemany(
        "INSERT INTO deliveries (event, trigger, state, due_ms) VALUES (?, ?, ?, ?) "
        "ON CONFLICT DO NOTHING",
        [(number, trigger, WAITING, now_ms) for trigger in receivers],
    )


def _know_triggers(tables: sqlite3.Connection, names: Collection[str]) -> None:
    tables.executemany(
        "INSERT INTO triggers (name) VALUES (?) ON CONFLICT DO NOTHING", [(name,) for name in names]
    )


def _count_attempt(tables: sqlite3.Connection, trigger: str, outcome: str, problem: str) -> None:
    add_to_totals(tables, "delivery", {(trigger, outcome): 1})
    tables.execute("UPDATE triggers SET problem = ? WHERE name = ?", (problem, trigger))


def _number(tables: sqlite3.Connection, event: str) -> int:
    row = tables.execute("SELECT number FROM events WHERE id = ?", (event,)).fetchone()
    if row is None:
        raise KeyError(event)
    return int(row[0])
