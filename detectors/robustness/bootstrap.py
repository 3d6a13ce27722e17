"""Confidence intervals by resampling records."""

import math
from collections.abc import Callable

import numpy as np
from scipy.special import ndtr, ndtri

from detectors.counts import FloatArray

RESAMPLES = 2_000


def bca(
    values: FloatArray,
    statistic: Callable[[FloatArray], float],
    alpha: float,
    resamples: int = RESAMPLES,
    rng: np.random.Generator | None = None,
) -> tuple[float, float]:
    """Return the two-sided interval of a statistic, bias-corrected and accelerated.

    values: (n,) or (n, k), one row a record; variants of a record belong into one row, as they
    are not independent. statistic: of such an array. resamples: of records. rng: that draws them,
    seeded with 0 by default. Right on average for a smooth statistic and not for an alpha below
    about 10 / resamples; nothing that gates a release should rest on it alone.
    nan and nan without a record or where the statistic is undefined.
    Raises ValueError where alpha asks for more resamples.

    Source: Efron (1987), Better bootstrap confidence intervals, JASA 82.
    """
    if alpha * resamples < 10:
        raise ValueError(
            f"alpha is {alpha} with {resamples} resamples; the interval takes at least "
            f"{math.ceil(10 / alpha)} of them"
        )
    n = len(values)
    if n == 0:
        return math.nan, math.nan
    generator = np.random.default_rng(0) if rng is None else rng
    seen = statistic(values)
    drawn = np.array(
        [statistic(values[generator.integers(n, size=n)]) for _ in range(resamples)],
        dtype=np.float64,
    )
    drawn = drawn[~np.isnan(drawn)]
    if math.isnan(seen) or not len(drawn):
        return math.nan, math.nan
    below = (np.sum(drawn < seen) + np.sum(drawn <= seen)) / (2 * len(drawn))
    # All on one side has no normal quantile; half a resample on the other side has.
    bias = float(ndtri(np.clip(below, 0.5 / len(drawn), 1 - 0.5 / len(drawn))))
    bent = _acceleration(values, statistic)
    z = bias + ndtri(np.array([alpha / 2, 1 - alpha / 2]))
    low, high = np.quantile(drawn, ndtr(bias + z / (1 - bent * z)), method="inverted_cdf")
    return float(low), float(high)


def _acceleration(values: FloatArray, statistic: Callable[[FloatArray], float]) -> float:
    """Return by how much the statistic's error depends on its value; 0 where it cannot be told."""
    places = np.arange(len(values))
    left_out = np.array([statistic(values[places != place]) for place in places])
    if len(values) < 2 or not np.isfinite(left_out).all():
        return 0.0
    changes = left_out.mean() - left_out
    spread = float(np.sum(changes**2))
    return float(np.sum(changes**3)) / (6 * spread**1.5) if spread > 0 else 0.0
