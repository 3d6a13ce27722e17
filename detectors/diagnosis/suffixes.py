"""What the windows of a stream hold, as arrays over all windows that end with its newest block."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.cells import MISSING, VALUE_BINS
from detectors.counts import FloatArray, IntArray
from detectors.grids import SUM_GRID
from detectors.summary import Summary
from detectors.windows import Windows


@dataclass(frozen=True, slots=True)
class Suffixes:
    """Sums over W windows, the shortest first.

    first: (W,), each one's first block; all end with block ``last``. records, outlying: (W,).
    counts: (W, features, WIDTH). invalid: (W, features + embeddings). sums, squares: (W,
    numeric), of standardised values. low, high: (W, numeric), smallest and largest values.
    clock: (W, HARMONICS), as in Observed.
    """

    first: IntArray
    last: int
    records: FloatArray
    outlying: FloatArray
    counts: FloatArray
    invalid: FloatArray
    sums: FloatArray
    squares: FloatArray
    low: FloatArray
    high: FloatArray
    clock: FloatArray

    @classmethod
    def of(cls, windows: Windows[Summary], since: int, longest: int) -> "Suffixes | None":
        """Return those of ``longest`` blocks at the most; None where no record is in them.

        since: the first block that any of them may start with.
        """
        oldest = max(since, windows.buckets[0].last - longest + 1) if windows.buckets else since
        buckets = [bucket for bucket in windows.buckets if bucket.first >= oldest]
        held = [bucket.summary for bucket in buckets]
        if not any(each.records for each in held):
            return None
        return cls(
            first=np.array([bucket.first for bucket in buckets]),
            last=buckets[0].last,
            records=np.cumsum([float(each.records) for each in held]),
            outlying=np.cumsum([float(each.outlying) for each in held]),
            counts=_running(each.counts for each in held),
            invalid=_running(each.invalid for each in held),
            sums=_running(each.sums for each in held) / SUM_GRID,
            squares=_running(each.squares for each in held) / SUM_GRID**2,
            low=np.minimum.accumulate([each.low for each in held]),
            high=np.maximum.accumulate([each.high for each in held]),
            clock=_running(bucket.clock for bucket in buckets),
        )

    def __len__(self) -> int:
        return len(self.first)

    @property
    def blocks(self) -> IntArray:
        """Length of each window; (W,)."""
        return self.last - self.first + 1

    @property
    def present(self) -> FloatArray:
        """Records with a value; (W, features)."""
        present: FloatArray = self.records[:, None] - self.counts[:, :, MISSING]
        return present

    def starting(self, first: int) -> int:
        """Return the place of the shortest window that reaches back to block ``first``."""
        return int(np.argmax(self.first <= first)) if (self.first <= first).any() else -1

    def moments(self) -> tuple[FloatArray, FloatArray]:
        """Return mean and sd of the standardised values; (W, numeric), nan without any value."""
        values = self.counts[:, : self.sums.shape[1], :VALUE_BINS].sum(axis=2)
        return mean_and_sd(values, self.sums, self.squares)


def mean_and_sd(
    values: FloatArray, sums: FloatArray, squares: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return mean and sd of so many values with these sums, nan where there is none."""
    some = np.where(values > 0, values, np.nan)
    mean = sums / some
    return mean, np.sqrt(np.maximum(squares / some - mean**2, 0.0))


def _running(parts: Iterator[NDArray[np.int64]] | Iterator[FloatArray]) -> FloatArray:
    """Return running sums: many times faster than np.cumsum along the first axis."""
    rows = list(parts)
    sums = np.empty((len(rows), *rows[0].shape))
    sums[0] = rows[0]
    for place in range(1, len(rows)):
        np.add(sums[place - 1], rows[place], out=sums[place])
    return sums
