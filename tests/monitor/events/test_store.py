import sqlite3
import threading
import time

import pytest

from monitor.events.database import LAYOUT
from monitor.events.event import EventType
from monitor.events.result import Judgement
from monitor.events.store import EventStore, StoreError
from monitor.events.view import EventsView, TriggerView
from tests.monitor.events.made import START_MS, a_result, an_event

RAISED, CLEARED = EventType.ALARM_RAISED, EventType.ALARM_CLEARED
LATER = START_MS + 1_000_000


class Clock:
    """Tells the time that it was set to."""

    def __init__(self) -> None:
        self.ms = START_MS

    def __call__(self) -> int:
        return self.ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def opened(tmp_path, clock):
    """Opens the same file once more, after closing it; events go to retrain and audit."""
    stores = []

    def opened(route=lambda _: ["retrain", "audit"]) -> EventStore:
        for store in stores:
            store.close()
        stores.append(EventStore(tmp_path / "events.sqlite3", route, clock))
        return stores[-1]

    yield opened
    for store in stores:
        store.close()


@pytest.fixture
def store(opened) -> EventStore:
    return opened()


def test_an_event_is_new_once(store):
    event, other = an_event(), an_event(number=1)
    assert store.put([event, event]) == [event]
    assert store.put([other, event]) == [other]
    assert [stored.event for stored in store.events()] == [other, event]
    assert store.view.counts == {("credit", "alarm.raised"): 2}


def test_an_event_is_sent_to_each_of_its_triggers_and_to_no_other(opened):
    store = opened(lambda event: ["retrain"] if event.data.model == "credit" else [])
    credit, churn = an_event(), an_event(model="churn")
    store.put([credit, churn])
    assert store.event(credit.id).deliveries == {"retrain": "waiting"}
    assert store.event(churn.id).deliveries == {}
    assert store.due("retrain", LATER).event == credit
    assert store.due("audit", LATER) is None


def test_the_oldest_event_that_is_due_comes_first(store):
    first, second = an_event(), an_event(number=1)
    store.put([first])
    store.put([second])
    delivery = store.due("retrain", LATER)
    assert (delivery.event, delivery.attempts, delivery.noted_ms) == (first, 0, START_MS)
    store.retry(delivery, LATER + 5, "503")
    assert store.due("retrain", LATER).event == second
    assert store.due("retrain", LATER + 5).event == first
    assert store.due("retrain", LATER + 5).attempts == 1
    assert store.due("audit", LATER).event == first


def test_when_the_next_delivery_is_due_is_told(store):
    assert store.next_due_ms("retrain") is None
    store.put([an_event(), an_event(number=1)])
    assert store.next_due_ms("retrain") == START_MS
    for at_ms in (LATER + 9, LATER + 5):
        store.retry(store.due("retrain", LATER), at_ms, "503")
    assert store.next_due_ms("retrain") == LATER + 5


def test_what_was_delivered_or_given_up_is_not_due_again(store):
    event = an_event()
    store.put([event])
    store.delivered(store.due("retrain", LATER))
    store.dead(store.due("audit", LATER), "404")
    assert store.due("retrain", LATER) is store.due("audit", LATER) is None
    assert store.event(event.id).deliveries == {"audit": "dead", "retrain": "delivered"}


def test_the_outcome_of_a_delivery_is_counted_once(store):
    store.put([an_event()])
    delivery = store.due("retrain", LATER)
    store.delivered(delivery)
    store.delivered(delivery)
    store.retry(delivery, LATER, "too late")
    store.dead(delivery, "too late")
    assert store.view.triggers["retrain"] == TriggerView(delivered=1)


def test_the_view_tells_of_every_trigger_what_waits_and_why(store, clock):
    store.put([an_event()])
    clock.ms += 7
    store.put([an_event(number=1)])
    store.retry(store.due("retrain", LATER), LATER, "the receiver answered 503")
    expected = TriggerView(
        retried=1, waiting=2, oldest_ms=START_MS, problem="the receiver answered 503"
    )
    assert store.view.triggers["retrain"] == expected
    store.delivered(store.due("retrain", LATER))
    assert store.view.triggers["retrain"] == TriggerView(1, 1, 0, 1, START_MS + 7, "")


