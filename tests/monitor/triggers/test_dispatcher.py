"""Events are delivered at least once, and no receiver holds up anything but itself."""

import threading
import time

import pytest

from monitor.events.event import Event
from monitor.events.store import EventStore, StoreError
from monitor.triggers import courier, schedule
from monitor.triggers.dispatcher import Dispatcher
from tests.monitor.config.files import settings_with
from tests.monitor.triggers.events import SECRET, event, settings_of, webhook
from tests.monitor.triggers.outbox import dispatching, now_ms, open_store
from tests.parts.receiver import Receiver, Reply, receiving, wait_until


@pytest.fixture
def impatient(monkeypatch):
    """Waits of a hundredth of what they are."""
    wait = schedule.backoff_s
    monkeypatch.setattr(schedule, "backoff_s", lambda failures: wait(failures) / 100)


def states(store: EventStore, number: int = 1) -> dict[str, str]:
    stored = store.event(event(number).id)
    assert stored is not None
    return dict(stored.deliveries)


def test_what_is_stored_is_delivered_at_once_and_once(tmp_path):
    with receiving() as receiver:
        settings = settings_of(tmp_path, webhook(receiver.url))
        with open_store(settings) as store, dispatching(store, settings):
            time.sleep(0.1)  # it waits for something by now
            began = time.monotonic()
            store.put([event(1)])
            receiver.wait_for(1)
            took_s = time.monotonic() - began
            store.put([event(1), event(2)])
            wait_until(lambda: store.view.triggers["retrain"].delivered == 2)
        assert receiver.ids == [event(1).id, event(2).id]
        assert took_s < 2
    view = store.view.triggers["retrain"]
    assert (view.delivered, view.retried, view.dead, view.waiting) == (2, 0, 0, 0)


def test_events_go_out_in_their_order(tmp_path):
    with receiving() as receiver:
        settings = settings_of(tmp_path, webhook(receiver.url))
        with open_store(settings) as store:
            store.put([event(number) for number in range(20)])
            with dispatching(store, settings):
                receiver.wait_for(20)
    assert receiver.ids == [event(number).id for number in range(20)]


@pytest.mark.usefixtures("impatient")
def test_a_failing_receiver_gets_it_again_until_it_takes_it(tmp_path):
    with receiving(Reply(503)) as receiver:
        settings = settings_of(tmp_path, webhook(receiver.url))
        with open_store(settings) as store, dispatching(store, settings):
            store.put([event()])
            receiver.wait_for(3)
            assert states(store) == {"retrain": "waiting"}
            assert store.view.triggers["retrain"].problem == "the receiver answered 503"
            receiver.reply = Reply(200)
            wait_until(lambda: states(store) == {"retrain": "delivered"})
            view = store.view.triggers["retrain"]
    assert set(receiver.ids) == {event().id}
    assert (view.delivered, view.retried, view.problem) == (1, len(receiver.ids) - 1, "")


@pytest.mark.parametrize("status", [302, 404])
def test_what_a_receiver_refuses_is_given_up_at_once(tmp_path, status):
    with receiving(Reply(status)) as receiver:
        settings = settings_of(tmp_path, webhook(receiver.url))
        with open_store(settings) as store, dispatching(store, settings):
            store.put([event()])
            wait_until(lambda: states(store) == {"retrain": "dead"})
            view = store.view.triggers["retrain"]
    assert (len(receiver.requests), view.dead, view.retried) == (1, 1, 0)
    assert str(status) in view.problem


@pytest.mark.usefixtures("impatient")
def test_what_cannot_be_delivered_is_given_up_after_the_stated_time(tmp_path):
    with receiving(Reply(500)) as receiver:
        settings = settings_of(tmp_path, webhook(receiver.url, give_up_after="400ms"))
        with open_store(settings) as store, dispatching(store, settings):
            began = time.monotonic()
            store.put([event()])
            wait_until(lambda: states(store) == {"retrain": "dead"})
            took_s = time.monotonic() - began
    assert took_s >= 0.4
    assert len(receiver.requests) >= 2


def test_an_event_that_fails_does_not_hold_up_the_next(tmp_path):
    poison = event(1).id
    with receiving(lambda got: Reply(500 if got.event.id == poison else 200)) as receiver:
        settings = settings_of(tmp_path, webhook(receiver.url))
        with open_store(settings) as store, dispatching(store, settings):
            store.put([event(1), event(2)])
            wait_until(lambda: states(store, 2) == {"retrain": "delivered"})
            assert states(store, 1) == {"retrain": "waiting"}


@pytest.mark.usefixtures("impatient")
def test_a_receiver_that_asks_for_a_pause_gets_nothing_meanwhile(tmp_path):
    with receiving(Reply(429, headers={"Retry-After": "1"})) as receiver:
        settings = settings_of(tmp_path, webhook(receiver.url))
        with open_store(settings) as store, dispatching(store, settings):
            store.put([event(1), event(2)])
            receiver.wait_for(1)
            asked = time.monotonic()
            receiver.reply = Reply(200)
            receiver.wait_for(2)
            waited_s = time.monotonic() - asked
            receiver.wait_for(3)
    assert 0.8 <= waited_s < 4
    assert sorted(receiver.ids[1:]) == sorted([event(1).id, event(2).id])


