"""The marks of a model's schedules on the disk."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import structlog

from monitor.retest.schedule import Mark

log = structlog.get_logger()


class MarkFile:
    """How far the schedules of a model are, by re-test; what is changed is written at once."""

    def __init__(self, folder: Path) -> None:
        """Read what is stored in a folder; what cannot be read is begun anew."""
        self._path = folder / "schedule.json"
        self._marks: dict[str, Mark] = {}
        try:
            self._marks = msgspec.json.decode(self._path.read_bytes(), type=dict[str, Mark])
        except FileNotFoundError:
            pass
        except (OSError, msgspec.MsgspecError) as error:
            log.warning("retest_schedule_not_read", file=str(self._path), error=str(error))

    def take_up(self, retest: str, now_ms: int) -> Mark:
        """Return where a process begins; a re-test that is new begins now."""
        return self._change(retest, lambda mark: mark.resumed(), Mark(now_ms, now_ms))

    def begin(self, retest: str, now_ms: int) -> None:
        """Note that the run that is due begins."""
        self._change(retest, lambda mark: mark.begin(now_ms))

    def take_back(self, retest: str) -> None:
        """Note that it did not begin after all."""
        self._change(retest, lambda mark: Mark(mark.since, mark.done, 0, mark.tries - 1))

    def end(self, retest: str) -> int:
        """Note that it has ended; return up to when runs are made."""
        return self._change(retest, lambda mark: mark.end()).done

    def _change(
        self, retest: str, change: Callable[[Mark], Mark], missing: Mark | None = None
    ) -> Mark:
        old = self._marks.get(retest, missing)
        assert old is not None, "every re-test is taken up first"
        changed = change(old)
        if self._marks.get(retest) != changed:
            self._marks[retest] = changed
            self._write()
        return changed

    def _write(self) -> None:
        """Store the marks; where that fails runs go on, and one may be made twice."""
        new = self._path.with_name(f".{self._path.name}.new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            new.write_bytes(msgspec.json.encode(self._marks))
            new.replace(self._path)
        except OSError as error:
            log.error("retest_schedule_not_written", file=str(self._path), error=str(error))
