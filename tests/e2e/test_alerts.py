"""Alerts from a real Alertmanager start re-tests and rebuilds in a real daemon, each once."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.e2e.small_model import FILES, append, build, configure, lines, records
from tests.parts.alertmanager import Alertmanager
from tests.parts.daemon import DaemonProcess
from tests.parts.ports import free_port

TOKEN = "let-me-in"
OVERDUE = {"alertname": "DriftdRetestOverdue", "model": "m", "retest": "nightly"}
MOVED = {"alertname": "ModelReleased", "model": "m"}
RETEST = {"requirements": [{"perturbation": "missing_one", "measure": "flip_ratio", "most": 0.05}]}


def alerting(folder: Path, data: str = "recent/*.jsonl") -> Path:
    """A configuration whose alerts start something, with its reference and what it names.

    Its endpoint does not answer, so that re-tests end soon and inconclusive.
    """
    (folder / "token").write_text(TOKEN)
    labelled = [json.dumps(each | {"y": 1}) for each in records(50, seed=4)]
    (folder / "evaluation.jsonl").write_text("\n".join(labelled))
    (folder / "recent").mkdir()
    (folder / "recent" / "week.jsonl").write_bytes(b"\n".join(lines(2_000, seed=9)))
    append(folder, "t", lines(300, seed=2))
    config = configure(
        folder / "driftd.yaml",
        FILES,
        "t",
        model={
            "evaluation": {"data": "evaluation.jsonl", "label": "y"},
            "endpoint": {
                "protocol": "v2",
                "url": f"http://127.0.0.1:{free_port()}",
                "retries": 0,
            },
            "retests": {"nightly": RETEST},
            "rebuild_from": data,
        },
        listen=f"127.0.0.1:{free_port()}",
        api_token_file="token",
        alerts=[
            {"match": {"alertname": "DriftdRetestOverdue"}, "retest": "nightly"},
            {"match": MOVED, "rebuild_reference": True, "cooldown": "24h"},
        ],
    )
    build(config)
    return config


@contextmanager
def alertmanager(folder: Path, url: str, token: str = TOKEN) -> Iterator[Alertmanager]:
    """Alertmanager that tells driftd of its alerts, and tells it again all the time."""
    receiver = {
        "url": f"{url}/api/v1/alerts",
        "http_config": {"authorization": {"credentials": token}},
    }
    route = {"receiver": "driftd", "group_by": ["alertname"], "group_wait": "0s"}
    often = {"group_interval": "1s", "repeat_interval": "1s"}
    receivers = [{"name": "driftd", "webhook_configs": [receiver]}]
    with Alertmanager(folder, {"route": route | often, "receivers": receivers}) as running:
        yield running


def fire(manager: Alertmanager, labels: Mapping[str, str]) -> None:
    answer = httpx.post(f"http://{manager.address}/api/v2/alerts", json=[{"labels": labels}])
    assert answer.status_code == 200, answer.text


def told(manager: Alertmanager) -> int:
    """How often driftd was notified."""
    metrics = httpx.get(f"http://{manager.address}/metrics").text
    lines = [line for line in metrics.splitlines() if NOTIFIED in line]
    return sum(int(float(line.split()[-1])) for line in lines)


NOTIFIED = 'alertmanager_notifications_total{integration="webhook"}'


def actions(daemon: DaemonProcess) -> list[Any]:
    return list(daemon.get("/api/v1/alerts")["actions"])


def states(daemon: DaemonProcess) -> list[tuple[str, str]]:
    return [(each["action"], each["state"]) for each in actions(daemon)]


def runs(daemon: DaemonProcess) -> list[tuple[str, str]]:
    found = daemon.get("/api/v1/models/m/retests")["runs"]
    return [(each["cause"], each["state"]) for each in found]


def test_an_alert_runs_a_retest_once_however_often_it_is_told_and_the_daemon_restarted(tmp_path):
    config = alerting(tmp_path)
    with DaemonProcess(config) as daemon, alertmanager(tmp_path, daemon.address()) as manager:
        fire(manager, OVERDUE)
        daemon.wait_for(lambda: runs(daemon) == [("alert", "finished")])
        daemon.wait_for(lambda: states(daemon) == [("nightly", "done")])
        daemon.kill()
        daemon.start()
        daemon.address()
        before = told(manager)
        daemon.wait_for(lambda: told(manager) >= before + 2)
        assert states(daemon) == [("nightly", "done")]
        assert runs(daemon) == [("alert", "finished")]


def test_an_alert_rebuilds_the_reference_which_is_taken_at_once(tmp_path):
    config = alerting(tmp_path)
    reference = tmp_path / "m.ref"
    with DaemonProcess(config) as daemon, alertmanager(tmp_path, daemon.address()) as manager:
        old = daemon.get("/api/v1/models/m")["reference"]
        fire(manager, MOVED)
        daemon.wait_for(lambda: daemon.get("/api/v1/models/m")["reference"] != old)
        daemon.wait_for(lambda: states(daemon) == [("rebuild_reference", "done")])
        daemon.wait_for(lambda: "event=reloaded" in daemon.said)
        (event,) = daemon.get("/api/v1/events")["events"]
        assert event["event"]["type"] == "io.driftd.reference.replaced"
        daemon.wait_for(lambda: told(manager) >= 3)
        assert len(actions(daemon)) == 1
        assert sorted(each.name for each in tmp_path.glob("*m.ref*")) == [reference.name]


def test_a_rebuild_that_a_crash_cuts_off_is_made_in_the_next_process(tmp_path):
    config = alerting(tmp_path)
    with DaemonProcess(config) as daemon:
        old = daemon.get("/api/v1/models/m")["reference"]
        with alertmanager(tmp_path, daemon.address()) as manager:
            fire(manager, MOVED)
            daemon.wait_for(lambda: "event=rebuild_begun" in daemon.said)
        daemon.kill()
        daemon.start()
        daemon.wait_for(lambda: states(daemon) == [("rebuild_reference", "done")])
        daemon.wait_for(lambda: daemon.get("/api/v1/models/m")["reference"] != old)
        assert [each["tries"] for each in actions(daemon)] == [2]


def test_a_rebuild_from_data_that_lack_a_feature_leaves_the_old_reference(tmp_path):
    config = alerting(tmp_path, data="poor.csv")
    (tmp_path / "poor.csv").write_text("a,p\n1,0.5\n2,0.6\n")
    before = (tmp_path / "m.ref").read_bytes()
    with DaemonProcess(config) as daemon, alertmanager(tmp_path, daemon.address()) as manager:
        fire(manager, MOVED)
        daemon.wait_for(lambda: states(daemon) == [("rebuild_reference", "failed")])
        (action,) = actions(daemon)
        assert "poor.csv" in action["problem"]
        failed = {"action": "rebuild_reference", "outcome": "failure"}
        assert daemon.metric("driftd_alert_actions_total", **failed) == 1
        assert "event=alert_action_failed" in daemon.said
        assert (tmp_path / "m.ref").read_bytes() == before


def test_alertmanager_without_the_token_starts_nothing(tmp_path):
    config = alerting(tmp_path)
    with (
        DaemonProcess(config) as daemon,
        alertmanager(tmp_path, daemon.address(), token="wrong") as manager,
    ):
        fire(manager, OVERDUE)
        daemon.wait_for(lambda: "unexpected status code 401" in manager.log())
        assert actions(daemon) == []
