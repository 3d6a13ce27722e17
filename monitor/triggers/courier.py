"""The thread of one trigger: takes what is due from the store, delivers it, notes what became."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Protocol

import structlog

from monitor.events.stored import Delivery, StoreError
from monitor.triggers.attempt import Outcome, attempt
from monitor.triggers.loop_threads import new_loop
from monitor.triggers.schedule import next_attempt_ms
from monitor.triggers.trigger import Trigger

log = structlog.get_logger()

LONGEST_WAIT_S = 60.0
"""After which the store is looked at again, as the clock may have been set."""

SET_BACK_MS = 1_000
"""By so much or more a clock was set back that tells less than it did; others are slewed."""

STORE_RETRY_S = 1.0


class Outbox(Protocol):
    """The part of the event store that a courier works on; every method may raise StoreError."""

    def due(self, trigger: str, now_ms: int) -> Delivery | None:
        """Return the oldest delivery that is due."""
        ...

    def next_due_ms(self, trigger: str) -> int | None:
        """Return when the next one is due."""
        ...

    def wait(self, trigger: str, timeout_s: float) -> None:
        """Wait for something new."""
        ...

    def wake(self, trigger: str) -> None:
        """End the wait."""
        ...

    def delivered(self, delivery: Delivery) -> None:
        """Note a delivery."""
        ...

    def retry(self, delivery: Delivery, at_ms: int, problem: str) -> None:
        """Note a failure, and when to try again."""
        ...

    def dead(self, delivery: Delivery, problem: str) -> None:
        """Note that an event is given up."""
        ...

    def set_back(self, trigger: str, ms: int) -> None:
        """Let what waits be due so much sooner."""
        ...


class Courier:
    """Delivers to one trigger, one event at a time, from start() to stop().

    Nothing is lost where it ends at any instruction: what is not noted as delivered is delivered
    again. Events are tried in their order, and one that fails does not hold up the others, so
    they may arrive in another.
    """

    def __init__(
        self,
        name: str,
        trigger: Trigger,
        outbox: Outbox,
        timeout_ms: int,
        give_up_after_ms: int,
        clock_ms: Callable[[], int],
    ) -> None:
        """Take the trigger, where its events wait, its limits, and the wall clock."""
        self._name = name
        self._trigger = trigger
        self._outbox = outbox
        self._timeout_s = timeout_ms / 1000
        self._give_up_after_ms = give_up_after_ms
        self._clock_ms = clock_ms
        self._quiet_until_ms = 0
        self._last_ms = 0
        self._stopping = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._under_way: asyncio.Task[Outcome] | None = None
        self._thread = threading.Thread(target=self._work, name=f"trigger-{name}", daemon=True)

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Take up no further event."""
        self._stopping.set()
        self._outbox.wake(self._name)

    def cancel(self) -> None:
        """End the delivery that is under way; its event is delivered again after a restart."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has been closed by now
                self._loop.call_soon_threadsafe(self._cancel)

    def join(self, timeout_s: float) -> None:
        """Wait until it has ended; a delivery that ignores cancelling is left behind."""
        self._thread.join(timeout_s)

    def _cancel(self) -> None:
        if self._under_way is not None:
            self._under_way.cancel()

    def _work(self) -> None:
        self._loop = loop = new_loop()
        with contextlib.closing(loop):
            while not self._stopping.is_set():
                try:
                    self._step(loop)
                except StoreError as error:
                    log.error("outbox_failed", trigger=self._name, error=str(error))
                    self._stopping.wait(STORE_RETRY_S)
                except Exception:
                    # The thread must not end unseen, as nobody would be told of anything more.
                    log.exception("courier_failed", trigger=self._name)
                    self._stopping.wait(STORE_RETRY_S)

    def _step(self, loop: asyncio.AbstractEventLoop) -> None:
        """Deliver what is due, or wait for it."""
        now_ms = self._now_ms()
        delivery = None
        if now_ms >= self._quiet_until_ms:
            delivery = self._outbox.due(self._name, now_ms)
        if delivery is None:
            self._outbox.wait(self._name, self._time_to_wait_s(now_ms))
            return
        outcome = self._deliver(delivery, loop)
        if outcome is not None:
            self._note(delivery, outcome)

    def _now_ms(self) -> int:
        """Return the time; where the clock was set back, what waits does not wait for it."""
        now_ms = self._clock_ms()
        back_ms = self._last_ms - now_ms
        if back_ms >= SET_BACK_MS:
            self._outbox.set_back(self._name, back_ms)
            self._quiet_until_ms -= back_ms
            log.warning("clock_set_back", trigger=self._name, seconds=back_ms / 1000)
        self._last_ms = now_ms
        return now_ms

    def _time_to_wait_s(self, now_ms: int) -> float:
        due_ms = self._outbox.next_due_ms(self._name)
        if due_ms is None:
            return LONGEST_WAIT_S
        wait_ms = max(due_ms, self._quiet_until_ms) - now_ms
        return min(max(wait_ms / 1000, 0.0), LONGEST_WAIT_S)

    def _deliver(self, delivery: Delivery, loop: asyncio.AbstractEventLoop) -> Outcome | None:
        """Return what came of an attempt, None where it was cancelled."""
        trying = attempt(self._trigger, self._name, delivery.event, self._timeout_s)
        self._under_way = loop.create_task(trying)
        try:
            return loop.run_until_complete(self._under_way)
        except asyncio.CancelledError:
            return None
        finally:
            self._under_way = None

    def _note(self, delivery: Delivery, outcome: Outcome) -> None:
        """Store what came of an attempt; until that is done nothing else is delivered.

        Delivering again what the store cannot take note of would flood the receiver.
        """
        note = self._settlement(delivery, outcome)
        while True:
            try:
                note()
                return
            except StoreError as error:
                log.error("outbox_failed", trigger=self._name, error=str(error))
                if self._stopping.wait(STORE_RETRY_S):
                    return

    def _settlement(self, delivery: Delivery, outcome: Outcome) -> Callable[[], None]:
        told = {"trigger": self._name, "event_id": delivery.event.id}
        if outcome.delivered:
            log.info("event_delivered", **told, answer=outcome.words)
            return lambda: self._outbox.delivered(delivery)
        at_ms = self._next_attempt_ms(delivery, outcome) if outcome.again else None
        if at_ms is None:
            log.error("event_given_up", **told, problem=outcome.words)
            return lambda: self._outbox.dead(delivery, outcome.words)
        if delivery.attempts == 0:
            log.warning("delivery_failed", **told, problem=outcome.words)
        return lambda: self._outbox.retry(delivery, at_ms, outcome.words)

    def _next_attempt_ms(self, delivery: Delivery, outcome: Outcome) -> int | None:
        now_ms = self._clock_ms()
        at_ms = next_attempt_ms(
            delivery.attempts + 1,
            now_ms,
            outcome.after_s,
            delivery.noted_ms,
            self._give_up_after_ms,
        )
        if at_ms is not None and outcome.after_s:
            self._quiet_until_ms = at_ms  # the receiver spoke of all that it gets
        return at_ms
