"""A real MLServer with a model of scikit-learn, for tests."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

INSTALLED = Path(__file__).parents[2] / ".parts" / "mlserver"
MODEL = Path(__file__).parent / "mlserver_model.py"
START_S = 60


class MLServerError(AssertionError):
    """MLServer is not installed or does not start."""


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
    ports = _free_ports(3)
    keys = ("http_port", "grpc_port", "metrics_port")
    settings = {"host": "127.0.0.1", "parallel_workers": 0, **dict(zip(keys, ports, strict=True))}
    (folder / "settings.json").write_text(json.dumps(settings))
    with (folder / "mlserver.log").open("wb") as log:
        process = subprocess.Popen(
            [INSTALLED / "bin" / "mlserver", "start", folder],
            stdout=log,
            stderr=log,
            env={"PATH": os.environ["PATH"], "HOME": str(folder)},
        )
    try:
        url = f"http://127.0.0.1:{ports[0]}"
        _wait_until_ready(url, process, folder / "mlserver.log")
        yield url
    finally:
        process.terminate()
        process.wait(START_S)


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{url}/v2/health/ready", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise MLServerError(f"MLServer did not start:\n{log.read_text()[-4000:]}")


def _free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports
