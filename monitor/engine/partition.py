"""What a model remembers of one partition: position, watermark, versions and recent ids."""

from dataclasses import dataclass, field

import numpy as np

from detectors.counts import BoolArray, IntArray
from monitor.engine.duplicates import RecentIds
from monitor.engine.versions import Versions

NEVER = np.iinfo(np.int64).min


@dataclass(slots=True)
class PartitionState:
    """The facts of one partition's log up to a position.

    position: the next offset to read, None before the first chunk. newest_ms: the newest event
    time so far, NEVER before the first record. heard_ms: the wall clock when its last record
    came, when it was first looked at or was last not at its end; None before, and again after a
    restart, as it is no fact of the log. rows: its records so far, where they are the only time
    that there is.
    """

    versions: Versions
    recent: RecentIds = field(default_factory=RecentIds)
    position: int | None = None
    newest_ms: int = NEVER
    rows: int = 0
    heard_ms: int | None = None

    def watermark_ms(self, lateness_ms: int) -> int | None:
        """Return the event time before which a record of this partition is late."""
        return None if self.newest_ms == NEVER else self.newest_ms - lateness_ms

    def number(self, records: int) -> IntArray:
        """Return the row numbers of the next records, which stand for their times."""
        numbers = np.arange(self.rows, self.rows + records)
        self.rows += records
        return numbers

    def advance(self, times: IntArray) -> IntArray:
        """Take the next records' event times; return the newest time up to each of them."""
        newest: IntArray = np.maximum.accumulate(times)
        np.maximum(newest, self.newest_ms, out=newest)
        self.newest_ms = int(newest[-1])
        return newest


def blocks_of(
    times: IntArray, newest: IntArray, lateness_ms: int, block_ms: int, first_open: int
) -> tuple[IntArray, BoolArray]:
    """Return the block of each record of a partition, and which of them are late.

    times, newest: (n,), each record's event time and the partition's newest one so far, in ms.
    first_open: the oldest block that the model has not closed. A late record belongs to the
    oldest block that its own partition's watermark has not passed.
    """
    own = times // block_ms
    oldest = np.maximum((newest - lateness_ms) // block_ms, first_open)
    return np.maximum(own, oldest), own < oldest
