"""Joined pairs: what a model predicted, and what turned out to be true."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np

from detectors.columns import UInt64Array
from detectors.counts import BoolArray, FloatArray, IntArray
from detectors.prediction_kind import PredictionKind


@dataclass(frozen=True, slots=True)
class Pairs:
    """Columns of n joined pairs of one stream and block; all of shape (n,).

    predicted: the value of kind regression, the probability of the positive class of kind
    probability, otherwise the code of the (most probable) class. actual: the label, a value or
    a code; of kind probability 1 is positive. confidence: the probability of the most probable
    class of kind probabilities, nan otherwise. nan where a prediction or a label is missing.
    hashes, times, partitions, offsets: as in detectors.columns.
    """

    predicted: FloatArray
    actual: FloatArray
    confidence: FloatArray
    hashes: UInt64Array
    times: IntArray
    partitions: IntArray
    offsets: IntArray

    def __len__(self) -> int:
        return len(self.predicted)

    def fit(self, kind: PredictionKind) -> BoolArray:
        """Tell which pairs can be judged: both sides there, probabilities in [0, 1]."""
        fit: BoolArray = np.isfinite(self.predicted) & np.isfinite(self.actual)
        if kind is PredictionKind.PROBABILITY:
            fit &= (self.predicted >= 0) & (self.predicted <= 1)
        elif kind is PredictionKind.PROBABILITIES:
            fit &= (self.confidence >= 0) & (self.confidence <= 1)
        return fit

    def usable(self, kind: PredictionKind) -> "Pairs":
        """Return the pairs that can be judged."""
        fit = self.fit(kind)
        return self if fit.all() else self.chosen(fit)

    def chosen(self, chosen: BoolArray | IntArray | slice) -> "Pairs":
        """Return some of the pairs, in their order."""
        return Pairs(*(getattr(self, column.name)[chosen] for column in fields(self)))


def class_codes(
    codes: Mapping[str, int], predicted: Sequence[str], actual: Sequence[str]
) -> tuple[FloatArray, FloatArray]:
    """Return predicted and actual classes as codes; two arrays of shape (n,).

    codes: of the reference's K classes, 0 to K - 1. Every other class has code K, but a label
    of another class than a prediction of code K has K + 1: so a pair is right where its codes
    are equal, and only there.

    >>> class_codes({"cat": 0, "dog": 1}, ["cat", "fox", "fox"], ["dog", "fox", "owl"])
    (array([0., 2., 2.]), array([1., 2., 3.]))
    """
    other = len(codes)
    said = np.array([codes.get(name, other) for name in predicted], dtype=np.float64)
    was = np.array([codes.get(name, other) for name in actual], dtype=np.float64)
    for place in np.flatnonzero((said == other) & (was == other)).tolist():
        was[place] += predicted[place] != actual[place]
    return said, was
