"""Verdicts: whether a measure meets its limit, breaks it, or too few records tell."""

import math
from dataclasses import dataclass
from enum import StrEnum

from detectors.robustness.intervals import lower_bound, upper_bound

ALPHA_PASS = 0.05
"""The chance of a false 'passed', where nothing else is said."""


class Verdict(StrEnum):
    """What can be said of a requirement, or of a run as a whole.

    A run is failed if a requirement is, else inconclusive if one is, else passed. A run without
    requirements is passed if the model answered.
    """

    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict and what it rests on.

    low, high: one-sided bounds of the measure, each at the chance of error of the verdict that it
    decides. needed: records for an 80 % chance of a verdict if the measure is what was seen;
    None where decided, or where more records are not what is missing.
    """

    verdict: Verdict
    low: float
    high: float
    needed: int | None = None


def share_verdict(
    bad_low: int,
    bad_high: int,
    n: int,
    limit: float,
    most: bool,
    alpha_fail: float,
    alpha_pass: float = ALPHA_PASS,
) -> Decision:
    """Return the verdict on a share of n records that may be at most, or at least, a limit.

    bad_low, bad_high: how many records count, with all those that got no usable answer left out
    and with all of them counted in; where the two would decide differently it is inconclusive.
    most: whether the share may be at most ``limit``, else at least. alpha_fail, alpha_pass:
    chances of a false 'failed' and a false 'passed'; exact by Clopper and Pearson (1934).
    Without a record the verdict is inconclusive.
    Raises ValueError where the counts are not in order.
    """
    if not 0 <= bad_low <= bad_high <= n:
        raise ValueError(
            f"counts {bad_low} to {bad_high} of {n} records; the first is the smaller one, and "
            "neither is more than the records"
        )
    if n == 0:
        return Decision(Verdict.INCONCLUSIVE, 0.0, 1.0)
    alpha_low, alpha_high = (alpha_fail, alpha_pass) if most else (alpha_pass, alpha_fail)
    low = float(lower_bound(bad_low, n, alpha_low))
    high = float(upper_bound(bad_high, n, alpha_high))
    verdict = _verdict(low, high, limit, most)
    answered = n - (bad_high - bad_low)
    if verdict is not Verdict.INCONCLUSIVE or answered == 0:
        return Decision(verdict, low, high)
    # It needs scipy.stats, which takes long to import for those who only read verdicts.
    from detectors.robustness.sample_size import records_needed

    needed = records_needed(bad_low / answered, limit, most, alpha_fail, alpha_pass)
    return Decision(verdict, low, high, needed if needed is not None and needed > n else None)


def interval_verdict(
    low_fail: float, high_fail: float, low_pass: float, high_pass: float, limit: float, most: bool
) -> Decision:
    """Return the verdict on a measure with bounds of its own, of any unit.

    low_fail, high_fail: one-sided bounds at the chance of a false 'failed'; low_pass, high_pass:
    at that of a false 'passed'. Inconclusive where the bounds that decide are nan.
    """
    low, high = (low_fail, high_pass) if most else (low_pass, high_fail)
    return Decision(_verdict(low, high, limit, most), low, high)


def _verdict(low: float, high: float, limit: float, most: bool) -> Verdict:
    if math.isnan(low) or math.isnan(high):
        return Verdict.INCONCLUSIVE
    if (low > limit) if most else (high < limit):
        return Verdict.FAILED
    if (high <= limit) if most else (low >= limit):
        return Verdict.PASSED
    return Verdict.INCONCLUSIVE
