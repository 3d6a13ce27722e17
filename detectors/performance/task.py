"""What a reference fixes about a model's predictions and labels, shared by every tally."""

from dataclasses import dataclass, replace

import numpy as np

from detectors.bins import quantile_edges
from detectors.cells import VALUE_BINS
from detectors.counts import BoolArray, FloatArray, IntArray
from detectors.performance.pairs import Pairs
from detectors.performance.scores import SCORE_BINS, score_edges
from detectors.prediction_kind import PredictionKind

BOUND_QUANTILE = 0.99
"""Errors of a regression are told in this quantile of the reference's absolute errors."""

NEGATIVE_AND_POSITIVE = ("0", "1")
NO_POSITIVE = -1


@dataclass(frozen=True, slots=True)
class Task:
    """What is predicted, and the units and bins that the reference gives to it.

    classes: names in the order of their codes, empty for a regression; of kind probability the
    negative and the positive one. positive: the code of the class that precision, recall and
    F1 are of, NO_POSITIVE where they are averaged over classes. threshold: the probability
    from which on the answer is positive.
    score_edges: (SCORE_BINS - 1,), of probabilities. loss_edges: (VALUE_BINS - 1,), of losses.
    Both all +inf where the kind has none.
    centre, scale: that standardise the labels of a regression. bound: the unit of its errors.
    """

    kind: PredictionKind
    classes: tuple[str, ...]
    positive: int
    threshold: float
    score_edges: FloatArray
    loss_edges: FloatArray
    centre: float = 0.0
    scale: float = 1.0
    bound: float = 1.0

    @classmethod
    def fit(
        cls,
        kind: PredictionKind,
        pairs: Pairs,
        classes: tuple[str, ...] = (),
        positive: int = NO_POSITIVE,
        threshold: float = 0.5,
    ) -> "Task":
        """Return what reference pairs, or a uniform sample of them, fix.

        classes, positive: of kind class and probabilities. threshold: of kind probability.
        """
        if kind is PredictionKind.PROBABILITY:
            classes, positive = classes or NEGATIVE_AND_POSITIVE, 1
        usable = pairs.usable(kind)
        plain = cls(
            kind=kind,
            classes=() if kind is PredictionKind.REGRESSION else classes,
            positive=positive,
            threshold=threshold,
            score_edges=np.full(SCORE_BINS - 1, np.inf),
            loss_edges=np.full(VALUE_BINS - 1, np.inf),
        )
        if kind is PredictionKind.CLASS:
            return plain
        if kind is PredictionKind.REGRESSION:
            centre, scale, bound = _units(usable)
            plain = replace(plain, centre=centre, scale=scale, bound=bound)
        else:
            plain = replace(plain, score_edges=score_edges(plain.scores(usable)[0]))
        losses = plain.losses(usable)
        low, high = losses.min(initial=np.inf), losses.max(initial=-np.inf)
        return replace(plain, loss_edges=quantile_edges(losses, float(low), float(high)))

    @property
    def has_scores(self) -> bool:
        """Whether there are probabilities to be judged."""
        return self.kind in (PredictionKind.PROBABILITY, PredictionKind.PROBABILITIES)

    def codes(self, pairs: Pairs) -> tuple[IntArray, IntArray]:
        """Return the predicted and actual class codes of usable pairs, as class_codes has them."""
        if self.kind is PredictionKind.PROBABILITY:
            predicted = (pairs.predicted >= self.threshold).astype(np.int64)
        else:
            predicted = pairs.predicted.astype(np.int64)
        return predicted, pairs.actual.astype(np.int64)

    def scores(self, pairs: Pairs) -> tuple[FloatArray, BoolArray]:
        """Return probabilities of an event, and whether it happened.

        The event is that the label is positive, or of kind probabilities that the most
        probable class is the right one.
        """
        if self.kind is PredictionKind.PROBABILITY:
            return pairs.predicted, pairs.actual == self.positive
        return pairs.confidence, pairs.predicted == pairs.actual

    def errors(self, pairs: Pairs) -> FloatArray:
        """Return prediction less label of a regression, in bounds."""
        with np.errstate(over="ignore"):  # as far out as can be, which counts as FARTHEST
            errors: FloatArray = (pairs.predicted - pairs.actual) / self.bound
        return errors

    def labels(self, pairs: Pairs) -> FloatArray:
        """Return the standardised labels of a regression."""
        with np.errstate(over="ignore"):
            labels: FloatArray = (pairs.actual - self.centre) / self.scale
        return labels

    def losses(self, pairs: Pairs) -> FloatArray:
        """Return how far off predictions are: probabilities in [0, 1], values in bounds."""
        if self.kind is PredictionKind.REGRESSION:
            return np.abs(self.errors(pairs))
        scores, happened = self.scores(pairs)
        return np.abs(scores - happened)


def _units(pairs: Pairs) -> tuple[float, float, float]:
    """Return centre and scale of the labels, and the bound of the errors."""
    if not len(pairs):
        return 0.0, 1.0, 1.0
    scale = float(pairs.actual.std()) or 1.0
    bound = float(np.quantile(np.abs(pairs.predicted - pairs.actual), BOUND_QUANTILE)) or scale
    return float(pairs.actual.mean()), scale, bound
