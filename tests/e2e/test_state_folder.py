"""One state folder: who may use it, what it goes with, and what happens where it is broken."""

import os
import re
import shutil
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitor.state.lock import StateLock
from tests.e2e.small_model import FILES, MODEL, append, build, configure, counted, lines
from tests.parts.daemon import DaemonProcess, refusal, run_and_hear, run_until_end

TOPIC = "t"
FIRST = 600
"""Records that the state of these tests has in closed blocks."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a configuration, its reference, FIRST records and their state."""
    folder = tmp_path_factory.mktemp("made")
    config = configure(folder / "driftd.yaml", FILES, TOPIC)
    build(config)
    append(folder, TOPIC, lines(FIRST, seed=2))
    assert counted(run_until_end(config)["m"]) == FIRST
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A copy of it for one test."""
    return Path(shutil.copytree(made, tmp_path / "copy"))


def watched(daemon: DaemonProcess) -> int:
    return counted(daemon.get("/api/v1/models/m"))


def snapshots(daemon: DaemonProcess, outcome: str) -> float:
    return daemon.metric("driftd_snapshots_total", outcome=outcome)


@contextmanager
def held(state: Path) -> Iterator[None]:
    """The lock of a state folder is held by this process."""
    with StateLock(state) as lock:
        assert lock.acquire()
        yield


def test_a_second_daemon_waits_as_a_standby_and_takes_over_when_the_first_is_killed(folder):
    append(folder, TOPIC, lines(100, seed=3, first=FIRST))
    standby_config = Path(shutil.copy(folder / "driftd.yaml", folder / "standby.yaml"))
    with ExitStack() as running:
        first = running.enter_context(DaemonProcess(folder / "driftd.yaml"))
        first.wait_for(lambda: watched(first) == FIRST + 100)
        assert first.process is not None
        second = running.enter_context(DaemonProcess(standby_config))
        held_by = f"held_by_process={first.process.pid}"
        second.wait_for(lambda: "event=standby" in second.said and held_by in second.said)
        first.wait_for(lambda: snapshots(first, "success") > 0)
        assert "event=listening" not in second.said
        first.kill()
        append(folder, TOPIC, lines(100, seed=4, first=FIRST + 100))
        second.wait_for(lambda: watched(second) == FIRST + 200)
        assert second.said.count("event=standby") == 1
        assert second.terminate() == 0


def test_a_standby_that_is_told_to_stop_exits_with_0(folder):
    with held(folder / "state"), DaemonProcess(folder / "driftd.yaml") as daemon:
        daemon.wait_for(lambda: "event=standby" in daemon.said)
        assert daemon.terminate() == 0


def test_a_bounded_run_does_not_wait_for_a_folder_that_is_in_use(folder):
    with held(folder / "state"):
        assert (
            f"the state folder {folder / 'state'} is in use by process {os.getpid()}; stop that "
            "daemon, or set another state folder"
        ) in refusal(folder / "driftd.yaml", "--until-end")


def test_the_state_of_other_models_is_refused_with_the_mend(folder):
    config = configure(folder / "driftd.yaml", FILES, TOPIC, name="other")
    assert (
        f"{folder / 'state' / 'snapshot.npz'} holds the state of m, and this configuration has "
        "other; set another state folder, or remove that file to start anew"
    ) in refusal(config)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (
            {"block": "5m", "windows": ["block"]},
            "block.* 60000.*, and this configuration has 300000",
        ),
        ({"features": {"a": "numeric"}}, "schema .*, and this configuration has "),
    ],
    ids=["block", "schema"],
)
def test_the_state_of_another_kind_of_records_or_blocks_is_refused_with_the_mend(
    folder: Path, change: dict[str, Any], what: str
):
    config = configure(folder / "driftd.yaml", FILES, TOPIC, model=change)
    build(config)
    mend = "; set another state folder, or remove that file to start anew\n"
    told = f"snapshot.npz holds the state of model 'm' with {what}.*{mend}"
    assert re.search(told, refusal(config))


def test_a_reference_of_another_schema_is_refused_with_the_mend(folder):
    features = MODEL["features"] | {"d": "numeric"}
    said = refusal(configure(folder / "driftd.yaml", FILES, TOPIC, {"features": features}))
    assert "models.m.reference: " in said
    assert "m.ref was built for schema " in said
    assert "rebuild it:\n    driftd reference build -c " in said


def test_a_changed_reference_goes_on_from_the_stored_offsets_with_fresh_windows(folder):
    config = folder / "driftd.yaml"
    build(config, seed=9)
    append(folder, TOPIC, [*lines(150, seed=3, first=FIRST), b"{"])
    models, said = run_and_hear(config)
    assert counted(models["m"]) == 150
    assert models["m"]["rejects"] == {"malformed_json": 1}
    assert {window["records"] for window in models["m"]["streams"][0]["windows"]} == {150}
    (told,) = [line for line in said.splitlines() if "type=io.driftd.reference.replaced" in line]
    assert f"the reference was replaced: {models['m']['reference']} instead of sha256:" in told


def test_a_model_that_is_added_reads_a_shared_topic_from_its_beginning(folder):
    append(folder, TOPIC, [*lines(150, seed=3, first=FIRST), b"{"])
    config = folder / "driftd.yaml"
    (old,) = yaml.safe_load(config.read_text())["models"].values()
    configure(config, FILES, TOPIC, models={"new": old, "m": old})
    for models in (run_until_end(config), run_until_end(config)):
        assert {name: counted(model) for name, model in models.items()} == {
            "new": FIRST + 150,
            "m": FIRST + 150,
        }
        assert [model["rejects"] for model in models.values()] == [{"malformed_json": 1}] * 2


def test_a_snapshot_that_cannot_be_written_is_counted_and_monitoring_goes_on(folder):
    snapshot = folder / "state" / "snapshot.npz"
    with DaemonProcess(folder / "driftd.yaml") as daemon:
        daemon.address()
        snapshot.rename(folder / "kept.npz")
        snapshot.mkdir()
        append(folder, TOPIC, lines(100, seed=3, first=FIRST))
        daemon.wait_for(lambda: snapshots(daemon, "failure") >= 2)
        append(folder, TOPIC, lines(100, seed=4, first=FIRST + 100))
        daemon.wait_for(lambda: watched(daemon) == FIRST + 200)
        assert f"event=snapshot_failed file={snapshot}" in daemon.said
        assert snapshots(daemon, "success") == 0
        snapshot.rmdir()
        daemon.wait_for(lambda: snapshots(daemon, "success") == 1)
        daemon.kill()
    assert list(snapshot.parent.glob(".*")) == []
    append(folder, TOPIC, lines(100, seed=5, first=FIRST + 200))
    assert counted(run_until_end(folder / "driftd.yaml")["m"]) == FIRST + 300


def test_a_damaged_snapshot_is_refused_by_its_name(folder):
    snapshot = folder / "state" / "snapshot.npz"
    snapshot.write_bytes(snapshot.read_bytes()[:-1000])
    assert f"{snapshot}: is truncated or damaged" in refusal(folder / "driftd.yaml")


def test_a_port_that_is_taken_is_refused_with_the_mend(folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        config = configure(folder / "driftd.yaml", FILES, TOPIC, listen=f"127.0.0.1:{port}")
        assert (
            f"listen: 127.0.0.1:{port}: another process listens on port {port}; stop it, or set "
            "'listen' to another port (0 takes a free one)"
        ) in refusal(config)
