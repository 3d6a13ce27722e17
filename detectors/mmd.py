"""Maximum mean discrepancy (MMD) between a window and the reference, by random features."""

from dataclasses import dataclass

import numpy as np

from detectors.counts import FloatArray


@dataclass(frozen=True, slots=True)
class KernelSums:
    """Sums of the random Fourier features of records, one row for each kernel.

    sums: (kernels, 2 * components), of the cosines, then the sines of every component.
    records: (kernels,).
    """

    sums: FloatArray
    records: FloatArray

    @property
    def mean(self) -> FloatArray:
        """Mean feature vector of length up to 1; shape (kernels, 2 * components)."""
        records = np.where(self.records > 0, self.records, np.nan)
        mean: FloatArray = self.sums / records[:, None] / np.sqrt(self.sums.shape[1] / 2)
        return mean

    @property
    def error(self) -> FloatArray:
        """Mean squared error of the mean: tr S / n, with S the features' covariance.

        A cosine and a sine make each feature vector one of length 1, so that tr S is
        (1 - |mean|^2) n / (n - 1). Shape (kernels,); nan below two records.
        """
        others = np.where(self.records > 1, self.records - 1, np.nan)
        error: FloatArray = np.maximum(1 - np.sum(self.mean**2, axis=1), 0.0) / others
        return error


@dataclass(frozen=True, slots=True)
class MMD:
    """Squared maximum mean discrepancy, unbiased, of a kernel given by random features.

    MMD^2 = |mean z(x) - mean z(y)|^2 - (tr S_x / n + tr S_y / m), the mean of k(x, x') + k(y, y')
    - 2 k(x, y) over pairs of different records, for the kernel k(x, y) = z(x) . z(y). It may be
    below 0. With D components k is an RBF kernel up to an error of about 1 / sqrt(D).

    Sources: Gretton et al. (2012), A kernel two-sample test, JMLR 13; Rahimi and Recht (2007),
    Random features for large-scale kernel machines.
    """

    def __call__(self, reference: KernelSums, window: KernelSums) -> FloatArray:
        """Return the squared discrepancy of every kernel.

        Returns shape (kernels,); nan where either side has fewer than two records.
        """
        apart: FloatArray = np.sum((reference.mean - window.mean) ** 2, axis=1)
        return apart - self.noise(reference, window)

    def noise(self, reference: KernelSums, window: KernelSums) -> FloatArray:
        """Return how far from 0 drift-free data may lie: tr S_x / n + tr S_y / m.

        Their mean is 0 and their sd at most sqrt(2) times this, reached where all records vary
        along one line of the feature space; shape (kernels,).
        """
        return reference.error + window.error
