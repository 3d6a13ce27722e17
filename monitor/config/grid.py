"""How a model's records are cut into blocks, whether by event time or by rows."""

from collections.abc import Iterable
from dataclasses import dataclass

from monitor.config.durations import format_duration
from monitor.config.windows import BLOCK, Window

LONGEST_BLOCKS = 10_000
WINDOWS_OF_BLOCKS = (1, 10, 100)


@dataclass(frozen=True, slots=True)
class Grid:
    """Blocks, and the windows over them.

    block, lateness, longest: in ms of event time; in rows of a partition where by_rows.
    windows: name and length in blocks of each exported window.
    """

    block: int
    lateness: int
    longest: int
    windows: tuple[tuple[str, int], ...]
    by_rows: bool

    @classmethod
    def of_time(cls, block: int, lateness: int, longest: int, windows: Iterable[Window]) -> "Grid":
        """Return a grid over event time; a window is rounded up to whole blocks."""
        lengths = tuple((each.name, max(1, -(-each.length_ms // block))) for each in windows)
        return cls(block, lateness, longest, lengths, by_rows=False)

    @classmethod
    def of_rows(cls, rows: int) -> "Grid":
        """Return a grid over the rows of each partition, for records without any time."""
        names = (BLOCK, *(f"{length} blocks" for length in WINDOWS_OF_BLOCKS[1:]))
        windows = tuple(zip(names, WINDOWS_OF_BLOCKS, strict=True))
        return cls(rows, 0, LONGEST_BLOCKS * rows, windows, by_rows=True)

    @property
    def block_words(self) -> str:
        """The length of a block, in words."""
        return say_block(self.block, self.by_rows)


def say_block(block: int, by_rows: bool) -> str:
    """Return the length of a block in words, such as '1m' or '1,000 rows'."""
    return f"{block:,} rows" if by_rows else format_duration(block)
