import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from monitor.events.store import EventStore
from tests.monitor.events.made import START_MS, an_event

TRIGGERS = ("retrain", "audit")
EVENTS = 100


def test_threads_that_put_deliver_and_read_at_once_get_each_event_once(tmp_path):
    store = EventStore(tmp_path / "events.sqlite3", lambda _: TRIGGERS, lambda: START_MS)
    events = [an_event(number=number, model=f"model_{number % 3}") for number in range(EVENTS)]
    new: list[str] = []
    taken: Counter = Counter()
    done = threading.Event()

    def put(step: int) -> None:
        # Each of the four threads puts all of them, in an order of its own.
        for place in range(EVENTS):
            new.extend(event.id for event in store.put([events[place * step % EVENTS]]))

    def deliver(trigger: str) -> None:
        while sum(count for (name, _), count in taken.items() if name == trigger) < EVENTS:
            delivery = store.due(trigger, START_MS)
            if delivery is None:
                store.wait(trigger, 5)
                continue
            store.delivered(delivery)
            taken[trigger, delivery.event.id] += 1

    def read() -> None:
        while not done.is_set():
            view, listed = store.view, store.events(most=EVENTS)
            assert sum(view.counts.values()) <= EVENTS
            assert len(listed) == len({each.event.id for each in listed})
            assert all(set(each.deliveries) == set(TRIGGERS) for each in listed)

    with ThreadPoolExecutor(8) as threads:
        readers = [threads.submit(read) for _ in range(2)]
        workers = [threads.submit(put, step) for step in (1, 3, 7, 9)]
        workers += [threads.submit(deliver, trigger) for trigger in TRIGGERS]
        for each in workers:
            each.result(60)
        done.set()
        for each in readers:
            each.result(60)

    assert sorted(new) == sorted(event.id for event in events)
    assert taken == {(trigger, event.id): 1 for trigger in TRIGGERS for event in events}
    assert sum(store.view.counts.values()) == EVENTS
    assert all(each.waiting == 0 for each in store.view.triggers.values())
    store.close()


def test_taking_the_view_waits_for_no_transaction(tmp_path):
    inside, go_on = threading.Event(), threading.Event()

    def route(_):
        inside.set()
        go_on.wait(30)
        return []

    store = EventStore(tmp_path / "events.sqlite3", route, lambda: START_MS)
    with ThreadPoolExecutor(1) as threads:
        put = threads.submit(store.put, [an_event()])
        inside.wait(30)
        began = time.monotonic()
        assert store.view.counts == {}
        assert time.monotonic() - began < 1
        go_on.set()
        put.result(30)
    assert store.view.counts == {("credit", "alarm.raised"): 1}
    store.close()
