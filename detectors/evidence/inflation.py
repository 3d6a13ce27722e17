"""Variance inflation: how much more a real stream's windows wander than independent records."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtri

from detectors.counts import FloatArray, IntArray

QUANTILES = (0.9, 0.98, 0.995)
LONGEST_SHARE = 4
"""No window longer than this part of the reference can be calibrated, so none is used."""

MOST_STEPS = 40


@dataclass(frozen=True, slots=True)
class Inflation:
    """Variance of a window's mean score over that of independent records, by window length.

    lengths: (n,), in blocks, increasing. parts: (parts, n) and dense: (dense parts, n), at
    least 1, never decreasing: of the typical stream of each part of the bets, and of the dense
    group.
    streams: (streams,), at least 1, by how much a stream wanders more than its part.
    A window takes the value of the next longer length; one longer than all has no evidence.
    """

    lengths: IntArray
    parts: FloatArray
    dense: FloatArray
    streams: FloatArray

    @classmethod
    def none(cls, parts: int, dense: int, streams: int) -> "Inflation":
        """Return the inflation of independent records: 1 for every window and stream."""
        longest = np.array([np.iinfo(np.int64).max])
        return cls(longest, np.ones((parts, 1)), np.ones((dense, 1)), np.ones(streams))

    def rare(self, blocks: IntArray) -> FloatArray:
        """Return what log Bayes factors of rare bins are divided by; (windows,), inf if unknown."""
        highest = self.parts.max(axis=0, initial=1.0)
        place = np.searchsorted(self.lengths, blocks)
        return np.where(place < len(highest), highest[np.minimum(place, len(highest) - 1)], np.inf)

    def effective(
        self, phi: FloatArray, blocks: IntArray, records: FloatArray, reference: float
    ) -> FloatArray:
        """Return h m = m / (phi_w + phi_max m / N) of windows; shape (rows, windows).

        phi: (rows, n), ``parts`` or ``dense``. blocks, records: (windows,), their lengths and
        record counts. reference: N. The factor carries the reference's own sampling error, so
        h m never exceeds N / phi_max.
        """
        place = np.searchsorted(self.lengths, blocks)
        at = phi[:, np.minimum(place, len(self.lengths) - 1)]
        size = records / (at + phi[:, -1:] * (records / reference))
        return np.where(place < len(self.lengths), size, 0.0)


def window_lengths(blocks: int) -> IntArray:
    """Return 1, 2, 3, 4, 6, 8, 12, ... up to what a reference of so many blocks can show."""
    powers = 2 ** np.arange(MOST_STEPS)
    lengths = np.unique(np.concatenate([powers, 3 * powers]))
    return lengths[lengths <= max(1, blocks // LONGEST_SHARE)]


def scaled_windows(residuals: FloatArray, records: FloatArray, length: int) -> FloatArray:
    """Return sqrt(m) times the mean residual of every window of ``length`` blocks.

    residuals: (blocks, streams), mean scores of blocks less their season. records: (blocks,).
    Returns shape (blocks - length + 1, streams).
    """
    start = np.zeros((1, residuals.shape[1]))
    sums = np.concatenate([start, np.cumsum(residuals * records[:, None], axis=0)])
    totals = np.concatenate([[0.0], np.cumsum(records)])
    size = np.maximum(totals[length:] - totals[:-length], 1.0)
    scaled: FloatArray = (sums[length:] - sums[:-length]) / np.sqrt(size)[:, None]
    return scaled


def typical_inflation(squares: FloatArray, length: int, degrees: int) -> float:
    """Return the inflation of the typical stream, matched to tails and not only to variance.

    squares: (windows, streams), which would be chi-square with ``degrees`` degrees of freedom
    were records independent. The largest of the mean's and of upper quantiles' ratios to that,
    each the median over streams.
    """
    chance = float(length) / len(squares)
    levels = [level for level in (*QUANTILES, 1 / (1 + chance)) if 1 - level >= chance / 2]
    quantiles = (
        np.quantile(squares, levels, axis=0) / chdtri(degrees, 1 - np.array(levels))[:, None]
    )
    typical = np.median(np.vstack([squares.mean(axis=0) / degrees, quantiles]), axis=1)
    return max(1.0, float(typical.max()))


def uncertainty(length: int, blocks: int) -> float:
    """Return what an inflation is multiplied by, as so few windows know it badly."""
    return 1 + 2 * float(np.sqrt(2 * length / blocks))


def folds(times_ms: IntArray, day_ms: int) -> Iterator[tuple[IntArray, IntArray]]:
    """Yield (fitted, held out) blocks: every second day, or second half where there is one day."""
    days = times_ms // day_ms
    side = (days - days[0]) % 2 if days[-1] > days[0] else np.arange(len(days)) * 2 // len(days)
    for held_out in (0, 1):
        yield np.flatnonzero(side != held_out), np.flatnonzero(side == held_out)
