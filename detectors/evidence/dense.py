"""The dense group: many features that move a little at once."""

from dataclasses import dataclass

import numpy as np

from detectors.counts import FloatArray
from detectors.directions import RECORDS_PER_DIMENSION
from detectors.evidence.streams import Kind

SPREADS = np.array([0.01, 0.03, 0.1])
"""Sizes of the shift of each whitened score that are bet on, in sd."""

RIDGE = 0.02


@dataclass(frozen=True, slots=True)
class Dense:
    """Whitened scores of one kind, whose squared length is compared with chance.

    kind: what a shift of the scores means. streams: a run of the bets' streams.
    whitening: (dimensions, streams); its product with the streams' sums has the covariance
    records * identity under the reference.
    """

    kind: Kind
    streams: slice
    whitening: FloatArray

    @property
    def dimensions(self) -> int:
        """How many directions are looked at."""
        return len(self.whitening)

    @property
    def bets(self) -> int:
        """How many likelihood ratios the group's share is split over."""
        return len(SPREADS) if self.dimensions else 0

    def log_factors(self, squared: FloatArray, effective: FloatArray) -> FloatArray:
        """Return the best log likelihood ratio of each window; shape (windows,).

        squared: (windows,), squared length of the mean whitened score. effective: (windows,),
        records times the factor for the reference's own error.

        log e = -D/2 log(1 + tau^2 m) + q/2 tau^2 m / (1 + tau^2 m) with q = m |y|^2: a normal
        shift of sd tau in every direction against none.
        """
        gain = SPREADS**2 * effective[:, None]
        length = effective * squared
        ratio = -self.dimensions / 2 * np.log1p(gain) + length[:, None] / 2 * gain / (1 + gain)
        best: FloatArray = ratio.max(axis=1)
        return best


def whitening_of(covariance: FloatArray, records: int) -> FloatArray:
    """Return what whitens scores of some covariance, (streams, streams), from so many records.

    Shape (dimensions, streams): at most records / RECORDS_PER_DIMENSION leading directions.
    """
    size = len(covariance)
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2 + RIDGE * np.eye(size))
    kept = max(0, min(size, records // RECORDS_PER_DIMENSION))
    leading = slice(size - kept, size)
    whitening: FloatArray = (vectors[:, leading] / np.sqrt(values[leading])).T
    return whitening
