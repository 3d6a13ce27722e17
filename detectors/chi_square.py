"""Two-sample chi-square statistic of a window against the reference."""

from dataclasses import dataclass

import numpy as np

from detectors.counts import Counts, FloatArray


def chi_square(reference: Counts, window: Counts) -> FloatArray:
    """Return Pearson's chi-square of the two rows of counts of every feature.

    X2 = sum (O - E)^2 / E over both rows, with E from the pooled shares. Returns shape
    (features,); nan where either side has no record. Raises ValueError if the two were
    binned differently.
    """
    window.require_same_bins(reference)
    n, m = reference.total[:, None], window.total[:, None]
    pooled = np.maximum(reference.values + window.values, 1)
    with np.errstate(invalid="ignore"):
        apart = reference.values * np.sqrt(m / np.where(n > 0, n, np.nan))
        apart -= window.values * np.sqrt(n / np.where(m > 0, m, np.nan))
    statistic: FloatArray = np.sum(apart**2 / pooled, axis=1)
    return statistic


@dataclass(frozen=True, slots=True)
class ChiSquarePerDf:
    """Two-sample chi-square over its degrees of freedom: 1 where nothing drifts.

    X2 / (bins in use - 1). It grows with the number of records: it tells whether the shares
    differ, while the distances tell by how much.

    >>> ChiSquarePerDf()(Counts([[50, 50]]), Counts([[75, 25]])).round(3)
    array([13.333])

    Source: Pearson (1911), On the probability that two independent distributions of frequency
    are really samples from the same population, Biometrika 8.
    """

    def __call__(self, reference: Counts, window: Counts) -> FloatArray:
        """Return the statistic of every feature; 0 where one bin holds everything.

        reference, window: counts of shape (features, bins), same bins. Returns shape
        (features,); nan where either side has no record. Raises ValueError if the two were
        binned differently.
        """
        bins = window.used_with(reference).sum(axis=1)
        ratio: FloatArray = chi_square(reference, window) / np.maximum(bins - 1, 1)
        return ratio

    def noise(self, reference: Counts, window: Counts) -> FloatArray:
        """Return what drift-free data would show on average: 1 whatever their size.

        Shape (features,); 0 where one bin holds everything, nan where a side has no record.
        """
        several = window.used_with(reference).sum(axis=1) > 1
        both = (reference.total > 0) & (window.total > 0)
        return np.where(both, several, np.nan)
