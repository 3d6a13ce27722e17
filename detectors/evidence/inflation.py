"""Variance inflation: how much more a real stream's windows wander than independent records."""

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtri

from detectors.counts import FloatArray, IntArray

LENGTHS = np.array([1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768])
"""Window lengths in blocks at which inflation is measured; then on by half octaves."""

QUANTILES = (0.9, 0.98, 0.995)
LONGEST_SHARE = 4
"""No window longer than this part of the reference can be calibrated, so none is used."""


@dataclass(frozen=True, slots=True)
class Inflation:
    """Variance of a window's mean score over that of independent records, by window length.

    lengths: (n,), in blocks, increasing. sparse, dense: (n,), at least 1, never decreasing: of
    single streams and of the dense group. A window takes the value of the next longer length;
    one longer than all has no evidence.
    """

    lengths: IntArray
    sparse: FloatArray
    dense: FloatArray

    @classmethod
    def none(cls) -> "Inflation":
        """Return the inflation of independent records: 1 for every window."""
        one = np.ones(1)
        return cls(np.array([np.iinfo(np.int64).max]), one, one)

    def effective(
        self, blocks: IntArray, records: FloatArray, reference: float, dense: bool = False
    ) -> FloatArray:
        """Return h m = m / (phi_w + phi_max m / N) of windows; shape (windows,).

        blocks, records: (windows,), their lengths and record counts. reference: N.
        The factor carries the reference's own sampling error, so it never exceeds N / phi_max.
        """
        phi = self.dense if dense else self.sparse
        place = np.searchsorted(self.lengths, blocks)
        known = place < len(phi)
        at = phi[np.minimum(place, len(phi) - 1)]
        size = records / (at + phi[-1] * records / reference)
        return np.where(known, size, 0.0)

    def at(self, blocks: IntArray) -> FloatArray:
        """Return phi of windows of some lengths, that of the longest known for longer ones."""
        place = np.searchsorted(self.lengths, blocks)
        phi: FloatArray = self.sparse[np.minimum(place, len(self.sparse) - 1)]
        return phi


def measured_lengths(blocks: int) -> IntArray:
    """Return the window lengths that a reference of so many blocks can calibrate."""
    lengths = LENGTHS.tolist()
    while lengths[-1] < blocks:
        lengths += [lengths[-2] * 2, lengths[-1] * 2]
    return np.array([each for each in lengths if each <= max(1, blocks // LONGEST_SHARE)])


def window_means(residuals: FloatArray, records: FloatArray, length: int) -> FloatArray:
    """Return sqrt(records) * mean residual of every window of ``length`` blocks.

    residuals: (blocks, streams), mean scores less season. records: (blocks,).
    Returns shape (blocks - length + 1, streams).
    """
    sums = np.concatenate(
        [np.zeros((1, residuals.shape[1])), np.cumsum(residuals * records[:, None], axis=0)]
    )
    total = np.concatenate([[0.0], np.cumsum(records)])
    size = total[length:] - total[:-length]
    scaled: FloatArray = (sums[length:] - sums[:-length]) / np.sqrt(np.maximum(size, 1))[:, None]
    return scaled


def inflation_of(squared: FloatArray, length: int, degrees: int) -> float:
    """Return the inflation at one window length, matched to tails and not only to variance.

    squared: (windows, streams), squares that would be chi-square with ``degrees`` degrees of
    freedom were records independent. The largest, median over streams, of the ratios of means
    and of upper quantiles, raised by what so few windows leave unknown.
    """
    windows = len(squared)
    ratios = [squared.mean(axis=0) / degrees]
    levels = [*QUANTILES, 1 - 1 / (windows / length + 1)]
    for level in levels:
        if windows / length * (1 - level) >= 0.5:
            chance = chdtri(degrees, 1 - level)
            ratios.append(np.quantile(squared, level, axis=0) / chance)
    typical = max(float(np.median(ratio)) for ratio in ratios)
    return max(1.0, typical) * (1 + 2 * float(np.sqrt(2 * length / windows)))