def test_a_receiver_that_hangs_holds_up_neither_others_nor_who_stores(tmp_path):
    (tmp_path / "secret").write_text(SECRET)
    with receiving(Reply(wait_s=3)) as slow, receiving() as quick:
        settings = settings_with(
            tmp_path,
            {
                "triggers": {
                    "slow": webhook(slow.url, timeout="60s"),
                    "quick": webhook(quick.url),
                },
                "models.credit.triggers": ["slow", "quick"],
            },
        )
        with open_store(settings) as store, dispatching(store, settings):
            store.put([event(0)])
            slow.wait_for(1)
            began = time.monotonic()
            for number in range(1, 20):
                store.put([event(number)])
            stored_s = time.monotonic() - began
            quick.wait_for(20, seconds=3)
            assert len(slow.requests) == 1
            assert store.view.triggers["slow"].waiting == 20
    assert stored_s < 1.5


def test_stopping_takes_less_than_two_seconds_however_a_receiver_hangs(tmp_path):
    with receiving(Reply(wait_s=5)) as receiver:
        settings = settings_of(tmp_path, webhook(receiver.url, timeout="60s"))
        with open_store(settings) as store:
            dispatcher = Dispatcher(store, settings, now_ms)
            dispatcher.start()
            store.put([event()])
            receiver.wait_for(1)
            began = time.monotonic()
            dispatcher.stop()
            took_s = time.monotonic() - began
            assert states(store) == {"retrain": "waiting"}
        assert took_s < 2.2  # a fifth for this machine's own delays
    assert not [each for each in threading.enumerate() if each.name == "trigger-retrain"]


def test_a_receiver_that_cannot_be_cancelled_is_left_behind_and_does_no_harm_later(
    tmp_path, monkeypatch
):
    class Blocking:
        async def deliver(self, told: Event) -> str:
            begun.set()
            time.sleep(2.5)  # as a receiver must not do
            return told.id

    begun = threading.Event()
    monkeypatch.setattr("monitor.triggers.dispatcher.make_trigger", lambda *_: Blocking())
    settings = settings_of(tmp_path, webhook("http://127.0.0.1:1"))
    with open_store(settings) as store:
        dispatcher = Dispatcher(store, settings, now_ms)
        dispatcher.start()
        store.put([event()])
        assert begun.wait(5)
        began = time.monotonic()
        dispatcher.stop()
        assert time.monotonic() - began < 2.2
    wait_until(lambda: "trigger-retrain" not in {each.name for each in threading.enumerate()})
    with open_store(settings) as store:
        assert states(store) == {"retrain": "waiting"}


def test_stopping_lets_a_delivery_that_is_under_way_end_well(tmp_path):
    with receiving(Reply(wait_s=0.5)) as receiver:
        settings = settings_of(tmp_path, webhook(receiver.url))
        with open_store(settings) as store:
            with dispatching(store, settings):
                store.put([event()])
                receiver.wait_for(1)
            assert states(store) == {"retrain": "delivered"}


def test_what_waits_at_the_end_is_delivered_by_the_next_dispatcher(tmp_path):
    receiver = Receiver(Reply(503))
    receiver.start()
    settings = settings_of(tmp_path, webhook(receiver.url))
    with open_store(settings) as store, dispatching(store, settings):
        store.put([event(1), event(2)])
        receiver.wait_for(2)
    receiver.reply = Reply(200)
    with open_store(settings) as store, dispatching(store, settings):
        wait_until(lambda: store.view.triggers["retrain"].delivered == 2)
    receiver.stop()


def test_a_store_that_cannot_take_note_is_asked_again_and_the_receiver_is_not(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(courier, "STORE_RETRY_S", 0.05)
    with receiving() as receiver:
        settings = settings_of(tmp_path, webhook(receiver.url))
        with open_store(settings) as store:
            take_note, failures = store.delivered, iter(range(3))

            def fail_at_first(delivery):
                if next(failures, None) is not None:
                    raise StoreError("the disk is full")
                take_note(delivery)

            monkeypatch.setattr(store, "delivered", fail_at_first)
            with dispatching(store, settings):
                store.put([event()])
                wait_until(lambda: states(store) == {"retrain": "delivered"})
    assert receiver.ids == [event().id]


def test_a_clock_that_is_set_back_by_an_hour_holds_nothing_up(tmp_path):
    ahead_ms = [3_600_000]
    with receiving(Reply(503)) as receiver:
        settings = settings_of(tmp_path, webhook(receiver.url))
        with open_store(settings) as store:
            dispatcher = Dispatcher(store, settings, lambda: now_ms() + ahead_ms[0])
            dispatcher.start()
            store.put([event()])
            wait_until(lambda: store.view.triggers["retrain"].retried == 1)
            ahead_ms[0] = 0
            receiver.reply = Reply(200)
            wait_until(lambda: store.view.triggers["retrain"].delivered == 1)
            dispatcher.stop()
    assert receiver.ids == [event().id] * 2
