"""The history of re-tests: one folder a run, which outlives the daemon."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import structlog

from monitor.retest.result import Run, State

log = structlog.get_logger()

KEPT = 500
"""Runs that are kept of each model; the oldest are removed when another one begins."""

CUT_OFF = "the process that ran it ended before it did"
RUN = "run.json"
LOCK = "lock"
RECENT = "recent.jsonl"


class BusyError(Exception):
    """A re-test of the model runs already; the message says where."""


class History:
    """Runs on the disk, in FOLDER/MODEL/RUN/run.json.

    Several processes may use a history at once: a run is written by one of them, which holds the
    model's lock meanwhile, and a file is replaced whole.
    """

    def __init__(self, folder: Path) -> None:
        """Take the folder, which is made when something is written."""
        self._folder = folder
        self._ended: dict[Path, Run] = {}

    def model_folder(self, model: str) -> Path:
        """Return the folder of a model's runs."""
        return self._folder / model

    def folder(self, run_id: str, model: str) -> Path:
        """Return the folder of a run."""
        return self._folder / model / run_id

    def recent(self, model: str) -> Path:
        """Return the file of a model's recent production records, one a line."""
        return self._folder / model / RECENT

    @contextmanager
    def lock(self, model: str) -> Iterator[None]:
        """Hold the model for one run at a time; the kernel frees it when its holder ends.

        Raises BusyError where another process holds it, or this one does already.
        """
        folder = self.model_folder(model)
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / LOCK).open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                holder = file.read().strip() or "unknown"
                raise BusyError(
                    f"a re-test of model '{model}' runs already, in process {holder}; wait for it"
                ) from None
            file.seek(0)
            file.truncate()
            file.write(f"{os.getpid()}\n")
            file.flush()
            yield

    def begin(self, run: Run) -> None:
        """Make a run's folder and write it; forget the model's oldest runs where there are many."""
        self.folder(run.id, run.model).mkdir(parents=True, exist_ok=True)
        self.write(run)
        for old in self._paths(run.model)[KEPT:]:
            self._ended.pop(old, None)
            shutil.rmtree(old.parent, ignore_errors=True)

    def write(self, run: Run) -> None:
        """Write a run as it is now; a crash leaves the old file or the new one.

        Raises OSError where it cannot be written.
        """
        path = self.folder(run.id, run.model) / RUN
        new = path.with_name(f".{RUN}.new")
        with new.open("wb") as file:
            file.write(msgspec.json.encode(run))
            if run.state is not State.RUNNING:
                file.flush()
                os.fsync(file.fileno())
        new.replace(path)

    def runs(self, model: str) -> list[Run]:
        """Return the runs of a model, the newest first; a file that cannot be read is left out."""
        found = [self._read(path) for path in self._paths(model)]
        return [run for run in found if run is not None]

    def running(self, model: str) -> Run | None:
        """Return the newest run of a model if it has not ended."""
        newest = self._paths(model)[:1]
        run = self._read(newest[0]) if newest else None
        return run if run is not None and run.state is State.RUNNING else None

    def queries_since(self, model: str, since_ms: int) -> int:
        """Return how many records the runs that began since a time have sent to the model."""
        return sum(run.queries for run in self.runs(model) if started_ms(run) >= since_ms)

    def mend(self, model: str) -> list[Run]:
        """End the runs whose process is gone as interrupted, and return them.

        Does nothing while a process holds the model: its run goes on.
        """
        if not self._begun(model):
            return []
        try:
            with self.lock(model):
                # One that has ended since is none of them any more.
                return [self.interrupt(run, CUT_OFF) for run in self._begun(model)]
        except BusyError:
            return []

    def _begun(self, model: str) -> list[Run]:
        return [run for run in self.runs(model) if run.state is State.RUNNING]

    def interrupt(self, run: Run, reason: str) -> Run:
        """End a run that did not end itself, and return it."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        ended = msgspec.structs.replace(
            run, state=State.INTERRUPTED, ended=now, doing="", reason=reason
        )
        self.write(ended)
        return ended

    def _paths(self, model: str) -> list[Path]:
        """Return the files of a model's runs, the newest first; ids sort by time."""
        folder = self.model_folder(model)
        try:
            names = [name for name in os.listdir(folder) if name[:1].isdigit()]  # noqa: PTH208
        except FileNotFoundError:
            return []
        return [folder / name / RUN for name in sorted(names, reverse=True)]

    def _read(self, path: Path) -> Run | None:
        known = self._ended.get(path)
        if known is not None:
            return known
        try:
            run = msgspec.json.decode(path.read_bytes(), type=Run)
        except (OSError, msgspec.MsgspecError) as error:
            log.warning("retest_run_not_read", file=str(path), error=str(error))
            return None
        if run.state is not State.RUNNING:
            self._ended[path] = run
        return run


def started_ms(run: Run) -> int:
    """Return when a run began, in ms."""
    return round(datetime.fromisoformat(run.started).timestamp() * 1000)
