"""What a reference is calibrated for: how streams are cut into blocks, and their budget."""

from dataclasses import dataclass

from monitor.config.durations import format_duration


@dataclass(frozen=True, slots=True)
class Plan:
    """How the streams that a reference is for are cut into blocks and watched.

    block: in ms of event time; in rows where by_rows. longest: blocks of the longest window.
    pages: false ones that page_blocks blocks may have. warm_up: blocks in which nothing pages
    where a reference is not calibrated.
    """

    block: int
    by_rows: bool
    longest: int
    pages: float
    page_blocks: float
    warm_up: int

    def words(self, blocks: int) -> str:
        """Return so many blocks in words, such as '14d', or '336 blocks' of rows."""
        return f"{blocks:,} blocks" if self.by_rows else format_duration(blocks * self.block)
