"""Mean absolute error, root mean squared error, R2 and bias of a regression."""

import math
from fractions import Fraction

from detectors.performance.estimate import UNDEFINED, Estimate, mean, positive
from detectors.performance.moments import Moment, Moments
from detectors.performance.tally import Tally
from detectors.performance.task import Task


def mae(tally: Tally, task: Task) -> Estimate:
    """Return the mean absolute error (Student's t interval)."""
    return _mean(tally, Moment.ABS_E, task.bound, lowest=0.0)


def bias(tally: Tally, task: Task) -> Estimate:
    """Return the mean of prediction less label (Student's t interval)."""
    return _mean(tally, Moment.E, task.bound, lowest=-math.inf)


def rmse(tally: Tally, task: Task) -> Estimate:
    """Return the root of the mean squared error, its interval that of the logarithm's mean."""
    if not tally.records:
        return UNDEFINED
    squared = _value(tally, Moment.EE)
    found = positive(squared, _value(tally, Moment.EEEE) - squared**2, tally.records)
    return Estimate(
        *(task.bound * math.sqrt(each) for each in (found.value, found.low, found.high))
    )


def r2(tally: Tally, task: Task) -> Estimate:
    """Return R2 = 1 - mean squared error / variance of the labels; undefined where that is 0.

    The interval is that of the logarithm of the ratio A / B by the delta method: one record's
    influence on A / B is ((e^2 - A) - (A / B) ((y - mean)^2 - B)) / B.
    """
    records = tally.records
    if not records:
        return UNDEFINED
    m = {moment: _moments(tally).mean(moment, records) for moment in Moment}
    centre = m[Moment.Y]
    spread = m[Moment.YY] - centre**2
    if spread <= 0 or records < 2:
        return UNDEFINED
    squared = m[Moment.EE]
    both = m[Moment.EEYY] - 2 * centre * m[Moment.EEY] + centre**2 * squared
    fourth = (
        m[Moment.YYYY] - 4 * centre * m[Moment.YYY] + 6 * centre**2 * m[Moment.YY] - 3 * centre**4
    )
    ratio = squared / spread
    variance = (m[Moment.EEEE] - squared**2 - 2 * ratio * (both - squared * spread)) + ratio**2 * (
        fourth - spread**2
    )
    units = (task.bound / task.scale) ** 2
    left = positive(units * float(ratio), units**2 * float(variance / spread**2), records)
    return Estimate(1 - left.value, 1 - left.high, 1 - left.low)


def _moments(tally: Tally) -> Moments:
    if tally.moments is None:
        raise ValueError("a tally of classes has no errors to measure")
    return tally.moments


def _value(tally: Tally, moment: Moment) -> float:
    return float(_moments(tally).mean(moment, tally.records))


def _mean(tally: Tally, moment: Moment, unit: float, lowest: float) -> Estimate:
    records = tally.records
    if not records:
        return UNDEFINED
    value = _moments(tally).mean(moment, records)
    square = _moments(tally).mean(Moment.EE, records)
    variance = (square - value**2) * Fraction(records, max(1, records - 1))
    found = mean(float(value), float(variance), records, lowest)
    return Estimate(*(unit * each for each in (found.value, found.low, found.high)))
