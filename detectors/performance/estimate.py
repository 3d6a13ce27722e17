"""Estimates with confidence intervals."""

import math
from dataclasses import dataclass

from scipy.special import ndtri, stdtrit

CONFIDENCE = 0.95
"""A 95 % interval covers the true value in so large a share of samples."""

UPPER = (1 + CONFIDENCE) / 2
Z = float(ndtri(UPPER))


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measure of performance and its confidence interval.

    value: nan where it is undefined. low, high: nan where nothing can be said of its error.
    """

    value: float
    low: float = math.nan
    high: float = math.nan


UNDEFINED = Estimate(math.nan)


def proportion(successes: float, records: float) -> Estimate:
    """Return a share and its Wilson interval; undefined without records.

    Source: Wilson (1927), Probable inference, the law of succession, and statistical inference;
    recommended by Brown, Cai and DasGupta (2001), Interval estimation for a binomial proportion.
    """
    if records <= 0:
        return UNDEFINED
    share = successes / records
    shrunk = records / (records + Z**2)
    middle = shrunk * share + (1 - shrunk) / 2
    half = Z * shrunk * math.sqrt(share * (1 - share) / records + (Z / (2 * records)) ** 2)
    # The ends are in [0, 1] and around the share, but for the last bit.
    return Estimate(share, max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half)))


def share_like(value: float, error: float, records: float) -> Estimate:
    """Return a measure in [0, 1] with the Wilson interval of a share that is as uncertain.

    error: its standard error. records: that it rests on, used where the error is 0 because all
    of them agree. Unlike value and error alone it stays in [0, 1] and has a width at its ends.

    Source: Korn and Graubard (1998), Confidence intervals for proportions with small expected
    number of positive counts, for the effective sample size.
    """
    effective = value * (1 - value) / error**2 if error > 0 else 0.0
    return proportion(value * (effective or records), effective or records)


def mean(value: float, variance: float, records: int, lowest: float = -math.inf) -> Estimate:
    """Return a mean and Student's t interval; without an interval for fewer than 2 records.

    variance: of one record. lowest: the smallest value that there is.
    """
    if records < 2:
        return Estimate(value)
    half = float(stdtrit(records - 1, UPPER)) * math.sqrt(max(variance, 0.0) / records)
    return Estimate(value, max(lowest, value - half), value + half)


def positive(value: float, variance: float, records: int) -> Estimate:
    """Return a positive quantity and its interval on the logarithmic scale.

    variance: of the influence of one record on it. Source: the delta method; a logarithm makes
    the law of a mean of squares far less skew.
    """
    if records < 2:
        return Estimate(value)
    if value <= 0:
        return Estimate(value, value, value)
    error = math.sqrt(max(variance, 0.0) / records) / value
    factor = math.exp(min(float(stdtrit(records - 1, UPPER)) * error, 700.0))
    return Estimate(value, value / factor, value * factor)
