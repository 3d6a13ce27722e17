"""A real Alertmanager with a configuration of the test's, for tests."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.parts.ports import free_port
from tests.parts.servers import START_S, find, wait_until_ready

PACKAGE = "prometheus-alertmanager"


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
                    find("prometheus-alertmanager", PACKAGE),
                    f"--config.file={path}",
                    f"--storage.path={self.folder / 'alertmanager'}",
                    f"--web.listen-address={self.address}",
                    "--cluster.listen-address=",
                ],
                stdout=log,
                stderr=log,
            )
        wait_until_ready(
            f"http://{self.address}/-/ready", self.process, self.folder / "alertmanager.log"
        )
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process is not None
        self.process.terminate()
        self.process.wait(START_S)
