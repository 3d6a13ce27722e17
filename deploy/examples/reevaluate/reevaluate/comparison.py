"""How well models did on the same labelled records, and whether one did better."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from detectors.counts import FloatArray
from detectors.robustness.bootstrap import bca
from detectors.robustness.intervals import clopper_pearson
from detectors.robustness.paired import paired_difference

ALPHA = 0.05
"""The chance that an interval misses; over all gains together, by Bonferroni."""


FEWEST = 2
"""Of so few values a mean has no interval."""


class Health(StrEnum):
    """Whether the live model is as good as it was on its reference, as far as is shown."""

    HELD = "held"
    HARMED = "harmed"
    UNSURE = "unsure"


class Shown(StrEnum):
    """What is shown of one model against another."""

    BETTER = "better"
    WORSE = "worse"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def shown(self) -> Shown:
        """What a gain tells: whether it is above 0, or below."""
        if self.low > 0:
            return Shown.BETTER
        return Shown.WORSE if self.high < 0 else Shown.NOTHING


def score(outcome: FloatArray, labels: FloatArray, regression: bool) -> Estimate | None:
    """Return the accuracy of answers, or the mean absolute error of a regression.

    outcome, labels: (n,), n at least 1. A record without an answer is wrongly answered; of a
    regression it is left out, and None is returned where too few are left.
    """
    if not regression:
        right = int((outcome == labels).sum())
        low, high = clopper_pearson(right, len(labels), ALPHA)
        return Estimate(right / len(labels), float(low), float(high))
    return _mean(np.abs(outcome - labels), ALPHA)


def gain(
    other: FloatArray, live: FloatArray, labels: FloatArray, regression: bool, comparisons: int
) -> Estimate | None:
    """Return by how much another model is better than the live one, on the same records.

    Of an accuracy the difference, of a regression the fall of the absolute error: above 0 the
    other one is better. comparisons: that share ALPHA. None as of score.
    """
    alpha = ALPHA / comparisons
    if regression:
        return _mean(np.abs(live - labels) - np.abs(other - labels), alpha)
    only_other = int(((other == labels) & (live != labels)).sum())
    only_live = int(((live == labels) & (other != labels)).sum())
    return Estimate(*paired_difference(only_other, only_live, len(labels), alpha))


def health(live: Estimate, reference: float | None, tolerable: float, regression: bool) -> Health:
    """Tell whether a live model is worse than on its reference by more than is tolerable.

    tolerable: a difference of accuracies, or the share by which an error may rise. Unsure where
    the interval holds both, or the reference tells nothing.
    """
    if reference is None:
        return Health.UNSURE
    if regression:
        limit = reference * (1 + tolerable)
        held, harmed = live.high <= limit, live.low > limit
    else:
        limit = reference - tolerable
        held, harmed = live.low >= limit, live.high < limit
    return Health.HELD if held else Health.HARMED if harmed else Health.UNSURE


def _mean(values: FloatArray, alpha: float) -> Estimate | None:
    known = values[np.isfinite(values)]
    if len(known) < FEWEST:
        return None
    low, high = bca(known, lambda drawn: float(drawn.mean()), alpha)
    return Estimate(float(known.mean()), low, high)
