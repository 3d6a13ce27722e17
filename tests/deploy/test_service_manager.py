"""What a real daemon tells systemd, heard on a real NOTIFY_SOCKET."""

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from monitor.service_manager import ServiceManager
from tests.e2e.small_model import FILES, append, build, configure, lines
from tests.parts.daemon import DaemonProcess

WATCHDOG_S = 1.0


class Manager:
    """Listens where a daemon is told to; remembers what was said, in order."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))

    def hear(self, seconds: float) -> str | None:
        """Return the next message, or None if none comes in so long."""
        self.socket.settimeout(seconds)
        try:
            return self.socket.recv(4096).decode()
        except TimeoutError:
            return None

    def silent_for(self, seconds: float) -> bool:
        """Forget what was said up to now, and tell whether nothing more is."""
        while self.hear(0.01) is not None:
            pass
        return self.hear(seconds) is None


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    manager = Manager(tmp_path / "notify")
    yield manager
    manager.socket.close()


@pytest.fixture
def daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DaemonProcess]:
    config = configure(tmp_path / "driftd.yaml", FILES, "t")
    build(config)
    append(tmp_path, "t", lines(2_000, seed=2))
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setenv("WATCHDOG_USEC", str(int(WATCHDOG_S * 1e6)))
    with DaemonProcess(config) as daemon:
        yield daemon


def test_a_daemon_is_ready_when_it_answers_then_alive_and_at_last_stopping(manager, daemon):
    assert manager.hear(30) == "READY=1"
    assert httpx.get(f"{daemon.address()}/-/healthy").status_code == 200

    assert [manager.hear(WATCHDOG_S) for _ in range(3)] == ["WATCHDOG=1"] * 3

    daemon.process.terminate()
    said = manager.hear(5)
    if said == "WATCHDOG=1":  # on its way already
        said = manager.hear(5)
    assert said == "STOPPING=1"
    assert daemon.terminate() == 0


def test_the_watchdog_hears_nothing_while_the_pipeline_hangs_though_http_answers(
    manager, daemon, tmp_path
):
    assert manager.hear(30) == "READY=1"
    assert manager.hear(WATCHDOG_S) == "WATCHDOG=1"

    hangs = tmp_path / "log" / "t" / "0002.jsonl"
    os.mkfifo(hangs)  # to open it waits for a writer
    time.sleep(WATCHDOG_S)
    assert manager.silent_for(2 * WATCHDOG_S)
    assert httpx.get(f"{daemon.address()}/-/healthy").status_code == 200


def test_a_reload_tells_the_time_by_the_monotonic_clock(manager, tmp_path):
    service = ServiceManager.of({"NOTIFY_SOCKET": str(tmp_path / "notify")}, os.getpid())
    before = time.monotonic_ns() // 1000
    service.reloading()
    first, second = manager.hear(1).split("\n")
    assert first == "RELOADING=1"
    assert before <= int(second.removeprefix("MONOTONIC_USEC=")) <= time.monotonic_ns() // 1000


def test_an_address_after_an_at_sign_is_an_abstract_socket():
    name = f"driftd-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(f"\0{name}")
        listener.settimeout(1)
        ServiceManager(f"@{name}").ready()
        assert listener.recv(100) == b"READY=1"


def test_a_watchdog_for_another_process_is_not_told(manager, tmp_path):
    environ = {
        "NOTIFY_SOCKET": str(tmp_path / "notify"),
        "WATCHDOG_USEC": "1",
        "WATCHDOG_PID": str(os.getpid() + 1),
    }
    ServiceManager.of(environ, os.getpid()).alive()
    assert manager.hear(0.1) is None


def test_a_manager_that_is_gone_stops_nothing_and_is_logged(tmp_path):
    with capture_logs() as logs:
        ServiceManager(str(tmp_path / "gone")).ready()
    assert [(each["event"], each["message"]) for each in logs] == [
        ("service_manager_unheard", "READY=1")
    ]
