"""Jensen-Shannon distance between a window and the reference."""

from dataclasses import dataclass

import numpy as np
from scipy.special import rel_entr

from detectors.counts import Counts, FloatArray, sampling_variance


@dataclass(frozen=True, slots=True)
class JensenShannon:
    """Jensen-Shannon distance, the root of the mean relative entropy to the two's mixture.

    JS = sqrt(KL(p || m) / 2 + KL(q || m) / 2) with base-2 logarithms, p the reference's and q
    the window's shares and m = (p + q) / 2. It is a metric, and 1 for disjoint shares.

    >>> JensenShannon()(Counts([[50, 50]]), Counts([[75, 25]])).round(7)
    array([0.2208958])

    Source: Endres and Schindelin (2003), A new metric for probability distributions, IEEE
    Transactions on Information Theory 49(7).
    """

    def __call__(self, reference: Counts, window: Counts) -> FloatArray:
        """Return the distance of every feature.

        reference, window: counts of shape (features, bins), same bins. Returns shape
        (features,), in 0..1; nan where either side has no record. Raises ValueError if the
        two were binned differently.
        """
        window.require_same_bins(reference)
        p, q = reference.shares(), window.shares()
        mixture = (p + q) / 2
        nats = (rel_entr(p, mixture) + rel_entr(q, mixture)).sum(axis=1) / 2
        distance: FloatArray = np.sqrt(np.clip(nats / np.log(2), 0.0, 1.0))
        return distance

    def noise(self, reference: Counts, window: Counts) -> FloatArray:
        """Return the distance that drift-free data of this size would show, as a root mean square.

        sqrt((bins in use - 1)(1/n + 1/m) / (8 ln 2)) for n reference and m window records;
        shape (features,).
        """
        bins = window.used_with(reference).sum(axis=1)
        variance = sampling_variance(reference.total, window.total)
        distance: FloatArray = np.sqrt((bins - 1) * variance / (8 * np.log(2)))
        return distance
