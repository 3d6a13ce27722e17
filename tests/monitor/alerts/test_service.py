"""What alerts lead to, by the clock; carrying it out is tested with a real daemon."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from monitor.alerts.ledger import Action, Ledger
from monitor.alerts.notification import Alert, AlertStatus, Notification
from monitor.alerts.service import AlertService
from monitor.http.meters import Meters
from monitor.retest.service import RetestService
from monitor.view import View
from tests.monitor.config.files import settings_with
from tests.monitor.config.test_alerts import RIGHT
from tests.parts.receiver import wait_until

HOUR_MS = 3_600_000
OVERDUE = {"alertname": "DriftdRetestOverdue", "model": "credit"}
MOVED = {"alertname": "Moved", "model": "credit"}


class Clock:
    ms = 1_767_571_200_000

    def __call__(self) -> int:
        return self.ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def service(tmp_path: Path, clock: Clock) -> Callable[[], AlertService]:
    """Makes a service on the same state, which carries nothing out."""
    (tmp_path / "state").mkdir()
    settings = settings_with(tmp_path, RIGHT)

    def make() -> AlertService:
        retests = RetestService(settings, View, clock)
        meters = Meters(CollectorRegistry())
        config = tmp_path / "driftd.yaml"
        return AlertService(settings, config, retests, lambda: None, meters, clock)

    return make


def alert(labels: dict[str, str], since: str = "2026-01-05T00:00:00Z", **changes: Any) -> Alert:
    fingerprint = str(sorted(labels.items()))
    return Alert(changes.get("status", AlertStatus.FIRING), labels, since, fingerprint)


def outcomes(service: AlertService, *alerts: Alert) -> list[str]:
    return [each.outcome for each in service.receive(Notification("4", list(alerts))).alerts]


def test_an_alert_starts_its_action_once_also_after_a_restart(service):
    first = service()
    assert outcomes(first, alert(OVERDUE)) == ["started"]
    assert outcomes(first, alert(OVERDUE)) == ["acted_before"]
    assert outcomes(service(), alert(OVERDUE)) == ["acted_before"]
    (action,) = first.actions()
    assert (action.model, action.action, action.state) == ("credit", "nightly", "waiting")


def test_another_alert_of_the_kind_waits_for_the_cooldown_and_may_start_then(service, clock):
    alerts = service()
    again = alert(OVERDUE, since="2026-01-05T01:00:00Z")
    assert outcomes(alerts, alert(OVERDUE), again) == ["started", "cooling_down"]
    clock.ms += 6 * HOUR_MS - 1
    assert outcomes(alerts, again) == ["cooling_down"]
    clock.ms += 1
    assert outcomes(alerts, again) == ["started"]


def test_a_re_test_that_was_asked_for_is_noted_as_soon_as_the_disk_takes_it(service, monkeypatch):
    alerts = service()
    assert outcomes(alerts, alert(OVERDUE)) == ["started"]
    write, left = Ledger._write, [OSError(28, "No space left on device")]

    def full_once(ledger: Ledger, actions: list[Action]) -> None:
        if left:
            raise left.pop()
        write(ledger, actions)

    monkeypatch.setattr(Ledger, "_write", full_once)
    alerts.start()
    try:
        wait_until(lambda: alerts.actions()[0].state == "begun")
    finally:
        alerts.stop()


def test_actions_of_different_kinds_cool_down_apart(service):
    assert outcomes(service(), alert(OVERDUE), alert(MOVED)) == ["started", "started"]


@pytest.mark.parametrize(
    ("sent", "outcome", "words"),
    [
        (alert(OVERDUE, status=AlertStatus.RESOLVED), "resolved", "start nothing"),
        (alert({"alertname": "Other", "model": "credit"}), "unmatched", "no entry of 'alerts'"),
        (alert({"alertname": "Moved"}), "impossible", "label model: '' is no model; one of: cre"),
        (alert(MOVED | {"model": "x"}), "impossible", "label model: 'x' is no model"),
    ],
)
def test_what_starts_nothing_says_why(service, sent, outcome, words):
    alerts = service()
    (answer,) = alerts.receive(Notification("4", [sent])).alerts
    assert answer.outcome == outcome
    assert words in answer.words
    assert alerts.actions() == []
