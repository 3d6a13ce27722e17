"""What every stream of a model has in common."""

from dataclasses import dataclass

from detectors.evidence.budget import Budget
from detectors.profile import Profile
from monitor.config.grid import Grid

StreamKey = tuple[str, str]
"""Version and segment."""


SILENT_WINDOWS, SILENT_SHARE = 2, 4
"""A stream is over after so many times the longest exported window without a record, or one part
in so many of what is held, if that is longer; batches of a day are no silence."""


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """What every stream of a model has in common."""

    model: str
    profile: Profile
    grid: Grid
    budget: Budget

    @property
    def longest(self) -> int:
        """Blocks that are held."""
        return max(1, self.grid.longest // self.grid.block)

    @property
    def longest_exported(self) -> int:
        """Blocks of the longest window whose statistics are exported."""
        return max((blocks for _, blocks in self.grid.windows), default=1)

    @property
    def silence(self) -> int:
        """Blocks without a record after which a stream is over, such as of a retired version."""
        return max(SILENT_WINDOWS * self.longest_exported, self.longest // SILENT_SHARE)

    def start_ms(self, block: int) -> int | None:
        """Return when a block begins; None where blocks are of rows."""
        return None if self.grid.by_rows else block * self.grid.block

    def middle_ms(self, block: int) -> int | None:
        """Return the middle of a block; None where blocks are of rows."""
        return None if self.grid.by_rows else block * self.grid.block + self.grid.block // 2
