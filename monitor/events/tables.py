"""What the tables of the event store say: the view for metrics and page, and single events."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from monitor.events.event import Event
from monitor.events.result import Result
from monitor.events.stored import DEAD, DELIVERED, RETRIED, DeliveryState, Stored
from monitor.events.view import EventsView, TriggerView

Counts = dict[tuple[str, str], int]
"""By name (of a model or trigger) and kind (type of event, outcome or verdict)."""

EVENTS = msgspec.json.Decoder(Event)
RESULTS = msgspec.json.Decoder(Result)


def read_view(tables: sqlite3.Connection, last: EventsView) -> EventsView:
    """Return the view of all that is stored; what is open in the last one is not decoded again."""
    totals: defaultdict[str, Counts] = defaultdict(dict)
    for what, name, kind, count in tables.execute("SELECT what, name, kind, count FROM totals"):
        totals[what][name, kind] = count
    newest = tables.execute("SELECT model, body FROM newest_results")
    return EventsView(
        counts=totals["event"],
        open=tuple(_open_events(tables, {event.id: event for event in last.open})),
        triggers=_triggers(tables, totals["delivery"]),
        results=totals["result"],
        newest_results={model: decode_result(body) for model, body in newest},
    )


def _open_events(tables: sqlite3.Connection, known: Mapping[str, Event]) -> Iterator[Event]:
    rows = tables.execute(
        "SELECT newest, id FROM open_causes JOIN events ON number = newest ORDER BY newest DESC"
    )
    for number, id_ in rows.fetchall():
        if id_ in known:
            yield known[id_]
        else:
            query = "SELECT body FROM events WHERE number = ?"
            yield decode_event(*tables.execute(query, (number,)).fetchone())


def _triggers(tables: sqlite3.Connection, totals: Counts) -> dict[str, TriggerView]:
    waiting = {
        name: (count, oldest_ms)
        for name, count, oldest_ms in tables.execute(
            "SELECT trigger, waiting, noted_ms FROM events JOIN "
            "(SELECT trigger, COUNT(*) AS waiting, MIN(event) AS oldest FROM deliveries "
            "INDEXED BY waiting_by_age WHERE state = 'waiting' GROUP BY trigger) ON number = oldest"
        )
    }
    return {
        name: TriggerView(
            totals.get((name, DELIVERED), 0),
            totals.get((name, RETRIED), 0),
            totals.get((name, DEAD), 0),
            *waiting.get(name, (0, None)),
            problem,
        )
        for name, problem in tables.execute("SELECT name, problem FROM triggers ORDER BY name")
    }


def read_stored(
    tables: sqlite3.Connection, where: str, values: Sequence[object], most: int
) -> list[Stored]:
    """Return the newest events that meet a condition of SQL, with what became of them."""
    rows = tables.execute(
        "SELECT number, body, noted_ms, EXISTS "
        "(SELECT 1 FROM open_causes WHERE open_causes.cause = events.cause) AS open "
        f"FROM events WHERE {where} ORDER BY number DESC LIMIT ?",
        (*values, most),
    ).fetchall()
    numbers = [number for number, *_ in rows]
    deliveries: defaultdict[int, dict[str, DeliveryState]] = defaultdict(dict)
    for number, trigger, state in _of(
        tables, "event, trigger, state FROM deliveries", "trigger", numbers
    ):
        deliveries[number][trigger] = state
    results = read_results(tables, numbers)
    return [
        Stored(
            event=decode_event(body),
            noted_ms=noted_ms,
            open=bool(open_),
            deliveries=deliveries[number],
            results=tuple(results[number]),
        )
        for number, body, noted_ms, open_ in rows
    ]


def read_results(
    tables: sqlite3.Connection, numbers: Sequence[int]
) -> defaultdict[int, list[Result]]:
    """Return the results of some events by the event's number, the oldest first."""
    results: defaultdict[int, list[Result]] = defaultdict(list)
    for number, body in _of(tables, "event, body FROM results", "number", numbers):
        results[number].append(decode_result(body))
    return results


def _of(
    tables: sqlite3.Connection, what: str, order: str, numbers: Sequence[int]
) -> Iterable[tuple[Any, ...]]:
    marks = ", ".join("?" * len(numbers))
    return tables.execute(f"SELECT {what} WHERE event IN ({marks}) ORDER BY {order}", numbers)


def number_of(tables: sqlite3.Connection, event: str) -> int:
    """Return the number of the event with an id; KeyError where it is not known."""
    row = tables.execute("SELECT number FROM events WHERE id = ?", (event,)).fetchone()
    if row is None:
        raise KeyError(event)
    return int(row[0])


def encode(document: Event | Result) -> bytes:
    """Return an event or a result as JSON."""
    return msgspec.json.encode(document)


def decode_event(body: bytes) -> Event:
    """Return an event from its JSON."""
    return EVENTS.decode(body)


def decode_result(body: bytes) -> Result:
    """Return a result from its JSON."""
    return RESULTS.decode(body)
