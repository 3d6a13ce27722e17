"""What the evidence needs of a bucket of blocks: counts, and sums that add like them."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from detectors.counts import FloatArray, IntArray
from detectors.evidence.season import HARMONICS

NO_CLOCK: FloatArray = np.zeros(HARMONICS)
NO_EXTRA: FloatArray = np.zeros(0)


@dataclass(frozen=True, slots=True)
class Observed:
    """Consecutive blocks of a stream, from block ``first`` to block ``last``.

    counts: (features, WIDTH). clock: (HARMONICS,), sum over blocks of records times the
    season's basis at the block. extra: sums of derived columns, then the moved moments, as
    Closing.extra gives them.
    """

    first: int
    last: int
    records: int
    counts: IntArray
    clock: FloatArray
    extra: FloatArray

    @classmethod
    def block(
        cls,
        block: int,
        records: int,
        counts: IntArray,
        clock: FloatArray = NO_CLOCK,
        extra: FloatArray = NO_EXTRA,
    ) -> "Observed":
        """Return one block; clock: the season's basis at it, shape (HARMONICS,)."""
        return cls(block, block, records, counts, records * clock, extra)

    def __add__(self, other: Self) -> "Observed":
        return Observed(
            first=min(self.first, other.first),
            last=max(self.last, other.last),
            records=self.records + other.records,
            counts=self.counts + other.counts,
            clock=self.clock + other.clock,
            extra=self.extra + other.extra,
        )

    @property
    def vector(self) -> FloatArray:
        """All that streams are linear in: the counts, row by row, then the derived sums."""
        flat: FloatArray = np.concatenate([self.counts.ravel(), self.extra])
        return flat
