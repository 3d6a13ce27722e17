"""Kolmogorov-Smirnov distance between a window and the reference, on ordered bins."""

from dataclasses import dataclass

import numpy as np

from detectors.counts import Counts, FloatArray, sampling_variance

MEAN_DISTANCE = float(np.sqrt(np.pi / 2) * np.log(2))
"""Mean of Kolmogorov's distribution: the scaled distance of drift-free unbinned data."""

MISSED_BETWEEN_STEPS = 0.5826
"""-zeta(1/2) / sqrt(2 pi): a random path seen in steps of variance s misses so many sqrt(s)."""


@dataclass(frozen=True, slots=True)
class KS:
    """Kolmogorov-Smirnov distance, the largest difference of the two distribution functions.

    KS = max_k |F_k - G_k| over the bins' upper ends, with F the reference's and G the window's
    cumulated shares. It is exact for data that take one value a bin, and otherwise below the
    distance of the raw data by at most ``binning_error``.

    >>> KS()(Counts([[50, 50]]), Counts([[75, 25]]))
    array([0.25])

    Source: Smirnov (1948), Table for estimating the goodness of fit of empirical distributions.
    """

    def __call__(self, reference: Counts, window: Counts) -> FloatArray:
        """Return the distance of every feature.

        reference, window: counts of shape (features, bins), same bins in ascending order.
        Returns shape (features,), in 0..1; nan where either side has no record. Raises
        ValueError if the two were binned differently.
        """
        window.require_same_bins(reference)
        gaps = np.cumsum(window.shares() - reference.shares(), axis=1)
        distance: FloatArray = np.minimum(np.abs(gaps).max(axis=1), 1.0)
        return distance

    def noise(self, reference: Counts, window: Counts) -> FloatArray:
        """Return the distance that drift-free data of this size would show on average.

        (0.87 - 0.58 sqrt(sum p^2)) sqrt(1/n + 1/m) for n reference and m window records: bins
        see less than the whole path of F - G. Where a few bins hold nearly everything, the sum
        of the mean differences at their ends is smaller and bounds it. Shape (features,).

        Source: Broadie, Glasserman and Kou (1997), A continuity correction for discrete
        barrier options, for the correction.
        """
        p = reference.shares()
        below = np.clip(np.cumsum(p, axis=1), 0.0, 1.0)
        path = MEAN_DISTANCE - MISSED_BETWEEN_STEPS * np.sqrt(np.sum(p**2, axis=1))
        ends = np.sqrt(2 / np.pi * below * (1 - below)).sum(axis=1)
        scale = np.sqrt(sampling_variance(reference.total, window.total))
        mean: FloatArray = np.minimum(path, ends) * scale
        return mean

    def binning_error(self, reference: Counts, edges: FloatArray) -> FloatArray:
        """Return how far the raw data's distance may lie above the binned one at most.

        The largest reference share of a bin with room for more than one value. edges:
        (features, bins - 1), as in Profile.edges. Returns shape (features,).
        """
        several = np.ones(reference.values.shape, dtype=np.bool_)
        several[:, 1:-1] = edges[:, 1:] > np.nextafter(edges[:, :-1], np.inf)
        error: FloatArray = np.where(several, reference.shares(), 0.0).max(axis=1)
        return error