def test_a_cause_is_open_from_its_first_event_until_one_closes_it(store):
    raised = an_event()
    escalated = an_event(EventType.ALARM_ESCALATED, 1, cause=raised.id)
    cleared = an_event(CLEARED, 2, cause=raised.id)
    store.put([raised])
    assert store.view.open == (raised,)
    store.put([escalated])
    assert store.view.open == (escalated,)
    assert [each.open for each in store.events()] == [True, True]
    store.put([cleared])
    assert store.view.open == ()
    assert [each.open for each in store.events()] == [False, False, False]


def test_causes_are_apart(store):
    one, other = an_event(), an_event(number=1)
    store.put([one, other, an_event(CLEARED, 2, cause=one.id)])
    assert store.view.open == (other,)
    assert [each.event for each in store.events(open=True)] == [other]
    assert len(store.events(open=False)) == 2


def test_a_reference_that_is_replaced_is_no_cause(store):
    store.put([an_event(EventType.REFERENCE_REPLACED)])
    assert store.view.open == ()


def test_events_are_listed_by_model_and_in_pages(store):
    credit = [an_event(number=number) for number in range(5)]
    store.put([*credit, an_event(model="churn", number=9)])
    newest_first = credit[::-1]
    page = [each.event for each in store.events("credit", most=3)]
    assert page == newest_first[:3]
    page = [each.event for each in store.events("credit", before=page[-1].id, most=3)]
    assert page == newest_first[3:]
    with pytest.raises(KeyError, match="01UNKNOWN"):
        store.events(before="01UNKNOWN")


def test_a_cause_that_nobody_looks_after_any_more_is_over(store):
    first, second = an_event(), an_event(number=1)
    store.put([first, second])
    store.end_causes([first.data.incident])
    assert [event.id for event in store.view.open] == [second.id]
    assert not store.event(first.id).open


def test_a_result_stays_with_its_event_and_the_newest_with_its_model(store):
    event = an_event()
    store.put([event])
    first = a_result(event, verdict=Judgement.NOTHING_WRONG)
    second = a_result(event, received="2026-01-05T00:40:00Z")
    store.add_result(first)
    store.add_result(second)
    assert store.event(event.id).results == (first, second)
    assert store.view.results == {("credit", "nothing_wrong"): 1, ("credit", "retrain"): 1}
    assert store.view.newest_results == {"credit": second}


def test_a_result_that_is_posted_again_is_one(store):
    event = an_event()
    store.put([event])
    store.add_result(a_result(event))
    store.add_result(a_result(event, received="2026-01-05T00:40:00Z"))
    assert store.event(event.id).results == (a_result(event),)
    assert store.view.results == {("credit", "retrain"): 1}


def test_a_result_of_an_unknown_event_is_refused(store):
    with pytest.raises(KeyError):
        store.add_result(a_result(an_event()))
    assert store.view == EventsView()


def test_everything_is_there_after_a_restart(opened):
    store = opened()
    store.put([an_event(), an_event(number=1, model="churn")])
    store.delivered(store.due("audit", LATER))
    store.retry(store.due("retrain", LATER), LATER, "503")
    store.add_result(a_result(an_event()))
    view, events = store.view, store.events()
    again = opened()
    assert (again.view, again.events()) == (view, events)


def test_old_events_go_and_their_counts_and_ids_stay(store, clock):
    old = an_event()
    cleared = an_event(CLEARED, 1, cause=old.id)
    store.put([old, cleared])
    store.add_result(a_result(old))
    for trigger in ("retrain", "audit"):
        for _ in range(2):
            store.delivered(store.due(trigger, LATER))
    clock.ms += 1000
    new = an_event(EventType.REFERENCE_REPLACED, 2)
    store.put([new])
    view = store.view
    assert store.prune(clock.ms) == 2
    assert [each.event for each in store.events()] == [new]
    assert store.event(old.id) is None
    assert store.view == view
    assert store.put([old, cleared]) == []
    assert store.prune(clock.ms) == 0


