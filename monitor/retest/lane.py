"""The re-tests of one model: what waits, what runs, and what was found last."""

import threading
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from itertools import takewhile

import structlog

from monitor.config import ModelConfig
from monitor.retest.history import History, started_ms
from monitor.retest.mark_file import MarkFile
from monitor.retest.result import Run, State
from monitor.retest.schedule import TRIES, Mark, Schedule
from monitor.retest.spawner import Worker
from monitor.retest.totals import Totals
from monitor.retest.view import RetestsView
from monitor.retest.worker import BUSY
from monitor.view import View

log = structlog.get_logger()

LONGEST_MS = 12 * 3_600_000
"""After so long a worker is taken to hang, and is ended."""

RETRY_MS = 30_000
"""How long to wait where another process runs a re-test of the model, or none can be begun."""

REFRESH_MS = 5_000
"""How often runs of other processes are looked for."""

MADE_AGAIN = ("alarm", "alert")
"""Causes of runs that, cut off, the next process makes again as nothing else asks for them."""

Spawn = Callable[[str, str, str], Worker]
"""Begins a worker for a model, a re-test and a cause; raises OSError where it cannot."""


class Cause(StrEnum):
    """Why a re-test runs."""

    SCHEDULE = "schedule"
    ALARM = "alarm"
    REQUEST = "request"
    ALERT = "alert"


