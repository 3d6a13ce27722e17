"""What a real daemon tells of a real re-test: API, metrics, page and `driftd status`."""

import re
import subprocess
import sys

import httpx
import jsonschema
import pytest

from monitor.http.app_thread import AppThread
from tests.parts.daemon import DaemonProcess
from tests.parts.prometheus import check_metrics
from tests.parts.tested_service import NAME, Traffic, set_up, split_data, v2_app, weak

TOKEN = "a token of these tests"
DROP = {
    "name": "noise",
    "perturbation": "gaussian_noise",
    "severity": 0.2,
    "measure": "accuracy_drop",
    "most": 0.01,
}
RETESTS = f"/api/v1/models/{NAME}/retests"


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    """A daemon that was asked for the re-test of a weak model, and has ended it."""
    folder = tmp_path_factory.mktemp("face")
    split = split_data()
    model = weak(split)
    server = AppThread("127.0.0.1:0", v2_app(model, Traffic()))
    server.start()
    set_up(folder, split, model, server.url, {"queries": 20_000, "requirements": [DROP]})
    (folder / "token").write_text(TOKEN)
    config = folder / "driftd.yaml"
    config.write_text(config.read_text() + "\napi_token_file: token\n")
    with DaemonProcess(config) as process:
        bears = {"Authorization": f"Bearer {TOKEN}"}
        answer = httpx.post(process.address() + RETESTS, headers=bears)
        assert answer.status_code == 202, answer.text
        process.wait_for(lambda: process.get(RETESTS)["retests"][0]["last"], 90)
        yield process
    server.stop()


def test_the_run_is_in_the_history_and_whole_as_described(daemon):
    (row,) = daemon.get(RETESTS)["runs"]
    assert (row["cause"], row["state"], row["verdict"]) == ("request", "finished", "failed")
    run = daemon.get(f"{RETESTS}/{row['id']}")
    assert run["requirements"][0]["name"] == "noise"
    description = daemon.get("/api/v1/openapi.json")
    components = {"components": description["components"]}
    jsonschema.validate(run, {"$ref": "#/components/schemas/Run", **components})


def test_its_metrics_have_no_fault_and_show_the_verdict(daemon):
    assert check_metrics(daemon.metrics().encode()) == (0, "")
    assert daemon.metric("driftd_retest_verdict", gate="noise", verdict="fail") == 1
    assert daemon.metric("driftd_retest_runs_total", result="fail") == 1
    clean = daemon.metric("driftd_retest_clean_accuracy_ratio")
    noisy = daemon.metric("driftd_retest_accuracy_ratio", severity="0.8")
    assert 0 < noisy < clean < 1


def test_the_failure_is_an_event(daemon):
    (told,) = daemon.wait_for(lambda: daemon.get("/api/v1/events?open=true")["events"])
    data = told["event"]["data"]
    assert told["event"]["type"] == "io.driftd.retest.failed"
    assert (data["severity"], data["retest"]["failed"]) == ("page", ["noise"])
    assert data["retest"]["run"] == daemon.get(RETESTS)["runs"][0]["id"]


def test_page_and_status_show_what_failed(daemon):
    html = httpx.get(daemon.address() + "/").text
    assert '<strong class="failed">failed</strong>' in html
    command = [sys.executable, "-m", "monitor", "status", daemon.address()]
    shown = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert re.search(r"nightly.*failed", shown.stdout)
