"""A real Alertmanager with a configuration of the test's, for tests."""

import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.parts.ports import free_port

START_S = 30


class AlertmanagerError(AssertionError):
    """Alertmanager cannot be started or does not answer as it should."""


def find(program: str) -> str:
    """Return where a program of Debian's package ``prometheus-alertmanager`` lies.

    Raises AlertmanagerError if it is not installed.
    """
    found = shutil.which(program)
    if found is None:
        raise AlertmanagerError(
            f"{program} is not installed; run 'make parts' or "
            "'apt-get install prometheus-alertmanager'"
        )
    return found


@dataclass
class Alertmanager:
    """Alertmanager, alone, with its data in ``folder``; configuration: as its file says."""

    folder: Path
    configuration: Mapping[str, Any]
    address: str = ""
    process: subprocess.Popen[bytes] | None = None

    def alerts(self) -> list[dict[str, Any]]:
        """Return the alerts that are active now."""
        found: list[dict[str, Any]] = httpx.get(f"http://{self.address}/api/v2/alerts").json()
        return found

    def log(self) -> str:
        """What Alertmanager has logged."""
        return (self.folder / "alertmanager.log").read_text()

    def __enter__(self) -> "Alertmanager":
        self.address = f"127.0.0.1:{free_port()}"
        path = self.folder / "alertmanager.yml"
        path.write_text(yaml.safe_dump(dict(self.configuration)))
        with (self.folder / "alertmanager.log").open("wb") as log:
            self.process = subprocess.Popen(
                [
                    find("prometheus-alertmanager"),
                    f"--config.file={path}",
                    f"--storage.path={self.folder / 'alertmanager'}",
                    f"--web.listen-address={self.address}",
                    "--cluster.listen-address=",
                ],
                stdout=log,
                stderr=log,
            )
        self._wait_until_ready()
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process is not None
        self.process.terminate()
        self.process.wait(START_S)

    def _wait_until_ready(self) -> None:
        assert self.process is not None
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if httpx.get(f"http://{self.address}/-/ready").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        self.process.kill()
        self.process.wait()
        raise AlertmanagerError(f"Alertmanager did not start:\n{self.log()}")