def test_what_is_open_or_waits_is_kept_however_old(store):
    open_ = an_event()
    waits = an_event(EventType.REFERENCE_REPLACED, 1)
    store.put([open_, waits])
    for _ in range(2):
        store.delivered(store.due("retrain", LATER))
    store.delivered(store.due("audit", LATER))
    assert store.prune(LATER) == 0
    store.delivered(store.due("audit", LATER))
    assert store.prune(LATER) == 1
    assert [each.event for each in store.events()] == [open_]


def test_what_waits_for_a_trigger_that_is_gone_is_given_up(store):
    event = an_event()
    store.put([event])
    assert store.drop_triggers(["retrain", "pager"]) == 1
    assert store.event(event.id).deliveries == {"audit": "dead", "retrain": "waiting"}
    assert set(store.view.triggers) == {"retrain", "pager"}
    assert store.view.triggers["pager"] == TriggerView()
    assert store.drop_triggers(["retrain", "pager"]) == 0


def test_a_wait_ends_when_an_event_comes(store):
    waits = threading.Thread(target=store.wait, args=("retrain", 30))
    waits.start()
    store.put([an_event()])
    waits.join(5)
    assert not waits.is_alive()


def test_what_came_before_the_wait_ends_it_and_only_once(store):
    store.put([an_event()])
    store.wait("retrain", 30)
    began = time.monotonic()
    store.wait("retrain", 0.05)
    assert time.monotonic() - began >= 0.04


def test_closing_wakes_who_waits_and_refuses_what_comes_after(store):
    waits = threading.Thread(target=store.wait, args=("retrain", 30))
    waits.start()
    while not store._woken:
        time.sleep(0.001)
    store.close()
    waits.join(5)
    assert not waits.is_alive()
    with pytest.raises(StoreError, match="closed, as driftd stops"):
        store.put([an_event()])
    store.close()


def test_a_damaged_file_is_refused_with_the_mend(opened, tmp_path):
    file = tmp_path / "events.sqlite3"
    store = opened()
    store.put([an_event(number=number) for number in range(200)])
    store.close()
    content = bytearray(file.read_bytes())
    content[4096 * 3 : 4096 * 9] = bytes(4096 * 6)
    file.write_bytes(content)
    with pytest.raises(StoreError, match=r"events\.sqlite3 are damaged: .*move it away"):
        opened()
    file.write_bytes(b"this is no database, and never was one" * 1000)
    with pytest.raises(StoreError, match=r"damaged: file is not a database"):
        opened()


def test_a_file_of_a_newer_driftd_is_refused_with_the_mend(opened, tmp_path):
    opened().close()
    with sqlite3.connect(tmp_path / "events.sqlite3") as file:
        file.execute(f"PRAGMA user_version = {LAYOUT + 1}")
    file.close()
    with pytest.raises(StoreError, match=f"layout {LAYOUT + 1}, this one knows {LAYOUT}"):
        opened()


def test_a_file_that_cannot_be_made_is_told(tmp_path, clock):
    with pytest.raises(StoreError, match="cannot be read or written: unable to open"):
        EventStore(tmp_path / "nowhere" / "events.sqlite3", lambda _: [], clock)


def test_a_full_disk_changes_nothing_and_is_told(store):
    store.put([an_event()])
    view = store.view
    (pages,) = store._tables.execute("PRAGMA page_count").fetchone()
    store._tables.execute(f"PRAGMA max_page_count = {pages}")  # as a full disk would answer
    many = [an_event(number=number) for number in range(1, 200)]
    with pytest.raises(StoreError, match="disk is full"):
        store.put(many)
    assert store.view == view
    assert len(store.events()) == 1
    store._tables.execute("PRAGMA max_page_count = 100000")
    assert store.put(many) == many
