"""Population stability index (PSI) between a window and the reference."""

from dataclasses import dataclass

import numpy as np

from detectors.counts import Counts, FloatArray, sampling_variance


@dataclass(frozen=True, slots=True)
class PSI:
    """Population stability index, the symmetrised relative entropy of binned shares.

    PSI = sum_k (q_k - p_k) ln(q_k / p_k), with p the reference's and q the window's share of
    bin k. Every bin that either side uses is smoothed by half a count, so the value is finite
    and tends to the unsmoothed one as counts grow.

    >>> PSI()(Counts([[500_000, 500_000]]), Counts([[750_000, 250_000]])).round(4)
    array([0.2747])

    Source: Yurdakul and Naranjo (2020), Statistical properties of the population stability
    index, Journal of Risk Model Validation 14(4).
    """

    smoothing: float = 0.5

    def __call__(self, reference: Counts, window: Counts) -> FloatArray:
        """Return the PSI of every feature.

        reference, window: counts of shape (features, bins), same bins. Returns shape
        (features,), in nats; nan where either side has no record. Raises ValueError if the
        two were binned differently.
        """
        used = window.used_with(reference)
        p = np.where(used, reference.shares(used, self.smoothing), 1.0)
        q = np.where(used, window.shares(used, self.smoothing), 1.0)
        value: FloatArray = np.sum((q - p) * np.log(q / p), axis=1)
        return np.where((reference.total > 0) & (window.total > 0), value, np.nan)

    def noise(self, reference: Counts, window: Counts) -> FloatArray:
        """Return the PSI that drift-free data of this size would show on average.

        (1/n + 1/m)(bins in use - 1) for n reference and m window records; shape (features,).
        """
        bins = window.used_with(reference).sum(axis=1)
        mean: FloatArray = sampling_variance(reference.total, window.total) * (bins - 1)
        return mean
