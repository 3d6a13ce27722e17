"""Bounds of a mean of bounded values that hold for every number of records and every alpha."""

import math

import numpy as np
from scipy.optimize import brentq

from detectors.counts import FloatArray

PRECISION = 1e-7
LARGEST_BET = 0.75
"""Share of the capital that a bet may lose at most."""


def mean_bounds(
    values: FloatArray,
    alpha_low: float,
    alpha_high: float,
    lowest: float = 0.0,
    highest: float = 1.0,
) -> tuple[float, float]:
    """Return one-sided bounds of a mean, each wrong with a chance of its alpha at most.

    values: (n,), independent, each in [lowest, highest]; in an order that does not depend on
    them. lowest and highest without a record. No normal approximation: the level holds for an
    alpha of 0.00001 and for a rare large value as well. Measured with 1,000 values, it costs a
    width 1.2 times the normal one where their sd is a tenth of the range, and 2 times at a
    fortieth; with 5,000 values 1.1 and 1.3 times.
    Raises ValueError where a value is outside of its range.

    A bet on values above a mean m that gains 1 / alpha is as unlikely as alpha, were m the mean;
    the bound is the largest m at which it gains so much.
    Source: Waudby-Smith and Ramdas (2024), Estimating means of bounded random variables by
    betting, JRSS B 86, section 4: predictable plug-in bets.
    """
    span = highest - lowest
    outside = ~((values >= lowest) & (values <= highest))
    if outside.any():
        raise ValueError(
            f"value {values[outside][0]} is outside of {lowest}..{highest}; a bound of the mean "
            "takes values in a known range, and no nan"
        )
    unit = (values - lowest) / span
    low, high = _lower(unit, alpha_low), 1 - _lower(1 - unit, alpha_high)
    return lowest + span * low, lowest + span * high


def _lower(values: FloatArray, alpha: float) -> float:
    """Return the lower bound of a mean of values in 0..1."""
    if len(values) == 0:
        return 0.0
    bets, goal = _bets(values, alpha), math.log(1 / alpha)

    def over(mean: float) -> float:
        staked = np.minimum(bets, LARGEST_BET / mean)
        capital = np.cumsum(np.log1p(staked * (values - mean)))
        return float(capital.max()) - goal

    if over(PRECISION) <= 0:
        return 0.0
    if over(1 - PRECISION) >= 0:
        return 1 - PRECISION
    return max(0.0, float(brentq(over, PRECISION, 1 - PRECISION, xtol=PRECISION)) - 2 * PRECISION)


def _bets(values: FloatArray, alpha: float) -> FloatArray:
    """Return what is staked on each value, by the mean and variance of those before it; (n,)."""
    count = np.arange(1, len(values) + 1)
    means = (0.5 + np.cumsum(values)) / (count + 1)
    spread = (0.25 + np.cumsum((values - means) ** 2)) / (count + 1)
    before = np.concatenate([[0.25], spread[:-1]])
    staked: FloatArray = np.sqrt(2 * math.log(1 / alpha) / (len(values) * before))
    return staked
