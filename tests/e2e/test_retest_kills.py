"""Re-tests survive what befalls the daemon, and the daemon what befalls them."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from monitor.http.app_thread import AppThread
from monitor.retest.history import History
from monitor.retest.result import Run, State
from tests.parts.daemon import DaemonProcess
from tests.parts.tested_service import NAME, Traffic, set_up, split_data, v2_app, weak

NOISE = {"perturbation": "gaussian_noise", "severity": 0.1, "measure": "flip_ratio", "most": 1.0}
RETEST = {"queries": 20_000, "records": 400, "curves": False, "requirements": [NOISE]}
HOUR_MS = 3_600_000
RECORDS = 200
TOKEN = "a token of these tests"


@pytest.fixture(scope="module")
def split():
    return split_data()


@pytest.fixture(scope="module")
def model(split):
    return weak(split)


@pytest.fixture
def server(model) -> Iterator[AppThread]:
    thread = AppThread("127.0.0.1:0", v2_app(model, Traffic()))
    thread.start()
    yield thread
    thread.stop()


def configure(folder: Path, split, model, url: str, rate: str = "1000/s", **retest) -> Path:
    """A daemon with a log of some records, whose nightly re-test takes as long as the rate says."""
    endpoint = {"protocol": "v2", "url": url, "batch": 50, "max_rate": rate, "retries": 0}
    set_up(folder, split, model, url, RETEST | retest, endpoint=endpoint)
    config = folder / "driftd.yaml"
    (folder / "token").write_text(TOKEN)
    config.write_text(config.read_text() + "\napi_token_file: token\nsnapshot_every: 200ms\n")
    topic = folder / "log" / "segments"
    topic.mkdir()
    lines = (folder / "evaluation.jsonl").read_text().splitlines()[:RECORDS]
    with (topic / "0.jsonl").open("w") as file:
        for at, line in enumerate(lines):
            file.write(json.dumps({**json.loads(line), "ts": 1_767_571_200_000 + at * 1000}) + "\n")
    return config


def let_be_due(folder: Path) -> None:
    """Store that the re-test ran last three hours ago."""
    long_ago = time.time_ns() // 1_000_000 - 3 * HOUR_MS
    state = folder / "state" / "retests" / NAME
    state.mkdir(parents=True)
    mark = {"since": long_ago, "done": long_ago, "begun": 0, "tries": 0}
    (state / "schedule.json").write_text(json.dumps({"nightly": mark}))


def runs(folder: Path) -> list[Run]:
    return History(folder / "state" / "retests").runs(NAME)


def ended(folder: Path, count: int) -> list[Run]:
    """Return the runs once so many have ended, nothing before."""
    found = [run for run in runs(folder) if run.state is not State.RUNNING]
    return found if len(found) >= count else []


def answered(folder: Path) -> bool:
    return any(run.state is State.RUNNING and run.queries > 50 for run in runs(folder))


def workers_of(process: psutil.Process) -> list[psutil.Process]:
    return [each for each in process.children() if "monitor.retest.worker" in each.cmdline()]


def test_a_missed_run_that_kill_9_cuts_off_is_made_up_once(tmp_path, split, model, server):
    config = configure(tmp_path, split, model, server.url, rate="8/s", every="1h")
    let_be_due(tmp_path)
    with DaemonProcess(config) as daemon:
        daemon.wait_for(lambda: answered(tmp_path), 60)
        (worker,) = workers_of(psutil.Process(daemon.process.pid))
        assert worker.nice() == 19
        daemon.kill()
        worker.wait(10)  # it ends with the daemon, though nobody ended it
        daemon.start()
        (newest, cut_off) = daemon.wait_for(lambda: ended(tmp_path, 2), 90)
        assert (newest.state, cut_off.state) == (State.FINISHED, State.INTERRUPTED)
        assert newest.cause == cut_off.cause == "schedule"
        assert newest.requirements[0].verdict == "passed"
        time.sleep(1)
        assert len(runs(tmp_path)) == 2
        daemon.wait_for(lambda: daemon.metric("driftd_retest_runs_total", result="interrupted"))
        assert daemon.terminate() == 0
        daemon.start()
        daemon.address()
        time.sleep(2)
        assert len(runs(tmp_path)) == 2


def test_a_stop_during_a_re_test_is_clean_and_the_run_is_made_up(tmp_path, split, model, server):
    config = configure(tmp_path, split, model, server.url, rate="6/s", every="1h")
    let_be_due(tmp_path)
    with DaemonProcess(config) as daemon:
        daemon.wait_for(lambda: answered(tmp_path), 60)
        (worker,) = workers_of(psutil.Process(daemon.process.pid))
        assert daemon.terminate() == 0
        assert not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE
        assert [run.state for run in runs(tmp_path)] == [State.INTERRUPTED]
        daemon.start()
        daemon.wait_for(lambda: len(runs(tmp_path)) == 2, 60)


def test_an_endpoint_that_goes_and_comes_back_costs_a_verdict_and_no_monitoring(
    tmp_path, split, model
):
    server = AppThread("127.0.0.1:0", v2_app(model, Traffic()))
    server.start()
    host, port = server.url.removeprefix("http://").split(":")
    config = configure(tmp_path, split, model, server.url, rate="8/s")
    with DaemonProcess(config) as daemon:
        ask(daemon)
        daemon.wait_for(lambda: answered(tmp_path), 60)
        server.stop()
        (lost,) = daemon.wait_for(lambda: ended(tmp_path, 1), 60)
        assert (lost.state, lost.verdict, lost.cause) == ("finished", "inconclusive", "request")
        assert lost.requirements[0].verdict == "inconclusive"
        assert daemon.ready()[0] == 200
        back = AppThread(f"{host}:{port}", v2_app(model, Traffic()))
        back.start()
        daemon.wait_for(lambda: ask(daemon), 30)
        (found, _) = daemon.wait_for(lambda: ended(tmp_path, 2), 60)
        back.stop()
        assert (found.verdict, found.reason) == ("passed", "")


def test_a_re_test_on_production_data_begins_from_what_the_log_held(tmp_path, split, model, server):
    on_production = NOISE | {"data": "production"}
    config = configure(tmp_path, split, model, server.url, requirements=[on_production])
    with DaemonProcess(config) as daemon:
        size = (tmp_path / "log" / "segments" / "0.jsonl").stat().st_size
        daemon.wait_for(lambda: daemon.metric("driftd_source_bytes_total") >= size)
        ask(daemon)
        (found,) = daemon.wait_for(lambda: ended(tmp_path, 1), 60)
        assert (found.verdict, found.requirements[0].records) == ("passed", RECORDS)
        assert daemon.terminate() == 0
        daemon.start()  # and reads nothing more, but the sample is stored
        daemon.wait_for(lambda: ask(daemon), 30)
        (again, _) = daemon.wait_for(lambda: ended(tmp_path, 2), 60)
        assert again.requirements[0].records == RECORDS


def test_the_day_s_queries_are_not_exceeded(tmp_path, split, model, server):
    config = configure(tmp_path, split, model, server.url)
    text = config.read_text().replace("max_rate: 1000/s", "queries_per_day: 1000")
    config.write_text(text)
    with DaemonProcess(config) as daemon:
        for count in (1, 2, 3):
            daemon.wait_for(lambda: ask(daemon), 30)
            daemon.wait_for(lambda count=count: ended(tmp_path, count), 60)
    assert sum(run.queries for run in runs(tmp_path)) <= 1_000
    last = runs(tmp_path)[0]
    assert last.verdict == "inconclusive"
    assert "queries" in last.reason or "queries" in last.requirements[0].reason


def ask(daemon: DaemonProcess) -> bool:
    """Have the re-test run now; tell whether it will."""
    answer = httpx.post(
        f"{daemon.address()}/api/v1/models/{NAME}/retests",
        headers={"Authorization": f"Bearer {TOKEN}"},
        json={"retest": "nightly"},
    )
    assert answer.status_code in (202, 409), answer.text
    return answer.status_code == 202
