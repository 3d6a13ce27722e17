"""Re-tests beside the pipeline: the thread that looks after them, and the records they need."""

import threading
import time
from collections.abc import Callable

import structlog

from monitor.config import ModelConfig, Settings
from monitor.config.retests import Data
from monitor.retest.history import History
from monitor.retest.lane import Cause
from monitor.retest.recent import RecentRecords
from monitor.retest.scheduler import Scheduler
from monitor.retest.spawner import WorkerProcess, spawn
from monitor.retest.view import RetestsView
from monitor.view import View

log = structlog.get_logger()

TICK_S = 0.25
SAVE_S = 60.0
"""How often the recent records are stored; what came since a crash is read again or lost."""

SAMPLE = "recent.npz"


class RetestService:
    """Runs the re-tests of the configured models in processes of their own.

    recent: by model, the records that its re-tests on production data begin from; the pipeline
    adds to them. history: what runs found.
    """

    def __init__(
        self, settings: Settings, published: Callable[[], View], clock_ms: Callable[[], int]
    ) -> None:
        """Take up what an earlier process left; published: returns the newest view."""
        self.history = History(settings.state / "retests")
        self.recent = {
            name: RecentRecords(most)
            for name, each in settings.models.items()
            if (most := _records_wanted(each))
        }
        for name, records in self.recent.items():
            records.restore(self.history.model_folder(name) / SAMPLE)
        self._settings = settings
        self._published = published
        self._clock_ms = clock_ms
        models = {name: each for name, each in settings.models.items() if each.retests}
        self._scheduler = Scheduler(models, self.history, clock_ms())
        self._stop = threading.Event()
        self._woken = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="retests", daemon=True)

    def start(self) -> None:
        """Begin to look after everything; what is published by now is no news."""
        self._scheduler.know_pages(self._published())
        self._thread.start()

    def stop(self) -> None:
        """End what runs, and store the recent records; runs that were due are made up later."""
        self._stop.set()
        self._woken.set()
        self._thread.join()
        self._scheduler.cut_off()
        self._save()

    def view(self, model: str) -> RetestsView:
        """Return what is known of a model's re-tests, without waiting for anything."""
        return self._scheduler.view(model)

    def ask(self, model: str, retest: str, cause: Cause = Cause.REQUEST) -> bool:
        """Have a re-test run now; tell whether it will, which it does not while another does.

        Raises KeyError where there is no such model or re-test.
        """
        accepted = self._scheduler.ask(model, retest, cause)
        self._woken.set()
        return accepted

    def _loop(self) -> None:
        save_at = time.monotonic() + SAVE_S
        while not self._stop.is_set():
            try:
                self._scheduler.tick(self._clock_ms(), self._published(), self._spawn)
            except OSError as error:
                log.error("retests_fail", error=str(error))
            if time.monotonic() >= save_at:
                self._save()
                save_at = time.monotonic() + SAVE_S
            self._woken.wait(TICK_S)
            self._woken.clear()

    def _spawn(self, model: str, retest: str, cause: str) -> WorkerProcess:
        records = self.recent.get(model)
        if records is not None:
            records.write(self.history.recent(model))
        return spawn(self._settings, model, retest, cause)

    def _save(self) -> None:
        for name, records in self.recent.items():
            if not records.changed:
                continue
            try:
                records.save(self.history.model_folder(name) / SAMPLE)
            except OSError as error:
                log.error("recent_records_not_stored", model=name, error=str(error))


EDGE_CASES = "edge_cases"
"""The perturbation that looks at production records for odd ones."""


def _records_wanted(model: ModelConfig) -> int:
    """Return how many recent records the model's re-tests begin from at most, 0 for none."""
    return max(
        (
            each.records
            for each in model.retests.values()
            if any(
                requirement.data is Data.PRODUCTION or requirement.perturbation == EDGE_CASES
                for requirement in each.requirements
            )
        ),
        default=0,
    )
