"""A real `driftd run` in a process of its own, for tests."""

import json
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

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


def run_until_end(config: Path) -> dict[str, Any]:
    """Run `driftd run --until-end` and return what it prints for each model."""
    done = subprocess.run(
        [sys.executable, "-m", "monitor", "run", "-c", str(config), "--until-end"],
        capture_output=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr.decode()
    models: dict[str, Any] = json.loads(done.stdout)["models"]
    return models
