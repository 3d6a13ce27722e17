"""Building a reference anew beside the daemon, and putting it in the old one's place."""

import glob
import os
import subprocess
import sys
from pathlib import Path

from monitor.archive import sync_folder
from monitor.check import mismatch
from monitor.config import ModelConfig
from monitor.reference.file import ReferenceError, read_reference
from monitor.retest.spawner import ONE_THREAD, WorkerProcess

TOLD_BYTES = 2_000
"""How much of what a failed build says is told, from the end."""


class Rebuild:
    """`driftd reference build` from a model's ``rebuild_from``, in a process that yields to all.

    The new reference is built beside the old one, and replaces it in one step once it is complete
    and fits the model; whatever fails, the old one stays.
    """

    def __init__(self, config: Path, name: str, model: ModelConfig, log: Path) -> None:
        """Begin; config: the file of the configuration. log: where the build's own words go.

        Raises OSError where no process can be begun.
        """
        assert model.rebuild_from is not None, "checked with the configuration"
        self._model = model
        self._log = log
        self._new = model.reference.with_name(f".{model.reference.name}.rebuilt")
        asked = [str(each) for each in ("-c", config, name, model.rebuild_from, "--out", self._new)]
        with log.open("wb") as said:
            process = subprocess.Popen(
                [sys.executable, "-m", "monitor.reference.rebuild_worker", *asked, "--json"],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=said,
                # Signals from a terminal are for the daemon, which ends its workers itself.
                start_new_session=True,
                env=os.environ
                | ONE_THREAD
                | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
        self._worker = WorkerProcess(process)

    def poll(self) -> str | None:
        """Return None while it is built, "" once it is in place, or why it is not."""
        code = self._worker.poll()
        if code is None:
            return None
        try:
            return self._replace() if code == 0 else self._said() or f"ended with code {code}"
        except (OSError, ReferenceError) as error:
            return str(error)
        finally:
            self.end()

    def end(self) -> None:
        """End it, whatever it does, and remove what it left; the old reference stays."""
        self._worker.end()
        for left in self._new.parent.glob(f"*{glob.escape(self._new.name)}*"):
            left.unlink(missing_ok=True)  # of builds before it too, which a crash cut off

    def _replace(self) -> str:
        wrong = mismatch(self._model, read_reference(self._new))
        if wrong is not None:
            return f"what was built is for {wrong}; the old reference stays"
        self._new.replace(self._model.reference)
        sync_folder(self._model.reference.parent)
        return ""

    def _said(self) -> str:
        return self._log.read_bytes()[-TOLD_BYTES:].decode("utf-8", "replace").strip()
