"""The samples for Prometheus and Alertmanager: valid, and one message for one cause."""

import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from monitor.rules.runbook import GUIDANCE
from tests.parts import alertmanager, prometheus
from tests.parts.alertmanager import Alertmanager
from tests.parts.inbox import Inbox

DEPLOY = Path(__file__).parents[2] / "deploy"
SAMPLE = DEPLOY / "alertmanager/alertmanager.yml"
TOKEN = "a token of these tests"
STREAM = {"job": "driftd", "model": "credit", "version": "7", "segment": "DE"}


def checked(program: str, *arguments: str) -> tuple[int, str]:
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_promtool_finds_nothing_wrong_with_the_sample_of_prometheus_and_its_rules():
    promtool = prometheus.find("promtool")
    status, said = checked(promtool, "check", "config", str(DEPLOY / "prometheus/prometheus.yml"))
    assert status == 0, said
    assert "1 rule files found" in said


def test_amtool_finds_nothing_wrong_with_the_sample_of_alertmanager():
    status, said = checked(alertmanager.find("amtool"), "check-config", str(SAMPLE))
    assert status == 0, said


def test_the_sample_of_alertmanager_names_no_alert_that_there_is_not():
    named = set()
    for text in SAMPLE.read_text().replace('"', "|").split("|"):
        if text.startswith("Driftd") and text.isalpha():
            named.add(text)
    assert len(named) > 10
    assert named <= set(GUIDANCE)


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with Inbox() as found:
        yield found


@pytest.fixture
def running(inbox: Inbox, tmp_path: Path) -> Iterator[Alertmanager]:
    """Alertmanager with the sample, but that its receivers are here and it does not wait."""
    (tmp_path / "token").write_text(TOKEN)
    sample: dict[str, Any] = yaml.safe_load(SAMPLE.read_text())
    sample["route"] |= {"group_wait": "1s", "group_interval": "1s"}
    for receiver in sample["receivers"]:
        (hook,) = receiver["webhook_configs"]
        hook["url"] = f"{inbox.url}/{receiver['name']}"
        if "http_config" in hook:
            hook["http_config"]["authorization"]["credentials_file"] = str(tmp_path / "token")
    with Alertmanager(tmp_path, sample) as found:
        yield found


def fire(running: Alertmanager, *alerts: dict[str, str]) -> None:
    """Send alerts as Prometheus does, all in one request."""
    began = datetime.now(UTC).isoformat()
    body = [{"labels": each, "startsAt": began} for each in alerts]
    httpx.post(f"http://{running.address}/api/v2/alerts", json=body).raise_for_status()


def alert(name: str, severity: str, **labels: str) -> dict[str, str]:
    return {"alertname": name, "severity": severity, **labels}


def told(inbox: Inbox, receiver: str) -> set[tuple[str, str]]:
    """Return name and severity of the alerts that a receiver was told of."""
    return {
        (each["labels"]["alertname"], each["labels"]["severity"])
        for letter in inbox.at(f"/{receiver}")
        for each in letter.document["alerts"]
    }


def wait_until_told(inbox: Inbox, receiver: str, name: str) -> None:
    deadline = time.monotonic() + 30
    while name not in {each for each, _ in told(inbox, receiver)}:
        assert time.monotonic() < deadline, inbox.letters
        time.sleep(0.05)


def test_a_storm_of_one_cause_is_one_page(running, inbox):
    storm = [
        alert(name, severity, **STREAM)
        for name in ("DriftdDataQuality", "DriftdDrift", "DriftdPerformanceDrop")
        for severity in ("critical", "warning")
    ]
    fire(
        running,
        *storm,
        alert("DriftdEstimatedPerformanceDrop", "warning", **STREAM),
        alert("DriftdSnapshotFailing", "warning", job="driftd", instance="a:9477"),
    )
    wait_until_told(inbox, "pager", "DriftdDataQuality")
    wait_until_told(inbox, "tickets", "DriftdSnapshotFailing")
    assert told(inbox, "pager") == {("DriftdDataQuality", "critical")}
    assert told(inbox, "tickets") == {("DriftdSnapshotFailing", "warning")}


def test_a_warning_silences_nothing_that_is_critical(running, inbox):
    fire(
        running,
        alert("DriftdDataQuality", "warning", **STREAM),
        alert("DriftdPerformanceDrop", "critical", **STREAM),
        alert("DriftdPerformanceDrop", "warning", **STREAM),
    )
    wait_until_told(inbox, "pager", "DriftdPerformanceDrop")
    wait_until_told(inbox, "tickets", "DriftdDataQuality")
    assert told(inbox, "tickets") == {("DriftdDataQuality", "warning")}


def test_a_daemon_that_is_down_is_told_of_and_what_follows_from_it_is_not(running, inbox):
    model = {"job": "driftd", "model": "credit"}
    fire(
        running,
        alert("DriftdDown", "critical", job="driftd", instance="a:9477"),
        alert("DriftdNoRecords", "critical", **model),
        alert("DriftdLabelsMissing", "warning", **model),
        alert("DriftdNoRecords", "critical", **model | {"job": "other"}),
    )
    wait_until_told(inbox, "pager", "DriftdDown")
    wait_until_told(inbox, "pager", "DriftdNoRecords")
    jobs = [
        each["labels"]["job"]
        for letter in inbox.at("/pager")
        for each in letter.document["alerts"]
        if each["labels"]["alertname"] == "DriftdNoRecords"
    ]
    assert set(jobs) == {"other"}
    assert told(inbox, "tickets") == set()


def test_an_overdue_retest_reaches_driftd_with_its_token_and_people_too(running, inbox):
    overdue = alert(
        "DriftdRetestOverdue", "warning", job="driftd", model="credit", retest="nightly"
    )
    fire(running, overdue)
    wait_until_told(inbox, "driftd", "DriftdRetestOverdue")
    wait_until_told(inbox, "tickets", "DriftdRetestOverdue")
    (letter, *_) = inbox.at("/driftd")
    assert letter.headers["authorization"] == f"Bearer {TOKEN}"
    assert letter.document["alerts"][0]["labels"] == overdue
