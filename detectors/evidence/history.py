"""The exponential histogram of a stream's blocks, of what the evidence observes alone."""

from dataclasses import dataclass, field
from operator import itemgetter

from detectors.evidence.observed import Observed
from detectors.windows import merge_overfull


@dataclass(slots=True)
class History:
    """Buckets, newest first, as detectors.windows.Windows keeps them of whole summaries.

    longest: blocks after which a bucket is too old. buckets: (level, bucket), a bucket of level
    l is of 2**l blocks that held records.
    """

    longest: int
    buckets: list[tuple[int, Observed]] = field(default_factory=list)

    def push(self, newest: Observed) -> list[Observed]:
        """Add a block and return the buckets."""
        kept = [each for each in self.buckets if each[1].last > newest.last - self.longest]
        self.buckets = merge_overfull([(0, newest), *kept], itemgetter(0), _merged)
        return [bucket for _, bucket in self.buckets]


def _merged(newer: tuple[int, Observed], older: tuple[int, Observed]) -> tuple[int, Observed]:
    return newer[0] + 1, newer[1] + older[1]
