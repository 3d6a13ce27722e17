"""The tally of joined pairs: all that measures of performance are made of, as a monoid."""

from dataclasses import dataclass
from functools import reduce
from typing import Self

import numpy as np

from detectors.counts import IntArray
from detectors.performance.moments import Moments
from detectors.performance.pairs import Pairs
from detectors.performance.scores import ScoreSums
from detectors.performance.task import Task
from detectors.prediction_kind import PredictionKind

AT_ONCE = 8192
"""Pairs that are counted together (measured: 55 ns each; 100,000, which no cache holds, 470)."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What is kept of joined pairs: ``a + b`` is the tally of both, in any order or grouping.

    Every quantity is an integer, so equal pairs give equal bits however they were split.

    records: pairs that were judged. unusable: pairs without a usable prediction or label.
    confusion: (K + 1, K + 1) for K classes, predicted by actual, every other class last;
    (1, 1) for a regression. right: pairs whose classes are the same. scores: of probabilities,
    None where there are none. moments: of a regression, otherwise None.
    """

    records: int
    unusable: int
    confusion: IntArray
    right: int
    scores: ScoreSums | None
    moments: Moments | None

    @classmethod
    def empty(cls, task: Task) -> "Tally":
        """Return the tally of no pair, the monoid's identity."""
        classes = len(task.classes) + 1
        return cls(
            records=0,
            unusable=0,
            confusion=np.zeros((classes, classes), dtype=np.int64),
            right=0,
            scores=ScoreSums.empty() if task.has_scores else None,
            moments=Moments.empty() if task.kind is PredictionKind.REGRESSION else None,
        )

    @classmethod
    def of(cls, task: Task, pairs: Pairs) -> "Tally":
        """Return the tally of some pairs.

        Pairs may be cut into calls in any way: the tallies' sum is the same, bit for bit.
        """
        if len(pairs) > AT_ONCE:
            starts = range(0, len(pairs), AT_ONCE)
            pieces = (cls.of(task, pairs.chosen(slice(at, at + AT_ONCE))) for at in starts)
            return reduce(cls.__add__, pieces)
        usable = pairs.usable(task.kind)
        unusable = len(pairs) - len(usable)
        if task.kind is PredictionKind.REGRESSION:
            return cls(
                records=len(usable),
                unusable=unusable,
                confusion=np.zeros((1, 1), dtype=np.int64),
                right=0,
                scores=None,
                moments=Moments.of(task.errors(usable), task.labels(usable)),
            )
        predicted, actual = task.codes(usable)
        return cls(
            records=len(usable),
            unusable=unusable,
            confusion=_confusion(len(task.classes), predicted, actual),
            right=int(np.count_nonzero(predicted == actual)),
            scores=ScoreSums.of(task.score_edges, *task.scores(usable))
            if task.has_scores
            else None,
            moments=None,
        )

    def __add__(self, other: Self) -> "Tally":
        return Tally(
            records=self.records + other.records,
            unusable=self.unusable + other.unusable,
            confusion=self.confusion + other.confusion,
            right=self.right + other.right,
            scores=self.scores + other.scores
            if self.scores is not None and other.scores is not None
            else None,
            moments=self.moments + other.moments
            if self.moments is not None and other.moments is not None
            else None,
        )


def _confusion(classes: int, predicted: IntArray, actual: IntArray) -> IntArray:
    width = classes + 1
    cells = predicted * width + np.minimum(actual, classes)
    return np.bincount(cells, minlength=width * width).reshape(width, width)
