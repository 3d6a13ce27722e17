"""Beginning a re-test in a process of its own, and ending it."""

import json
import os
import subprocess
import sys
from contextlib import suppress
from typing import Protocol

from monitor.config import Settings
from monitor.config.load import pack

END_S = 2.0
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"
)


class Worker(Protocol):
    """A process that runs a re-test."""

    def poll(self) -> int | None:
        """Return its exit code, None while it runs."""
        ...

    def end(self) -> None:
        """End it, whatever it does."""
        ...


class WorkerProcess:
    """A worker that has been begun; it ends when this process does, however that ends."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process

    def poll(self) -> int | None:
        """Return its exit code, None while it runs."""
        return self._process.poll()

    def end(self) -> None:
        """Close its pipe, which ends it; kill it where it does not."""
        assert self._process.stdin is not None, "begun with a pipe"
        with suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def spawn(settings: Settings, model: str, retest: str, cause: str) -> WorkerProcess:
    """Begin a re-test of a model in a process of one thread that yields to all others.

    Raises OSError where no process can be begun.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "monitor.retest.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        # Signals from a terminal are for the daemon, which ends its workers itself.
        start_new_session=True,
        env=os.environ | ONE_THREAD | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert process.stdin is not None, "begun with a pipe"
    worker = WorkerProcess(process)
    try:
        told = [pack(settings).decode(), model, retest, cause]
        process.stdin.write(json.dumps(told).encode() + b"\n")
        process.stdin.flush()
    except OSError:
        worker.end()
        raise
    return worker
