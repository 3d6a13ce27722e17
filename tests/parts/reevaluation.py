"""The example pipeline in a process of its own, for tests."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from tests.parts.daemon import DaemonProcess

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "deploy" / "examples" / "reevaluate"
"""The folder that holds the package, which is not installed."""


class PipelineProcess(DaemonProcess):
    """`python -m reevaluate` on a configuration file, with its log beside it."""

    def start(self) -> None:
        """Start it, without waiting for anything."""
        self.logged_before = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "reevaluate", "-c", str(self.config)],
                env=os.environ | {"PYTHONPATH": os.pathsep.join([str(EXAMPLE), str(ROOT)])},
                stderr=log,
            )

    def report(self, event_id: str) -> dict[str, Any]:
        """Return the report on an event."""
        found: dict[str, Any] = httpx.get(f"{self.address()}/reports/{event_id}.json").json()
        return found
