"""Events beside the pipeline: their store, the journal, deliveries, and those of re-tests."""

import threading
import time
from collections.abc import Iterator, Mapping
from datetime import datetime

import structlog

from monitor.clock import wall_clock_ms
from monitor.config import Settings
from monitor.events.build import Teller
from monitor.events.event import Event
from monitor.events.journal import Journal, log_events
from monitor.events.retests import retest_events
from monitor.events.routing import receivers
from monitor.events.store import EventStore
from monitor.retest.result import Run
from monitor.retest.service import RetestService
from monitor.triggers.dispatcher import Dispatcher

log = structlog.get_logger()

STORE = "events.sqlite3"
TICK_S = 0.5
PAUSE_S = 0.05
PRUNE_EVERY_MS = 3_600_000
RECENT_MS = 86_400_000
"""Runs of re-tests that ended longer ago are no news, as after an upgrade."""


class EventService:
    """Stores what happens and has it delivered.

    store: what the API reads; whoever made the service closes it. journal: what the pipeline
    tells; of its thread.
    """

    def __init__(self, settings: Settings, retests: RetestService | None) -> None:
        """Open the store; retests: whose runs are told, None for none.

        Raises StoreError where the store cannot be used.
        """
        subscribed = {name: model.triggers for name, model in settings.models.items()}
        self.store = EventStore(
            settings.state / STORE,
            lambda event: receivers(event, subscribed, settings.triggers),
            wall_clock_ms,
        )
        tellers = {
            name: Teller(name, model.label_topic, settings.base_url)
            for name, model in settings.models.items()
        }
        self.journal = Journal(tellers, self.store.put)
        self._settings = settings
        self._retests = retests
        self._dispatcher = Dispatcher(self.store, settings, wall_clock_ms)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="events", daemon=True)
        self._told: dict[str, Mapping[str, Run]] = {}
        self._prune_ms = 0

    def start(self) -> None:
        """Begin to deliver what waits, also from an earlier process."""
        self._dispatcher.start()
        self._thread.start()

    def let_go(self) -> None:
        """End what the configuration has no more, once it is in force: causes and deliveries.

        Raises StoreError.
        """
        self.store.end_causes(
            [each.data.incident for each in self.store.view.open if self._gone(each)]
        )
        self.store.drop_triggers(self._settings.triggers.keys())

    def stop(self, patience_s: float = 0.0) -> None:
        """Stop delivering; what waits is delivered by the next process.

        patience_s: how long to wait first for what waits, where no process may come next.
        """
        deadline = time.monotonic() + patience_s
        while self._waiting and time.monotonic() < deadline:
            time.sleep(PAUSE_S)
        self._stop.set()
        self._thread.join()
        self._dispatcher.stop()

    def _gone(self, event: Event) -> bool:
        """Tell whether the model or the re-test of an event has left the configuration."""
        model = self._settings.models.get(event.data.model)
        retest = event.data.retest
        return model is None or (retest is not None and retest.retest not in model.retests)

    @property
    def _waiting(self) -> bool:
        """Whether an event is yet to be delivered."""
        return any(each.waiting for each in self.store.view.triggers.values())

    def _loop(self) -> None:
        while not self._stop.is_set():
            try:
                self._look(wall_clock_ms())
            except OSError as error:
                log.error("events_fail", error=str(error))
            self._stop.wait(TICK_S)

    def _look(self, now_ms: int) -> None:
        """Tell of runs that have ended, and forget what is old."""
        if self._retests is not None:
            self._tell_runs(self._retests, now_ms)
        if now_ms >= self._prune_ms:
            self.store.prune(now_ms - self._settings.events.keep)
            self._prune_ms = now_ms + PRUNE_EVERY_MS

    def _tell_runs(self, retests: RetestService, now_ms: int) -> None:
        for model in self._settings.models:
            runs = retests.view(model).runs
            if runs != self._told.get(model):
                log_events(self.store.put(list(self._news(retests, model, now_ms))))
                self._told[model] = runs

    def _news(self, retests: RetestService, model: str, now_ms: int) -> Iterator[Event]:
        failing = {
            each.data.retest.retest: each.data.incident
            for each in self.store.view.open
            if each.data.retest is not None and each.data.model == model
        }
        runs = retests.history.runs(model)
        for event in retest_events(runs, self._settings.base_url, failing):
            assert isinstance(event.time, str), "a run has an end"
            ended_ms = datetime.fromisoformat(event.time).timestamp() * 1000
            if now_ms - ended_ms < RECENT_MS:
                yield event
