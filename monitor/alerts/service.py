"""Alerts beside the pipeline: takes notifications, and carries out what they ask for."""

import threading
from collections.abc import Callable
from pathlib import Path

import structlog
from msgspec.structs import replace

from monitor.alerts.ledger import Action, ActionState, Ledger
from monitor.alerts.notification import Alert, AlertAnswer, AlertAnswers, Notification, Outcome
from monitor.alerts.rules import REBUILD, action_of, matching, refusal
from monitor.config import Settings
from monitor.config.durations import format_duration
from monitor.http.meters import Meters
from monitor.plain_values import plain_time
from monitor.reference.rebuild import Rebuild
from monitor.retest.history import started_ms
from monitor.retest.lane import Cause
from monitor.retest.service import RetestService

log = structlog.get_logger()

TICK_S = 0.5
TRIES = 3
"""How often a rebuild is begun that a crash of the daemon cuts off, before it is given up."""

LONGEST_MS = 12 * 3_600_000
"""After so long a rebuild is taken to hang, and is ended."""

LEDGER = "alerts.json"
SAID = "rebuild.log"


class AlertService:
    """Starts what alerts ask for, each once, be the daemon restarted in between.

    ``receive`` and ``actions`` are for any thread; a thread of its own carries actions out, one
    rebuild at a time.
    """

    def __init__(
        self,
        settings: Settings,
        config: Path,
        retests: RetestService,
        reload: Callable[[], object],
        meters: Meters,
        clock_ms: Callable[[], int],
    ) -> None:
        """Read what was started before.

        config: the file of the configuration. reload: asks to read that and the references again,
        without waiting. Raises LedgerError where what is stored is damaged.
        """
        self._settings = settings
        self._config = config
        self._retests = retests
        self._reload = reload
        self._meters = meters
        self._clock_ms = clock_ms
        self._ledger = Ledger(settings.state / LEDGER)
        self._receiving = threading.Lock()
        self._asked_ms: dict[str, int] = {}
        self._rebuild: tuple[Action, Rebuild] | None = None
        self._stop = threading.Event()
        self._woken = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="alerts", daemon=True)

    def start(self) -> None:
        """Begin to carry out what waits."""
        self._thread.start()

    def stop(self) -> None:
        """End what runs; the next process begins it again."""
        self._stop.set()
        self._woken.set()
        self._thread.join()
        if self._rebuild is not None:
            action, rebuild = self._rebuild
            rebuild.end()
            self._put(replace(action, state=ActionState.WAITING, tries=action.tries - 1))

    def receive(self, notification: Notification) -> AlertAnswers:
        """Note what the alerts ask for, and say what each led to.

        Raises OSError where that cannot be stored: nothing is started then.
        """
        with self._receiving:
            answers = [self._receive(alert) for alert in notification.alerts]
        self._woken.set()
        return AlertAnswers(answers)

    def actions(self) -> list[Action]:
        """Return the actions that alerts started, the newest first."""
        return self._ledger.all()[::-1]

    def _receive(self, alert: Alert) -> AlertAnswer:
        rule = matching(alert, self._settings)
        wrong = refusal(alert, rule, self._settings)
        if wrong is not None or rule is None:
            outcome, words = wrong or (Outcome.UNMATCHED, "")
            return _answer(alert, "", outcome, words)
        now_ms = self._clock_ms()
        action = action_of(alert, rule, now_ms)
        before = self._ledger.find(alert.key)
        if before is not None:
            told = f"it started {before.action} at {plain_time(before.noted)}"
            return _answer(alert, action.action, Outcome.ACTED_BEFORE, told)
        last = self._ledger.last(action.model, action.action)
        if last is not None and now_ms - last.noted < rule.cooldown:
            told = (
                f"the last was started at {plain_time(last.noted)}, and the cooldown is "
                f"{format_duration(rule.cooldown)}"
            )
            return _answer(alert, action.action, Outcome.COOLING_DOWN, told)
        self._ledger.put(action)
        log.info("alert_taken", alert=alert.name, model=action.model, action=action.action)
        return _answer(alert, action.action, Outcome.STARTED, "")

    def _loop(self) -> None:
        while not self._stop.is_set():
            try:
                self._tick(self._clock_ms())
            except OSError as error:
                log.error("alerts_fail", error=str(error))
            self._woken.wait(TICK_S)
            self._woken.clear()

    def _tick(self, now_ms: int) -> None:
        if self._rebuild is not None:
            self._look_after(*self._rebuild, now_ms)
        for action in self._ledger.all():
            if action.ended:
                continue
            if action.action != REBUILD:
                self._run_retest(action, now_ms)
            elif self._rebuild is None:
                self._begin_rebuild(action, now_ms)

    def _run_retest(self, action: Action, now_ms: int) -> None:
        """Ask for a re-test until it runs; once it has begun, its history answers for it."""
        if action.state is ActionState.BEGUN and self._has_run(action):
            self._end(action, "")
            return
        if action.alert not in self._asked_ms:
            try:
                accepted = self._retests.ask(action.model, action.action, Cause.ALERT)
            except KeyError:
                self._end(action, "it is no longer configured")
                return
            if not accepted:
                return
            self._asked_ms[action.alert] = now_ms
        elif action.state is ActionState.BEGUN:
            return
        begun_ms = self._asked_ms[action.alert]
        self._ledger.put(replace(action, state=ActionState.BEGUN, begun=begun_ms))

    def _has_run(self, action: Action) -> bool:
        return any(
            run.retest == action.action
            and run.cause == Cause.ALERT
            and started_ms(run) >= action.begun
            for run in self._retests.history.runs(action.model)
        )

    def _begin_rebuild(self, action: Action, now_ms: int) -> None:
        model = self._settings.models.get(action.model)
        if model is None or model.rebuild_from is None:
            self._end(action, "it is no longer configured")
            return
        if action.tries >= TRIES:
            self._end(action, f"the daemon ended {TRIES} times before it had ended")
            return
        tried = replace(action, state=ActionState.BEGUN, begun=now_ms, tries=action.tries + 1)
        self._ledger.put(tried)
        said = self._settings.state / SAID
        self._rebuild = tried, Rebuild(self._config, action.model, model, said)
        log.info("rebuild_begun", model=action.model, alert=action.alertname)

    def _look_after(self, action: Action, rebuild: Rebuild, now_ms: int) -> None:
        problem = rebuild.poll()
        if problem is None and now_ms - action.begun > LONGEST_MS:
            rebuild.end()
            problem = f"it took longer than {format_duration(LONGEST_MS)}"
        if problem is None:
            return
        self._rebuild = None
        if not problem:
            self._reload()
        self._end(action, problem)

    def _end(self, action: Action, problem: str) -> None:
        state = ActionState.FAILED if problem else ActionState.DONE
        self._ledger.put(replace(action, state=state, problem=problem))
        kind = REBUILD if action.action == REBUILD else "retest"
        self._meters.alert_action_ended(kind, not problem)
        told = {"model": action.model, "action": action.action, "alert": action.alertname}
        if problem:
            log.error("alert_action_failed", **told, problem=problem)
        else:
            log.info("alert_action_done", **told)

    def _put(self, action: Action) -> None:
        try:
            self._ledger.put(action)
        except OSError as error:
            log.error("alerts_fail", error=str(error))


def _answer(alert: Alert, action: str, outcome: Outcome, words: str) -> AlertAnswer:
    return AlertAnswer(alert.fingerprint, alert.name, alert.model, action, outcome, words)