class Lane:
    """The re-tests of a model, which run one after the other.

    ``ask`` and ``view`` are for any thread, the rest for one. view: what is told to others,
    replaced whole.
    """

    def __init__(self, name: str, config: ModelConfig, history: History, now_ms: int) -> None:
        """Take up what an earlier process left."""
        self._name = name
        self._retests = config.retests
        self._history = history
        self._marks = MarkFile(history.model_folder(name))
        self._waiting: dict[str, Cause] = {}
        self._lock = threading.Lock()
        self._worker: Worker | None = None
        self._running, self._cause = "", Cause.REQUEST
        self._begun_ms = self._retry_ms = self._refresh_ms = 0
        self._pages: dict[tuple[str, str], int] = {}
        self._totals: dict[str, Totals] = {}
        self._counted: set[str] = set()
        self._schedules: dict[str, Schedule] = {}
        self._next_ms: dict[str, int | None] = dict.fromkeys(self._retests)
        for run in history.mend(name):
            self._make_up(run)
        for retest, each in self._retests.items():
            mark = self._marks.take_up(retest, now_ms)
            schedule = Schedule.of(f"{name}/{retest}", each, mark.since)
            if schedule is not None:
                done_ms = self._marks.end(retest) if self._has_ended(retest, mark) else mark.done
                self._schedules[retest] = schedule
                self._next_ms[retest] = schedule.next_ms(done_ms)
        self.view = self._seen()

    @property
    def busy(self) -> bool:
        """Whether a worker runs."""
        return self._worker is not None

    def ask(self, retest: str, cause: Cause) -> bool:
        """Have a re-test run as soon as can be; tell whether it will.

        It will not while another one runs or waits. Raises KeyError where there is none so named.
        """
        if retest not in self._retests:
            raise KeyError(retest)
        with self._lock:
            if self.busy or self._waiting:
                return False
            self._waiting[retest] = cause
            return True

    def know_pages(self, view: View) -> bool:
        """Take what has been paged so far as known; tell whether it is more than before."""
        streams = [each for model in view.models if model.name == self._name
                   for each in model.streams]  # fmt: skip
        pages = {(each.version, each.segment): each.alarm.raised.get("page", 0) for each in streams}
        more = any(count > self._pages.get(key, 0) for key, count in pages.items())
        self._pages = pages
        return more

    def look(self, now_ms: int, view: View) -> None:
        """End what has ended, note what is due or asked for by a page, and tell the progress."""
        if self._worker is not None:
            self._look_after(self._worker, now_ms)
        elif now_ms >= self._refresh_ms:
            self._history.mend(self._name)
            self.view = self._seen()
            self._refresh_ms = now_ms + REFRESH_MS
        for retest, due_ms in self._next_ms.items():
            if due_ms is not None and due_ms <= now_ms and not self._makes_up(retest):
                self._let_wait(retest, Cause.SCHEDULE)
        if self.know_pages(view):
            for retest in self._asked_by_pages(now_ms):
                self._let_wait(retest, Cause.ALARM)

    def begin(self, now_ms: int, spawn: Spawn) -> None:
        """Begin what waits longest, if nothing runs."""
        if self.busy or now_ms < self._retry_ms:
            return
        with self._lock:
            retest = next(iter(self._waiting), None)
            if retest is None:
                return
            cause = self._waiting.pop(retest)
            self._running, self._cause, self._begun_ms = retest, cause, now_ms
            if cause is Cause.SCHEDULE:
                self._marks.begin(retest, now_ms)
            try:
                self._worker = spawn(self._name, retest, cause)
            except OSError as error:
                log.error("retest_not_begun", model=self._name, retest=retest, error=str(error))
                self._wait_again(now_ms)
                return
        log.info("retest_begun", model=self._name, retest=retest, cause=str(cause))

    def cut_off(self) -> None:
        """End the worker; what was due or asked for by an alarm is made in the next process."""
        if self._worker is not None:
            self._worker.end()
            self._worker = None
            if self._cause not in MADE_AGAIN:  # else the next process mends it, and so knows
                self._history.mend(self._name)
            log.info("retest_cut_off", model=self._name, retest=self._running)

    def _look_after(self, worker: Worker, now_ms: int) -> None:
        code = worker.poll()
        if code is None and now_ms - self._begun_ms > LONGEST_MS:
            log.error("retest_hangs", model=self._name, retest=self._running)
            worker.end()
            code = worker.poll()
        if code is None:
            self.view = replace(self.view, running=self._history.running(self._name))
            return
        with self._lock:
            self._worker = None
            if code == BUSY:
                self._wait_again(now_ms)
                return
        self._history.mend(self._name)
        if self._cause is Cause.SCHEDULE:
            done_ms = self._marks.end(self._running)
            self._next_ms[self._running] = self._schedules[self._running].next_ms(done_ms)
        self.view = self._seen()
        told = {}
        last = self.view.runs.get(self._running)
        if last is not None and started_ms(last) >= self._begun_ms:
            told = {"verdict": str(last.verdict), "reason": last.reason, "queries": last.queries}
        log.info("retest_ended", model=self._name, retest=self._running, code=code, **told)

    def _makes_up(self, retest: str) -> bool:
        """Tell whether a run is under way that stands for the re-test's runs that are due."""
        return self.busy and self._running == retest and self._cause is Cause.SCHEDULE

    def _let_wait(self, retest: str, cause: Cause) -> None:
        with self._lock:
            self._waiting.setdefault(retest, cause)

    def _wait_again(self, now_ms: int) -> None:
        """Take back that a run began, for a while; the lock is held."""
        if self._cause is Cause.SCHEDULE:
            self._marks.take_back(self._running)
        self._waiting.setdefault(self._running, self._cause)
        self._retry_ms = now_ms + RETRY_MS

    def _asked_by_pages(self, now_ms: int) -> list[str]:
        """Return the re-tests that a page asks for and that have not run for one of late."""
        last: dict[str, int] = {}
        for run in self._history.runs(self._name):
            if run.cause == Cause.ALARM:
                last.setdefault(run.retest, started_ms(run))
        return [
            retest
            for retest, each in self._retests.items()
            if each.on_alarm is not None
            and (retest not in last or now_ms - last[retest] >= each.on_alarm.cooldown)
        ]

    def _has_ended(self, retest: str, mark: Mark) -> bool:
        """Tell whether the run that a mark says is under way was finished all the same."""
        return mark.begun > 0 and any(
            run.retest == retest
            and run.cause == Cause.SCHEDULE
            and run.state is State.FINISHED
            and started_ms(run) >= mark.begun
            for run in self._history.runs(self._name)
        )

    def _make_up(self, run: Run) -> None:
        """Have a run made again that was cut off, unless that happens ever again."""
        if run.cause not in MADE_AGAIN or run.retest not in self._retests:
            return
        same = (each for each in self._history.runs(self._name) if each.retest == run.retest)
        if len(list(takewhile(lambda each: each.state is State.INTERRUPTED, same))) < TRIES:
            self._let_wait(run.retest, Cause(run.cause))

    def _seen(self) -> RetestsView:
        """Return the view of everything that has ended."""
        runs = self._history.runs(self._name)
        newest: dict[str, Run] = {}
        for run in runs:
            if run.state is State.FINISHED:
                newest.setdefault(run.retest, run)
        for run in reversed(runs):
            if run.state is not State.RUNNING and run.id not in self._counted:
                self._counted.add(run.id)
                self._totals[run.retest] = self._totals.get(run.retest, Totals()).plus(run)
        return RetestsView(
            runs=newest,
            running=next((run for run in runs[:1] if run.state is State.RUNNING), None),
            next_ms=dict(self._next_ms),
            totals=dict(self._totals),
        )
