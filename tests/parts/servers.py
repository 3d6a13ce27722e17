"""Finding the programs of Debian's packages, and waiting for servers that were started."""

import shutil
import subprocess
import time
from pathlib import Path

import httpx

START_S = 30


class ServerError(AssertionError):
    """A server cannot be started or does not answer as it should."""


def find(program: str, package: str = "prometheus") -> str:
    """Return where a program of a Debian package lies; raises ServerError if it lies nowhere."""
    found = shutil.which(program)
    if found is None:
        raise ServerError(
            f"{program} is not installed; run 'make parts' or 'apt-get install {package}'"
        )
    return found


def wait_until_ready(
    url: str, process: subprocess.Popen[bytes], log: Path, seconds: float = START_S
) -> None:
    """Wait until a path answers 200; end the server and raise ServerError if it never does."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(url, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    process.kill()
    process.wait()
    raise ServerError(f"{url} did not answer 200; the server said:\n{log.read_text()[-4000:]}")
