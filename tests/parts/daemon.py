"""A real `driftd run` in a process of its own, for tests."""

import json
import random
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import yaml
from prometheus_client.parser import text_string_to_metric_families

START_S = 30


@dataclass
class DaemonProcess:
    """`driftd run` on a configuration file, with its log beside it."""

    config: Path
    process: subprocess.Popen[bytes] | None = None
    logged_before: int = 0
    log: Path = field(init=False)

    def __post_init__(self) -> None:
        self.log = self.config.with_suffix(".log")

    def start(self) -> None:
        """Start it, without waiting for anything."""
        self.logged_before = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "monitor", "run", "-c", str(self.config)],
                stdout=subprocess.DEVNULL,
                stderr=log,
            )

    @property
    def said(self) -> str:
        """What it has logged since its last start."""
        return self.log.read_bytes()[self.logged_before :].decode()

    def address(self) -> str:
        """Wait until it listens; return where."""
        found = self.wait_for(lambda: re.search(r"event=listening .*address=(\S+)", self.said))
        return str(found.group(1))

    def get(self, path: str) -> Any:
        """Return the JSON that a path of its API answers."""
        return httpx.get(self.address() + path).json()

    def metrics(self) -> str:
        """Return what it exports."""
        return httpx.get(f"{self.address()}/metrics").text

    def metric(self, name: str, **labels: str) -> float:
        """Return the sum over a metric's samples that have these labels; fail without any."""
        values = [
            sample.value
            for family in text_string_to_metric_families(self.metrics())
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ]
        assert values, f"{name} {labels} is not exported"
        return sum(values)

    def ready(self) -> tuple[int, str]:
        """Return the status and the text that /-/ready answers."""
        answer = httpx.get(f"{self.address()}/-/ready")
        return answer.status_code, answer.text

    def wait_for(self, found: Any, seconds: float = START_S) -> Any:
        """Wait until ``found()`` is true and return it; fail with the log where it ends first."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            value = found()
            if value:
                return value
            if self.process is not None and self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"did not come to pass; the daemon said:\n{self.said}")

    def kill(self) -> None:
        """End it as a crash does, at whatever instruction it is."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def terminate(self, seconds: float = 10) -> int:
        """Send SIGTERM and return the exit status; fail if it takes longer than it may."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(seconds)

    def __enter__(self) -> "DaemonProcess":
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill()


def kill_at_random(daemon: DaemonProcess, kills: int, rng: random.Random) -> None:
    """Start the daemon and end it as a crash does, so many times, at random moments."""
    for kill in range(kills):
        daemon.start()
        if kill % 2:  # the others may come while it starts
            daemon.address()
        time.sleep(rng.uniform(0, 3))
        daemon.kill()


def reload_at_random(daemon: DaemonProcess, reloads: int, rng: random.Random) -> None:
    """Start the daemon, have it take another configuration so many times, and end it."""
    daemon.start()
    daemon.address()
    document = yaml.safe_load(daemon.config.read_text())
    for number in range(1, reloads + 1):
        time.sleep(rng.uniform(0, 3))
        daemon.config.write_text(yaml.safe_dump(document | {"snapshot_every": f"{number}00ms"}))
        assert daemon.process is not None
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait_for(lambda: daemon.said.count("event=reloaded") == number)  # noqa: B023
    assert daemon.terminate() == 0


def run_until_end(config: Path) -> dict[str, Any]:
    """Run `driftd run --until-end` and return what it prints for each model."""
    return run_and_hear(config)[0]


def run_and_hear(config: Path) -> tuple[dict[str, Any], str]:
    """Run `driftd run --until-end`; return what it prints for each model, and what it logs."""
    done = _run(config, "--until-end")
    assert done.returncode == 0, done.stderr
    models: dict[str, Any] = json.loads(done.stdout)["models"]
    return models, done.stderr


def refusal(config: Path, *options: str) -> str:
    """Return what `driftd run` says before it exits with 2; fail if it does anything else."""
    done = _run(config, *options)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def _run(config: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "monitor", "run", "-c", str(config), *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
