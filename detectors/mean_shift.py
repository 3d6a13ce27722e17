"""Normalised shift of the mean between a window and the reference."""

from dataclasses import dataclass

import numpy as np

from detectors.counts import FloatArray, sampling_variance


@dataclass(frozen=True, slots=True)
class Moments:
    """Sums of the standardised values of numeric features; all of shape (features,).

    records: present values. sums, squares: of the values and their squares, in robust sd of
    the reference from its median, with values far out counted as detectors.kernel.FARTHEST.
    """

    records: FloatArray
    sums: FloatArray
    squares: FloatArray

    @property
    def mean(self) -> FloatArray:
        """Mean of the standardised values; nan where there is none."""
        return self.sums / np.where(self.records > 0, self.records, np.nan)

    @property
    def sd(self) -> FloatArray:
        """Standard deviation of the standardised values; nan where there is none."""
        records = np.where(self.records > 0, self.records, np.nan)
        return np.sqrt(np.maximum(self.squares / records - self.mean**2, 0.0))


@dataclass(frozen=True, slots=True)
class MeanShift:
    """Shift of the mean in standard deviations of the reference, with its sign.

    (mean of the window - mean of the reference) / sd of the reference. Values beyond 64
    robust sd from the median count as that far, so a single one moves it by at most 64 / m.
    A constant reference has no sd; its shifts are in the profile's scale instead.

    >>> reference = Moments(np.array([100.0]), np.array([0.0]), np.array([400.0]))
    >>> window = Moments(np.array([10.0]), np.array([10.0]), np.array([50.0]))
    >>> MeanShift()(reference, window)
    array([0.5])

    Source: Cohen (1988), Statistical power analysis for the behavioral sciences, chapter 2.
    """

    def __call__(self, reference: Moments, window: Moments) -> FloatArray:
        """Return the shift of every feature; shape (features,), nan where a side has no value."""
        sd = reference.sd
        return (window.mean - reference.mean) / np.where(sd > 0, sd, 1.0)

    def noise(self, reference: Moments, window: Moments) -> FloatArray:
        """Return the size of the shift that drift-free data would show, as a root mean square.

        sqrt(1/n + 1/m) for n reference and m window values; shape (features,), 0 where the
        reference is constant.
        """
        noise = np.sqrt(sampling_variance(reference.records, window.records))
        return np.where(reference.sd == 0, 0.0 * noise, noise)
