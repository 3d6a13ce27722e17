"""Exact bounds of a drop between two accuracies on the same records."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import bdtr, ndtri
from scipy.stats import binom

from detectors.counts import FloatArray
from detectors.robustness.intervals import clopper_pearson

NUISANCE = 0.1
"""Share of alpha that is spent on the share of discordant records."""

CUT = 1e-4
"""Share of alpha for numbers of discordant records that are too rare to look at."""

GRID = 16
"""Shares of discordant records that are looked at."""

PRECISION = 1e-6
TINY = 1e-12


def drop_bounds(b: int, c: int, n: int, alpha_low: float, alpha_high: float) -> tuple[float, float]:
    """Return one-sided bounds of a drop, each wrong with a chance of its alpha at most.

    b: records that were right and became wrong; c: that were wrong and became right; n: all.
    The drop is (b - c) / n, in -1..1; without a record the bounds are -1 and 1. The level holds
    for every n and every alpha, also where a normal approximation does not (a few discordant
    records, alpha of 0.00001).

    The share of discordant records is unknown and taken as the worst in an interval that misses
    it with a chance of alpha / 10. Outcomes are ordered by their approximate bound at the same
    alpha, so that the exact one is about as tight.
    Raises ValueError where the counts are more than the records.

    Sources: Buehler (1957), Confidence intervals for the product of two binomial parameters, for
    bounds by an order of outcomes; Berger and Boos (1994), P values maximized over a confidence
    set for the nuisance parameter, JASA 89.
    """
    if min(b, c) < 0 or b + c > n:
        raise ValueError(f"{b} and {c} discordant of {n} records: they are at most all of them")
    if n == 0:
        return -1.0, 1.0
    return _lower(b, c, n, alpha_low), -_lower(c, b, n, alpha_high)


def _lower(b: int, c: int, n: int, alpha: float) -> float:
    """Return the largest drop of which at least so extreme an outcome has a chance below alpha."""
    seen = (b - c) / n
    bound = _approximate(seen, (b + c) / n, n, alpha)
    outcomes = _Outcomes.at_least(bound, b, c, n, alpha)
    level = np.log(alpha * (1 - NUISANCE - 2 * CUT))

    def over(drop: float) -> float:
        return float(np.log(max(outcomes.chance(drop), 1e-300)) - level)

    # Twice as far away as the approximate bound is nearly always far enough.
    far = max(-1.0, 2 * bound - seen - 10 / n)
    far = far if over(far) < 0 else -1.0
    if over(far) >= 0:
        return far
    if over(seen) <= 0:
        return seen
    return max(-1.0, float(brentq(over, far, seen, xtol=PRECISION)) - 2 * PRECISION)


def _approximate(drop: float, discordant: float, n: int, alpha: float) -> float:
    """Return a lower bound of a drop by its standard error.

    discordant: the share of discordant records; one more is added, so that none is not exact.
    """
    variance = discordant + 1 / n - drop**2
    return drop + float(ndtri(alpha)) * math.sqrt(variance / n)


@dataclass(frozen=True, slots=True)
class _Outcomes:
    """Outcomes that are ordered at or above the one seen.

    n: records. shares: (g, 1), of discordant records. discordant: (m,), numbers of them.
    weights: (g, m), how likely each number is. fewest: (m,), the fewest of each number that
    became wrong.
    """

    n: int
    shares: FloatArray
    discordant: FloatArray
    weights: FloatArray
    fewest: FloatArray

    @classmethod
    def at_least(cls, bound: float, b: int, c: int, n: int, alpha: float) -> "_Outcomes":
        low, high = clopper_pearson(b + c, n, NUISANCE * alpha)
        shares = np.linspace(float(low), float(high), GRID)[:, None]
        first = binom.ppf(CUT * alpha, n, shares[0, 0])
        last = binom.isf(CUT * alpha, n, shares[-1, 0])
        discordant = np.arange(max(0.0, first), min(n, last) + 1)
        weights = binom.pmf(discordant, n, shares)
        return cls(n, shares, discordant, weights, _fewest(bound, b, c, n, alpha, discordant))

    def chance(self, drop: float) -> float:
        """Return how likely they are at a drop, at the worst share of discordant records."""
        shares, weights = self.shares, self.weights
        if -drop > shares[-1, 0]:
            return 0.0
        if -drop > shares[0, 0]:
            # So large a gain takes as many discordant records.
            shares = np.maximum(shares, -drop)
            weights = binom.pmf(self.discordant, self.n, shares)
        wrong = np.clip((1 + drop / np.maximum(shares, TINY)) / 2, 0.0, 1.0)
        fewer = np.minimum(self.fewest - 1, self.discordant)
        below = np.where(
            fewer < 0, 0.0, bdtr(np.maximum(fewer, 0), self.discordant.astype(np.int64), wrong)
        )
        return float((weights * (1 - below)).sum(axis=1).max())


def _fewest(
    bound: float, b: int, c: int, n: int, alpha: float, discordant: FloatArray
) -> FloatArray:
    """Return the fewest that became wrong for an approximate bound not below the one seen.

    The quadratic equation of ``_approximate``, solved for the drop.
    """
    spread, ratio = (discordant + 1) / n, float(ndtri(alpha)) ** 2 / n
    inner = np.maximum(bound**2 - (1 + ratio) * (bound**2 - ratio * spread), 0.0)
    drop = (bound + np.sqrt(inner)) / (1 + ratio)
    drop = np.where(bound**2 > spread, -1.0 if bound < 0 else 2.0, drop)
    fewest: FloatArray = np.ceil((discordant + n * drop) / 2 - 1e-6)
    # What was seen is in its own set, whatever the rounding.
    own = discordant == b + c
    fewest[own] = np.minimum(fewest[own], b)
    return fewest
