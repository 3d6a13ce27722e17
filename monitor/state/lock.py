"""One daemon at a time on a state folder."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self


class StateLock:
    """An advisory lock on a state folder, freed by the kernel when its holder ends."""

    def __init__(self, folder: Path) -> None:
        """Open the lock file in ``folder``, which must exist and be writable."""
        self._file = (folder / "lock").open("a+")

    def acquire(self) -> bool:
        """Try to take the lock; return whether it is ours now."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        self._file.seek(0)
        self._file.truncate()
        self._file.write(f"{os.getpid()}\n")
        self._file.flush()
        return True

    def holder(self) -> str:
        """Return the process id that the holder wrote down."""
        self._file.seek(0)
        return self._file.read().strip() or "unknown"

    def release(self) -> None:
        """Give the lock back."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()
