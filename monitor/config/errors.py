"""What is wrong with a configuration, one line a problem."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

LONGEST_SHOWN = 80


class ConfigError(Exception):
    """The configuration cannot be used; each problem names a key, its value and the mend.

    path: the file, as the user named it. problems: what is wrong, one entry each; an entry
    starts with the dotted key. No entry holds a secret.
    """

    def __init__(self, path: Path, problems: Sequence[str]) -> None:
        """Take the file and at least one problem."""
        self.path = path
        self.problems = list(problems)
        super().__init__(path, self.problems)

    def __str__(self) -> str:
        count = len(self.problems)
        lines = [f"{self.path}: {count} {'problem' if count == 1 else 'problems'}"]
        return "\n".join(lines + [f"  {problem}" for problem in self.problems])


class ClashError(ValueError):
    """Keys of one section that are right alone and wrong together.

    problems: (key below the section, what is wrong with it).
    """

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        """Take at least one problem."""
        self.problems = list(problems)
        super().__init__("; ".join(f"{key}: {wrong}" for key, wrong in self.problems))


def show_value(value: Any) -> str:
    """Return a value about as the user wrote it, or its type where it is long."""
    match value:
        case bool():
            return str(value).lower()
        case dict():
            return "a mapping"
        case list() | tuple():
            return "a list"
        case str() if len(value) > LONGEST_SHOWN:
            return f"{value[:LONGEST_SHOWN]!r}…"
        case _:
            return repr(value)


def raise_clashes(problems: Sequence[tuple[str, str]]) -> None:
    """Raise ClashError where there is any problem."""
    if problems:
        raise ClashError(problems)
