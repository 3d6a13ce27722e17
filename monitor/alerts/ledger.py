"""The actions that alerts started, on the disk: a restart neither repeats nor forgets one."""

import os
import threading
from enum import StrEnum
from pathlib import Path

import msgspec

from monitor.archive import sync_folder

KEPT = 10_000
"""Actions that are kept; while one is, its alert starts no other."""


class ActionState(StrEnum):
    """How far an action is."""

    WAITING = "waiting"
    BEGUN = "begun"
    DONE = "done"
    FAILED = "failed"


class Action(msgspec.Struct, frozen=True):
    """One action: what is done for which model, because of which firing of which alert.

    alert: its key. action: a re-test's name, or rebuild_reference. noted, begun: unix time in ms,
    0 for not yet. tries: how often it was begun. problem: why it failed, "" where it did not.
    """

    alert: str
    alertname: str
    model: str
    action: str
    noted: int
    state: ActionState = ActionState.WAITING
    begun: int = 0
    tries: int = 0
    problem: str = ""

    @property
    def ended(self) -> bool:
        """Whether nothing is left to do."""
        return self.state in (ActionState.DONE, ActionState.FAILED)


class LedgerError(OSError):
    """The ledger cannot be read; the message says what to do."""


class Ledger:
    """Every action by its alert, the oldest first; for any thread. Changes are on the disk."""

    def __init__(self, path: Path) -> None:
        """Read what there is. Raises LedgerError where that is damaged."""
        self._path = path
        self._lock = threading.Lock()
        self._actions: dict[str, Action] = {}
        try:
            found = msgspec.json.decode(path.read_bytes(), type=list[Action])
        except FileNotFoundError:
            return
        except (OSError, msgspec.MsgspecError) as error:
            raise LedgerError(
                f"{path} cannot be read: {error}; restore it, or remove it: alerts that fire now "
                "may then start their actions again"
            ) from error
        self._actions = {each.alert: each for each in found}

    def all(self) -> list[Action]:
        """Return the actions, the oldest first."""
        with self._lock:
            return list(self._actions.values())

    def find(self, alert: str) -> Action | None:
        """Return the action that an alert started."""
        return self._actions.get(alert)

    def last(self, model: str, action: str) -> Action | None:
        """Return the newest action of this kind for a model."""
        same = (each for each in reversed(self.all()) if each.model == model)
        return next((each for each in same if each.action == action), None)

    def put(self, action: Action) -> None:
        """Keep an action as it is now. Raises OSError where it cannot be written: it is not."""
        with self._lock:
            changed = self._actions | {action.alert: action}
            over = len(changed) - KEPT
            for old in [each for each in changed.values() if each.ended][: max(0, over)]:
                del changed[old.alert]
            self._write(list(changed.values()))
            self._actions = changed

    def _write(self, actions: list[Action]) -> None:
        new = self._path.with_name(f".{self._path.name}.new")
        with new.open("wb") as file:
            file.write(msgspec.json.encode(actions))
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._path)
        sync_folder(self._path.parent)
