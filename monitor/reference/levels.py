"""The categories of a column: counted exactly, as long as there are not too many."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

MOST_LEVELS = 50_000
MOST_CHARACTERS = 5_000_000
"""Columns with more levels, or with more text in them, are not counted exactly."""


@dataclass(frozen=True, slots=True)
class Levels:
    """The levels of a column, most frequent first, equally frequent ones by text.

    complete: whether these are all; otherwise they are those of a sample.
    """

    names: tuple[str, ...]
    complete: bool


class LevelCounter:
    """Counts the levels of a column; gives up where there are too many to keep."""

    def __init__(self) -> None:
        self._counts: Counter[str] | None = Counter()
        self._characters = 0

    def add(self, counts: Mapping[str, int]) -> None:
        """Take how many rows of a batch have each level."""
        if self._counts is None:
            return
        self._characters += sum(len(level) for level in counts.keys() - self._counts.keys())
        self._counts.update(counts)
        if len(self._counts) > MOST_LEVELS or self._characters > MOST_CHARACTERS:
            self._counts = None

    def levels(self, sample: Iterable[str | None]) -> Levels:
        """Return the levels. sample: of the column, for where there were too many."""
        counts = self._counts
        if counts is None:
            counts = Counter(level for level in sample if level is not None)
        names = sorted(counts, key=lambda level: (-counts[level], level))
        return Levels(tuple(names), self._counts is not None)
