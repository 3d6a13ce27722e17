"""Confidence intervals of a share of independent records.

Counts may be arrays; the bounds then have their common shape. Without a record nothing is known
and the bounds are 0 and 1. Raises ValueError where a count is not between 0 and the records or
alpha not between 0 and 1.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betainccinv, betaincinv, ndtri

from detectors.counts import FloatArray


def clopper_pearson(k: ArrayLike, n: ArrayLike, alpha: float) -> tuple[FloatArray, FloatArray]:
    """Return the exact two-sided interval of the share that k of n records have.

    Each end misses the true share with a chance of alpha / 2 at most.
    Source: Clopper and Pearson (1934), The use of confidence or fiducial limits.
    """
    return lower_bound(k, n, alpha / 2), upper_bound(k, n, alpha / 2)


def lower_bound(k: ArrayLike, n: ArrayLike, alpha: float) -> FloatArray:
    """Return the exact one-sided lower bound, above the true share with a chance of alpha at most.

    Source: Clopper and Pearson (1934).
    """
    counts, records = _checked(k, n, alpha)
    some = np.maximum(counts, 1)
    bound = betaincinv(some, np.maximum(records, 1) - some + 1, alpha)
    return np.where(counts > 0, bound, 0.0)


def upper_bound(k: ArrayLike, n: ArrayLike, alpha: float) -> FloatArray:
    """Return the exact one-sided upper bound, below the true share with a chance of alpha at most.

    Source: Clopper and Pearson (1934).
    """
    counts, records = _checked(k, n, alpha)
    others = np.maximum(records - counts, 1)
    bound = betainccinv(np.maximum(records, 1) - others + 1, others, alpha)
    return np.where(counts < records, bound, 1.0)


def wilson(k: ArrayLike, n: ArrayLike, alpha: float) -> tuple[FloatArray, FloatArray]:
    """Return the two-sided score interval: shorter than the exact one, right on average only.

    Source: Wilson (1927), Probable inference, the law of succession, and statistical inference.
    """
    counts, records = _checked(k, n, alpha)
    z = -ndtri(alpha / 2)
    some = np.maximum(records, 1)
    share = counts / some
    shrunk = some / (some + z**2)
    middle = shrunk * share + (1 - shrunk) / 2
    half = z * shrunk * np.sqrt(share * (1 - share) / some + (z / (2 * some)) ** 2)
    # The ends are in [0, 1] and around the share, but for the last bit.
    low = np.where(records > 0, np.clip(middle - half, 0.0, share), 0.0)
    high = np.where(records > 0, np.clip(middle + half, share, 1.0), 1.0)
    return low, high


def _checked(k: ArrayLike, n: ArrayLike, alpha: float) -> tuple[FloatArray, FloatArray]:
    counts, records = np.asarray(k, dtype=np.float64), np.asarray(n, dtype=np.float64)
    if not 0 < alpha < 1:
        raise ValueError(f"alpha is {alpha}; it is a chance above 0 and below 1")
    if not ((counts >= 0) & (counts <= records)).all():
        raise ValueError(f"{k!r} of {n!r} records: a count is from 0 to the number of records")
    return counts, records
