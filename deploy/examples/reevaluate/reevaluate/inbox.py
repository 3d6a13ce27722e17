"""Events on disk: kept before they are acknowledged, and until their result is posted."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

import msgspec

from monitor.events.event import Event

EVENT, DONE = "event.json", "done"
ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Case:
    """One event and what was made of it: a folder with a file for each step that is done."""

    folder: Path

    @property
    def id(self) -> str:
        """The event's id."""
        return self.folder.name

    @property
    def event(self) -> Event:
        """The event, as it was received."""
        return msgspec.json.decode((self.folder / EVENT).read_bytes(), type=Event)

    @property
    def received_s(self) -> float:
        """When it was received, in s since 1970."""
        return (self.folder / EVENT).stat().st_mtime

    @property
    def done(self) -> bool:
        """Whether nothing is left to do."""
        return (self.folder / DONE).exists()

    def finish(self, how: str) -> None:
        """Note that nothing is left to do, and why."""
        self.write(DONE, how.encode())

    def read(self, name: str) -> bytes | None:
        """Return a file, None where its step is not done."""
        path = self.folder / name
        return path.read_bytes() if path.exists() else None

    def write(self, name: str, content: bytes) -> None:
        """Write a file so that a crash leaves the old one or the new one; on disk on return."""
        new = self.folder / f".{name}.new"
        with new.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.folder / name)
        _sync(self.folder)


class Inbox:
    """The cases of a folder, one folder each."""

    def __init__(self, folder: Path) -> None:
        """Take the folder, which is made where it does not exist."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    def take(self, body: bytes) -> tuple[Case, bool]:
        """Keep an event; return its case and whether it is new. On disk on return.

        body: the CloudEvent. Raises ValueError for what is none, or has no id for a folder's name.
        """
        event = msgspec.json.decode(body, type=Event)
        if not ID.fullmatch(event.id):
            raise ValueError(f"id {event.id!r} is none of driftd's: 1 to 64 letters and digits")
        case = Case(self._folder / event.id)
        if (case.folder / EVENT).exists():
            return case, False
        case.folder.mkdir(exist_ok=True)
        case.write(EVENT, body)
        _sync(self._folder)
        return case, True

    def find(self, event_id: str) -> Case | None:
        """Return a case by the id of its event, None where there is none."""
        case = Case(self._folder / event_id)
        return case if ID.fullmatch(event_id) and (case.folder / EVENT).exists() else None

    def waiting(self) -> list[Case]:
        """Return the cases that are not done, the oldest first."""
        found = [Case(each) for each in self._folder.iterdir() if (each / EVENT).exists()]
        return sorted((each for each in found if not each.done), key=lambda each: each.received_s)


def _sync(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
