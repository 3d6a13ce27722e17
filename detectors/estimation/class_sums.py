"""Sums over records of a classifier of several classes, with labels or with chances of them."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from detectors.counts import FloatArray, IntArray
from detectors.estimation.score_counts import BINS, MIDDLES, bins_of

CHANCE_GRID = 2.0**16
"""Chances and what is made of them lie on a grid of 1 / CHANCE_GRID."""

AREA_BINS = 64
"""Bins of each class's scores that ROC areas are computed from."""

_BINS_OF_AREA = BINS // AREA_BINS
_LOG_LOSS = -np.log(MIDDLES)


@dataclass(frozen=True, slots=True)
class ClassSums:
    """Sums over records of K classes: ``a + b`` is that of both, exactly, in any order.

    A record's chances say what its label may be: one for the label where it is known, else the
    calibrated probabilities. Sums are in 1 / CHANCE_GRID, counts in records.

    confusion: (K, K), chances of each class, by predicted class: rows are true classes.
    spread: (K,), by predicted class, variance of being right. scores: (K, AREA_BINS), records
    by the score of each class. expected: (K, AREA_BINS), chances of the class among them.
    losses: (2,), log loss and Brier score that the chances make one expect. variances: (2,),
    theirs.
    """

    records: int
    confusion: IntArray
    spread: IntArray
    scores: IntArray
    expected: IntArray
    losses: IntArray
    variances: IntArray

    @classmethod
    def empty(cls, classes: int) -> "ClassSums":
        """Return the sums of no record."""
        nothing = np.zeros((0, classes))
        return cls.of(nothing, np.zeros(0, dtype=np.int64), nothing)

    @classmethod
    def of(cls, scores: FloatArray, predicted: IntArray, chances: FloatArray) -> "ClassSums":
        """Sum over records.

        scores: (n, K), the model's probabilities. predicted: (n,), the class that it answered
        with. chances: (n, K), of each class to be the label. Raises ValueError if a score is
        not in [0, 1].
        """
        n, classes = scores.shape
        bins = bins_of(scores)
        on_grid = np.rint(chances * CHANCE_GRID).astype(np.int64)
        right = chances[np.arange(n), predicted]
        loss, loss_variance = _moments(chances, _LOG_LOSS[bins])
        middles = MIDDLES[bins]
        of_label, label_variance = _moments(chances, middles)
        brier = (middles**2).sum(axis=1) + 1 - 2 * of_label
        area_places = bins // _BINS_OF_AREA + AREA_BINS * np.arange(classes)
        areas = classes * AREA_BINS
        return cls(
            records=n,
            confusion=_summed(
                np.arange(classes) * classes + predicted[:, None], on_grid, classes**2
            ).reshape(classes, classes),
            spread=_summed(predicted, _on_grid(right * (1 - right)), classes),
            scores=np.bincount(area_places.ravel(), minlength=areas).reshape(classes, AREA_BINS),
            expected=_summed(area_places, on_grid, areas).reshape(classes, AREA_BINS),
            losses=np.array([_on_grid(loss).sum(), _on_grid(brier).sum()]),
            variances=np.array([_on_grid(loss_variance).sum(), _on_grid(4 * label_variance).sum()]),
        )

    def __add__(self, other: Self) -> "ClassSums":
        return ClassSums(
            self.records + other.records,
            self.confusion + other.confusion,
            self.spread + other.spread,
            self.scores + other.scores,
            self.expected + other.expected,
            self.losses + other.losses,
            self.variances + other.variances,
        )


def one_hot(labels: IntArray, classes: int) -> FloatArray:
    """Return the chances of records whose labels are known; (n, classes)."""
    return np.eye(classes)[labels]


def _moments(chances: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return each record's mean and variance of the value that its label picks."""
    mean = np.einsum("nk,nk->n", chances, values)
    square = np.einsum("nk,nk,nk->n", chances, values, values)
    return mean, np.maximum(square - mean**2, 0.0)


def _on_grid(values: FloatArray) -> IntArray:
    return np.rint(values * CHANCE_GRID).astype(np.int64)


def _summed(places: IntArray, values: IntArray, length: int) -> IntArray:
    """Return integer sums by place: exact, as a block's sums stay below 2**53."""
    sums = np.bincount(places.ravel(), weights=values.ravel(), minlength=length)
    return sums.astype(np.int64)
