"""The exponential histogram of a stream's blocks, of what the evidence observes alone."""

from dataclasses import dataclass, field

from detectors.evidence.observed import Observed
from detectors.windows import BUCKETS_PER_SIZE


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
        self.buckets = [(0, newest), *kept]
        start = 0
        while start < len(self.buckets):
            level = self.buckets[start][0]
            end = start + sum(each[0] == level for each in self.buckets[start:])
            if end - start <= BUCKETS_PER_SIZE:
                break
            newer, older = self.buckets[end - 2 : end]
            self.buckets[end - 2 : end] = [(level + 1, newer[1] + older[1])]
            start = end - 2
        return [bucket for _, bucket in self.buckets]
