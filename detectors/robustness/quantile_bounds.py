"""Bounds of a quantile by ranks, which hold for every distribution."""

import numpy as np
from scipy.special import bdtr
from scipy.stats import binom

from detectors.counts import FloatArray


def quantile_bounds(
    values: FloatArray, quantile: float, alpha_low: float, alpha_high: float
) -> tuple[float, float]:
    """Return one-sided bounds of a quantile, each wrong with a chance of its alpha at most.

    values: (n,), independent, in any unit; inf where one is only known to be larger than all
    that could be measured (a distance that no attack found). quantile: in 0..1. The bounds are
    values that were seen, or -inf and inf where the records are too few to bound it.
    Raises ValueError where a value is nan.

    Source: David and Nagaraja (2003), Order statistics, section 7.1.
    """
    if np.isnan(values).any():
        raise ValueError("a value is nan; leave out what has none, or take inf")
    ordered = np.concatenate([[-np.inf], np.sort(values), [np.inf]])
    low = _rank(len(values), quantile, alpha_low)
    high = len(values) + 1 - _rank(len(values), 1 - quantile, alpha_high)
    return float(ordered[low]), float(ordered[high])


def _rank(n: int, quantile: float, alpha: float) -> int:
    """Return the largest rank above the quantile with a chance of alpha at most; 0 if none is.

    The r-th smallest value is above it where fewer than r values are not.
    """
    if n == 0:
        return 0
    below = int(binom.ppf(alpha, n, quantile))
    return below + 1 if bdtr(below, n, quantile) <= alpha else below
