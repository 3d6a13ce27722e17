"""Hellinger distance between a window and the reference."""

from dataclasses import dataclass

import numpy as np

from detectors.counts import Counts, FloatArray, sampling_variance


@dataclass(frozen=True, slots=True)
class Hellinger:
    """Hellinger distance, the Euclidean distance of the roots of the shares over sqrt(2).

    H = sqrt(1 - sum_k sqrt(p_k q_k)), with p the reference's and q the window's share of bin
    k; computed as sqrt(sum_k (sqrt(p_k) - sqrt(q_k))^2 / 2), which is exactly 0 for equal
    shares. It is a metric, and 1 for disjoint shares.

    >>> Hellinger()(Counts([[50, 50]]), Counts([[75, 25]])).round(4)
    array([0.1846])

    Source: Le Cam and Yang (2000), Asymptotics in statistics, chapter 3.
    """

    def __call__(self, reference: Counts, window: Counts) -> FloatArray:
        """Return the distance of every feature.

        reference, window: counts of shape (features, bins), same bins. Returns shape
        (features,), in 0..1; nan where either side has no record. Raises ValueError if the
        two were binned differently.
        """
        window.require_same_bins(reference)
        apart = np.sqrt(reference.shares()) - np.sqrt(window.shares())
        distance: FloatArray = np.sqrt(np.minimum(np.sum(apart**2, axis=1) / 2, 1.0))
        return distance

    def noise(self, reference: Counts, window: Counts) -> FloatArray:
        """Return the distance that drift-free data of this size would show, as a root mean square.

        sqrt((bins in use - 1)(1/n + 1/m) / 8) for n reference and m window records; shape
        (features,).
        """
        bins = window.used_with(reference).sum(axis=1)
        variance = sampling_variance(reference.total, window.total)
        distance: FloatArray = np.sqrt((bins - 1) * variance / 8)
        return distance
