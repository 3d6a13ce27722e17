"""A real MLServer with a model of scikit-learn, for tests."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.parts.ports import free_ports
from tests.parts.servers import wait_until_ready

INSTALLED = Path(__file__).parents[2] / ".parts" / "mlserver"
MODEL = Path(__file__).parent / "mlserver_model.py"
START_S = 60


class MLServerError(AssertionError):
    """MLServer is not installed."""


def can_be_installed() -> bool:
    """Tell whether there is a Python that MLServer runs on."""
    check = "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))"
    found = [sys.executable, shutil.which("python3.12"), shutil.which("python3.11")]
    # What is found may be a version manager's stand-in for a Python that is not there.
    return any(
        subprocess.run([each, "-c", check], capture_output=True, check=False).returncode == 0
        for each in found
        if each is not None
    )


@contextmanager
def serve_tumours(folder: Path) -> Iterator[str]:
    """Train the model and serve it from a folder; yields the server's URL."""
    python = INSTALLED / "bin" / "python"
    if not python.exists():
        raise MLServerError(f"MLServer is not installed in {INSTALLED}; run 'make parts'")
    subprocess.run([python, MODEL, folder], check=True)
    ports = free_ports("http_port", "grpc_port", "metrics_port")
    settings = {"host": "127.0.0.1", "parallel_workers": 0, **ports}
    (folder / "settings.json").write_text(json.dumps(settings))
    with (folder / "mlserver.log").open("wb") as log:
        process = subprocess.Popen(
            [INSTALLED / "bin" / "mlserver", "start", folder],
            stdout=log,
            stderr=log,
            env={"PATH": os.environ["PATH"], "HOME": str(folder)},
        )
    try:
        url = f"http://127.0.0.1:{ports['http_port']}"
        wait_until_ready(f"{url}/v2/health/ready", process, folder / "mlserver.log", START_S)
        yield url
    finally:
        process.terminate()
        process.wait(START_S)
