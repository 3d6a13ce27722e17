"""Scores of binary classifiers counted in fixed bins: all that estimates need, and it merges."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from detectors.counts import BoolArray, FloatArray, IntArray

BINS = 256
"""Bins of equal width in asin(sqrt(score)): a bin is as wide as the score's own sd, so scores
near 0 and 1 are told apart in steps of 3e-5 and those near 1/2 in steps of 0.006."""

STEPS = 2**16
"""A bin's edges are multiples of 1 / STEPS, so that every machine finds the same bin."""


def _bin_of_step() -> IntArray:
    middles = (np.arange(STEPS) + 0.5) / STEPS
    bins = np.floor(np.arcsin(np.sqrt(middles)) / (np.pi / 2) * BINS).astype(np.int64)
    return np.append(bins, BINS - 1)


_BIN_OF_STEP = _bin_of_step()

EDGES: FloatArray = np.searchsorted(_BIN_OF_STEP[:-1], np.arange(BINS + 1)) / STEPS
"""Bin k holds EDGES[k] <= score < EDGES[k + 1], the last one 1 too; (BINS + 1,)."""

MIDDLES: FloatArray = (EDGES[:-1] + EDGES[1:]) / 2
"""The score that stands for all scores of a bin; (BINS,)."""


def bins_of(scores: FloatArray) -> IntArray:
    """Return the bin of each score, in the shape of the scores.

    Raises ValueError if one of them is not in [0, 1] (nan is not).
    """
    if not (scores.min(initial=0.0) >= 0 and scores.max(initial=0.0) <= 1):
        wrong = scores[~((scores >= 0) & (scores <= 1))][0]
        raise ValueError(f"scores are probabilities in [0, 1], and {wrong} is not")
    return _BIN_OF_STEP[(scores * STEPS).astype(np.int64)]


@dataclass(frozen=True, slots=True)
class ScoreCounts:
    """Records by predicted class and score: ``a + b`` is the count of both, in any order.

    records: (2, BINS), row 1 for records predicted positive.
    """

    records: IntArray

    @classmethod
    def empty(cls) -> "ScoreCounts":
        """Return the counts of no record."""
        return cls(np.zeros((2, BINS), dtype=np.int64))

    @classmethod
    def of(cls, scores: FloatArray, predicted: BoolArray) -> "ScoreCounts":
        """Count records, those without a score (nan) left out.

        scores: (n,), the model's probability of the positive class. predicted: (n,), whether
        the model answered with it. Raises ValueError if a score is not in [0, 1].
        """
        return cls(_table(scores, predicted))

    def __add__(self, other: Self) -> "ScoreCounts":
        return ScoreCounts(self.records + other.records)


@dataclass(frozen=True, slots=True)
class LabelledCounts:
    """Records by predicted class and score, and how many of them were positive; a monoid.

    records, positives: (2, BINS), row 1 for records predicted positive.
    """

    records: IntArray
    positives: IntArray

    @classmethod
    def empty(cls) -> "LabelledCounts":
        """Return the counts of no record."""
        return cls(*np.zeros((2, 2, BINS), dtype=np.int64))

    @classmethod
    def of(cls, scores: FloatArray, predicted: BoolArray, positive: BoolArray) -> "LabelledCounts":
        """Count records, those without a score (nan) left out; positive: (n,), the labels."""
        return cls(_table(scores, predicted), _table(scores[positive], predicted[positive]))

    def __add__(self, other: Self) -> "LabelledCounts":
        return LabelledCounts(self.records + other.records, self.positives + other.positives)

    def __sub__(self, other: Self) -> "LabelledCounts":
        return LabelledCounts(self.records - other.records, self.positives - other.positives)

    @property
    def scores(self) -> ScoreCounts:
        """The same records as if their labels had not arrived."""
        return ScoreCounts(self.records)


def _table(scores: FloatArray, predicted: BoolArray) -> IntArray:
    if np.isnan(scores).any():
        known = ~np.isnan(scores)
        scores, predicted = scores[known], predicted[known]
    places = bins_of(scores) + BINS * predicted
    return np.bincount(places, minlength=2 * BINS).reshape(2, BINS)
