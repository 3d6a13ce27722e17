"""The season of a stream: what its mean scores do by the clock."""

from dataclasses import dataclass

import numpy as np

from detectors.counts import FloatArray, IntArray

DAY_MS = 86_400_000
WEEK_DAYS = 7
EPOCH_WEEKDAY = 3
"""1970-01-01 was a Thursday; Monday is day 0."""

DAILY = 4
"""Harmonics of the day: as many as the highest score, whose mean is of that degree in a sine."""

HARMONICS = 2 + 2 * DAILY
"""Numbers in the basis: one, the weekend, and a cosine and a sine of each harmonic."""

CLOCK_GRID = 2.0**20
"""The basis lies on a grid of 1 / CLOCK_GRID, so that its sums are exact in any order."""

WEEKEND = 1
"""Place of the weekend in the basis."""

WEEKEND_NEEDS_DAYS = 13
"""So many days, from wherever they start, show at least three days of two weekends."""
DAY_NEEDS_DAYS = 2
"""A season fitted on less than its own length is no season once that time is over."""


def basis(times_ms: IntArray) -> FloatArray:
    """Return the season's basis at some times; shape (times, HARMONICS), in UTC."""
    days = np.asarray(times_ms) / DAY_MS
    weekend = (np.floor(days).astype(np.int64) + EPOCH_WEEKDAY) % WEEK_DAYS >= 5
    columns = [np.ones_like(days), weekend.astype(np.float64)]
    for harmonic in range(1, DAILY + 1):
        angle = 2 * np.pi * harmonic * (days % 1)
        columns += [np.cos(angle), np.sin(angle)]
    return np.rint(np.stack(columns, axis=1) * CLOCK_GRID) / CLOCK_GRID


def place_by_clock(middle_ms: int | None, records: int) -> FloatArray:
    """Return records times the season's basis at a block; (HARMONICS,).

    middle_ms: of the block; None where blocks have no time, and so no season but a mean.
    """
    by_clock = np.eye(1, HARMONICS) if middle_ms is None else basis(np.array([middle_ms]))
    clock: FloatArray = records * by_clock[0]
    return clock


@dataclass(frozen=True, slots=True)
class Season:
    """Seasonal mean of every stream.

    coefficients: of the basis, (streams, HARMONICS). day_blocks: blocks of a day.
    """

    coefficients: FloatArray
    day_blocks: float = 1.0

    @classmethod
    def none(cls, streams: int) -> "Season":
        """Return the season of streams that have none."""
        return cls(np.zeros((streams, HARMONICS)))

    @classmethod
    def fit(
        cls, means: FloatArray, clock: FloatArray, records: FloatArray, days: float
    ) -> "Season":
        """Fit by least squares on the mean scores of blocks, weighted by their records.

        means: (blocks, streams). clock: (blocks, HARMONICS), the basis at each. records:
        (blocks,). days: that the reference spans; the hours of the day take part from
        DAY_NEEDS_DAYS on, the weekend from WEEKEND_NEEDS_DAYS on.
        """
        varies = np.ptp(clock, axis=0) > 0
        varies[0] = True
        varies[WEEKEND] &= days >= WEEKEND_NEEDS_DAYS
        varies[WEEKEND + 1 :] &= days >= DAY_NEEDS_DAYS
        root = np.sqrt(records)[:, None]
        # Least squares through the few columns of the basis: a copy of all means would be large.
        solver = np.linalg.pinv(root * clock[:, varies]) * root.T
        coefficients = np.zeros((means.shape[1], HARMONICS))
        coefficients[:, varies] = (solver @ means).T
        return cls(coefficients)

    def sums(self, clock: FloatArray) -> FloatArray:
        """Return the seasonal part of each stream's sum of scores.

        clock: (..., HARMONICS), records times basis summed over blocks. Shape (..., streams).
        """
        sums: FloatArray = clock @ self.coefficients.T
        return sums
