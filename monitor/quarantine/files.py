"""A quarantine in files: JSON lines in a folder that never grows beyond a size."""

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
import structlog

from monitor.archive import sync_folder
from monitor.decode.batch import Reject
from monitor.quarantine.quarantine import QuarantineError, QuarantineRecord

log = structlog.get_logger()

FILES = 10
"""Into about how many files the size is divided; the oldest one is removed as a whole."""

_NAME = re.compile(r"rejects-(\d{20})\.jsonl")


class FileQuarantine:
    """Keeps rejected records as lines of ``rejects-<position>.jsonl`` in a folder.

    A position is the number of bytes of all lines ever written. A file is named after the
    position of its first line, so that the folder alone tells where each line belongs.
    """

    def __init__(self, folder: Path, max_bytes: int, position: int) -> None:
        """Open the folder, make it if need be, and forget what lies behind ``position``.

        max_bytes: how much the files may hold together. Raises QuarantineError if the folder
        cannot be used.
        """
        self.written = self.failures = self.dropped = 0
        self._folder = folder
        self._max_bytes = max_bytes
        self._file_bytes = max(1, max_bytes // FILES)
        self._file = -1
        self._unsafe = self._failing = False
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._sizes = _truncate(folder, position)
            self._open_last(position)
            self._make_room(0)
        except OSError as error:
            raise QuarantineError(f"quarantine.file: {folder} cannot be used: {error}") from None

    def put(self, rejects: Sequence[Reject]) -> None:
        """Write rejected records, for which the oldest of all make room."""
        waiting: list[bytes] = []
        size = self._size
        for reject in rejects:
            line = msgspec.json.encode(QuarantineRecord.of(reject)) + b"\n"
            if len(line) > self._max_bytes:
                self.dropped += 1
                continue
            if size and size + len(line) > self._file_bytes:
                self._write(waiting)
                self._begin_file()
                waiting, size = [], 0
            waiting.append(line)
            size += len(line)
        self._write(waiting)

    def flush(self) -> None:
        """Return once what was written is on the disk; raises OSError if it is not."""
        if self._unsafe:
            os.fsync(self._file)
            self._unsafe = False

    def position(self) -> int:
        """Return the number of bytes of all lines ever written."""
        return self._start + self._size

    def close(self) -> None:
        """Close the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    @property
    def _start(self) -> int:
        return next(reversed(self._sizes))

    @property
    def _size(self) -> int:
        return self._sizes[self._start]

    def _write(self, lines: list[bytes]) -> None:
        block = b"".join(lines)
        try:
            self._make_room(len(block))
            _write_at(self._file, block, self._size)
        except OSError as error:
            self.failures += len(lines)
            self._tell(error)
            with suppress(OSError):
                os.ftruncate(self._file, self._size)
            return
        self._failing = False
        self._unsafe = self._unsafe or bool(lines)
        self._sizes[self._start] += len(block)
        self.written += len(lines)

    def _begin_file(self) -> None:
        """Go on in a new file; where that fails, in the old one."""
        try:
            self.flush()
            self._open(self.position())
        except OSError as error:
            self._tell(error)

    def _open_last(self, position: int) -> None:
        last = next(reversed(self._sizes), None)
        continues = last is not None and last + self._sizes[last] == position
        self._open(last if continues and last is not None else position)

    def _open(self, start: int) -> None:
        path = self._folder / f"rejects-{start:020d}.jsonl"
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o640)
        self.close()
        self._file = file
        self._sizes.setdefault(start, 0)
        sync_folder(self._folder)

    def _make_room(self, size: int) -> None:
        """Remove the oldest files, but not the last one, until ``size`` bytes fit."""
        while sum(self._sizes.values()) + size > self._max_bytes and len(self._sizes) > 1:
            oldest = next(iter(self._sizes))
            path = self._folder / f"rejects-{oldest:020d}.jsonl"
            with suppress(FileNotFoundError):
                self.dropped += path.read_bytes().count(b"\n")
                path.unlink()
            del self._sizes[oldest]

    def _tell(self, error: OSError) -> None:
        if not self._failing:
            log.error("quarantine_failed", folder=str(self._folder), error=str(error))
        self._failing = True


def _truncate(folder: Path, position: int) -> dict[int, int]:
    """Remove what lies behind a position; return each file's start and size, in order."""
    names = [_NAME.fullmatch(each.name) for each in folder.iterdir()]
    starts = sorted(int(match[1]) for match in names if match)
    sizes = {}
    for start in starts:
        path = folder / f"rejects-{start:020d}.jsonl"
        if start >= position:
            path.unlink()
            continue
        size = path.stat().st_size
        if start + size > position:
            size = position - start
            os.truncate(path, size)
        sizes[start] = size
    return sizes


def _write_at(file: int, block: bytes, at: int) -> None:
    left = memoryview(block)
    while left:
        count = os.pwrite(file, left, at)
        left, at = left[count:], at + count
