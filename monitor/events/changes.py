"""What changes write to the tables of the event store; each is part of one transaction."""

import sqlite3
from collections import Counter
from collections.abc import Collection, Mapping

from msgspec.structs import replace

from monitor.events.event import Event, EventType
from monitor.events.result import Result
from monitor.events.stored import DEAD, RETRIED, WAITING, Delivery
from monitor.events.tables import encode, number_of, read_results

ONE_WAITING = (
    "state = 'waiting' AND trigger = ? AND event = (SELECT number FROM events WHERE id = ?)"
)
GONE = "the trigger is no longer configured"


def insert_event(tables: sqlite3.Connection, event: Event, now_ms: int) -> int | None:
    """Write an event and what it says of its cause; return its number, None where it is known."""
    cause = event.data.incident or event.id
    what = str(event.what)
    inserted = tables.execute(
        "INSERT INTO events (id, model, type, subject, cause, noted_ms, body) "
        "SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE NOT EXISTS (SELECT 1 FROM pruned WHERE id = ?1) "
        "ON CONFLICT DO NOTHING",
        (event.id, event.data.model, what, event.subject, cause, now_ms, encode(event)),
    )
    if not inserted.rowcount:
        return None
    number = inserted.lastrowid
    assert number is not None, "a row was inserted"
    if event.closes:
        tables.execute("DELETE FROM open_causes WHERE cause = ?", (cause,))
    elif event.what is not EventType.REFERENCE_REPLACED:
        tables.execute("INSERT OR REPLACE INTO open_causes VALUES (?, ?)", (cause, number))
    _add_to_totals(tables, "event", {(event.data.model, what): 1})
    return number


def send(tables: sqlite3.Connection, number: int, receivers: Collection[str], now_ms: int) -> None:
    """Let an event wait for the triggers that are to get it, due at once."""
    know_triggers(tables, receivers)
    tables.executemany(
        "INSERT INTO deliveries (event, trigger, state, due_ms) VALUES (?, ?, ?, ?) "
        "ON CONFLICT DO NOTHING",
        [(number, trigger, WAITING, now_ms) for trigger in receivers],
    )


def know_triggers(tables: sqlite3.Connection, names: Collection[str]) -> None:
    """Let the view have these triggers."""
    tables.executemany(
        "INSERT INTO triggers (name) VALUES (?) ON CONFLICT DO NOTHING", [(name,) for name in names]
    )


def settle(tables: sqlite3.Connection, delivery: Delivery, state: str, problem: str) -> None:
    """End a delivery that waits, and count it; one that does not wait is left as it is."""
    settled = tables.execute(
        "UPDATE deliveries SET attempts = attempts + 1, state = ?, problem = ? "
        f"WHERE {ONE_WAITING}",
        (state, problem, delivery.trigger, delivery.event.id),
    )
    if settled.rowcount:
        _count_attempt(tables, delivery.trigger, state, problem)


def postpone(tables: sqlite3.Connection, delivery: Delivery, at_ms: int, problem: str) -> None:
    """Let a delivery that waits wait until a moment, and count the attempt, likewise."""
    retried = tables.execute(
        "UPDATE deliveries SET attempts = attempts + 1, due_ms = ?, problem = ? "
        f"WHERE {ONE_WAITING}",
        (at_ms, problem, delivery.trigger, delivery.event.id),
    )
    if retried.rowcount:
        _count_attempt(tables, delivery.trigger, RETRIED, problem)


def give_up_unconfigured(tables: sqlite3.Connection, configured: Collection[str]) -> int:
    """End what waits for triggers that are not configured, as dead; return how many deliveries."""
    names = [name for (name,) in tables.execute("SELECT name FROM triggers")]
    gone = [name for name in names if name not in configured]
    given_up: Counter[tuple[str, str]] = Counter()
    for name in gone:
        ended = tables.execute(
            "UPDATE deliveries SET state = 'dead', problem = ? "
            "WHERE trigger = ? AND state = 'waiting'",
            (GONE, name),
        )
        given_up[name, DEAD] = ended.rowcount
        tables.execute("DELETE FROM triggers WHERE name = ?", (name,))
    _add_to_totals(tables, "delivery", given_up)
    return given_up.total()


def keep_result(tables: sqlite3.Connection, result: Result) -> None:
    """Write a result, unless its event has the same; KeyError where the event is not known."""
    number = number_of(tables, result.event)
    known = read_results(tables, [number])[number]
    if any(replace(each, received=result.received) == result for each in known):
        return
    body = encode(result)
    tables.execute("INSERT INTO results (event, body) VALUES (?, ?)", (number, body))
    tables.execute(
        "INSERT INTO newest_results VALUES (?, ?) ON CONFLICT DO UPDATE SET body = excluded.body",
        (result.model, body),
    )
    _add_to_totals(tables, "result", {(result.model, str(result.verdict)): 1})


def remove_old(tables: sqlite3.Connection, before_ms: int) -> int:
    """Remove what was noted before a moment, is over and waits for nobody; return how many."""
    tables.execute(
        "INSERT INTO pruned SELECT id FROM events WHERE noted_ms < ? "
        "AND cause NOT IN (SELECT cause FROM open_causes) AND NOT EXISTS "
        "(SELECT 1 FROM deliveries WHERE event = number AND state = 'waiting')",
        (before_ms,),
    )
    return tables.execute("DELETE FROM events WHERE id IN (SELECT id FROM pruned)").rowcount


def _count_attempt(tables: sqlite3.Connection, trigger: str, outcome: str, problem: str) -> None:
    _add_to_totals(tables, "delivery", {(trigger, outcome): 1})
    tables.execute("UPDATE triggers SET problem = ? WHERE name = ?", (problem, trigger))


def _add_to_totals(
    tables: sqlite3.Connection, what: str, counts: Mapping[tuple[str, str], int]
) -> None:
    """Add to counters, such as what="delivery" of (trigger, outcome)."""
    tables.executemany(
        "INSERT INTO totals VALUES (?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET count = count + excluded.count",
        [(what, name, kind, more) for (name, kind), more in counts.items()],
    )
