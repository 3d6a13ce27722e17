"""Counts of a window or a reference in the reference's bins."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, init=False)
class Counts:
    """How many records fell into each bin of each feature.

    values: shape (features, bins), non-negative. Features with fewer bins than others are
    padded with bins that stay empty; a bin that is empty on both sides of a comparison
    takes no part in it.
    """

    values: IntArray

    def __init__(self, values: ArrayLike) -> None:
        """Take counts of shape (features, bins).

        Raises ValueError if they are not such a table or one of them is negative.
        """
        table = np.asarray(values, dtype=np.int64)
        if table.ndim != 2:
            raise ValueError(f"counts are a table of (features, bins), not of shape {table.shape}")
        if table.size and table.min() < 0:
            raise ValueError("counts are never negative")
        object.__setattr__(self, "values", table)

    @classmethod
    def zeros(cls, features: int, bins: int) -> "Counts":
        """Return counts of nothing, of shape (features, bins)."""
        return cls(np.zeros((features, bins), dtype=np.int64))

    @property
    def total(self) -> FloatArray:
        """Records per feature; shape (features,)."""
        total: FloatArray = self.values.sum(axis=1).astype(np.float64)
        return total

    def shares(self, used: BoolArray | None = None, smoothing: float = 0.0) -> FloatArray:
        """Return each bin's share of its feature's records; shape (features, bins).

        used: the bins that take part (default: all), each of which first gets ``smoothing``
        counts. nan where a feature has no count at all.
        """
        smoothed = self.values + smoothing * (True if used is None else used)
        total = smoothed.sum(axis=1, keepdims=True)
        with np.errstate(invalid="ignore"):
            shares: FloatArray = smoothed / np.where(total > 0, total, np.nan)
        return shares

    def used_with(self, other: "Counts") -> BoolArray:
        """Tell which bins hold a count here or in ``other``; shape (features, bins).

        Raises ValueError if the two were binned differently.
        """
        self.require_same_bins(other)
        used: BoolArray = (self.values + other.values) > 0
        return used

    def require_same_bins(self, other: "Counts") -> None:
        """Raise ValueError unless both are counts of the same features in the same bins."""
        mine, theirs = self.values.shape, other.values.shape
        if mine != theirs:
            raise ValueError(
                f"counts of {mine[0]} features in {mine[1]} bins cannot be compared with counts "
                f"of {theirs[0]} features in {theirs[1]} bins; one reference must bin both"
            )


def sampling_variance(n: FloatArray, m: FloatArray) -> FloatArray:
    """Return 1/n + 1/m: the variance of the difference between two means of unit variance.

    n, m: records on each side; shape (features,). nan where a side has none.
    """
    both = (n > 0) & (m > 0)
    variance: FloatArray = np.full(n.shape, np.nan)
    variance[both] = 1 / n[both] + 1 / m[both]
    return variance
