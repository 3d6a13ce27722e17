"""Two models, or a model on clean and on perturbed inputs, compared on the same records."""

import math

from scipy.special import bdtr, ndtri
from scipy.stats import binom

from detectors.robustness.drop import drop_bounds

FEW = 25
"""Fewer discordant records than this have no normal approximation."""


def mcnemar(b: int, c: int, mid: bool = False) -> float:
    """Return the two-sided p-value of no difference between the two.

    b, c: records that are right in the first only, and in the second only. mid: whether half of
    the chance of just this outcome is left out, which is less careful and about right on average.
    1 where no record is discordant.

    Sources: McNemar (1947), Note on the sampling error of the difference between correlated
    proportions, exact form; Fagerland, Lydersen and Laake (2013), The McNemar test for binary
    matched-pairs data: mid-p and asymptotic are better than exact conditional.
    """
    fewer, all_of_them = min(b, c), b + c
    p = 2 * float(bdtr(fewer, all_of_them, 0.5))
    if mid:
        p -= float(binom.pmf(fewer, all_of_them, 0.5))
    return min(1.0, p)


def paired_difference(b: int, c: int, n: int, alpha: float) -> tuple[float, float, float]:
    """Return the difference (b - c) / n of two accuracies and its two-sided interval.

    b, c: records that are right in the first only, and in the second only; n: all. For display:
    by its standard error, and exact where fewer than FEW records are discordant. nan, -1 and 1
    without a record.
    """
    if n == 0:
        return math.nan, -1.0, 1.0
    value = (b - c) / n
    if b + c < FEW:
        return value, *drop_bounds(b, c, n, alpha / 2, alpha / 2)
    half = -float(ndtri(alpha / 2)) * math.sqrt(b + c - (b - c) ** 2 / n) / n
    return value, max(-1.0, value - half), min(1.0, value + half)
