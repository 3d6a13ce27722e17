"""One face for all estimators: sums of integers in, estimates and comparisons out."""

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Protocol

import numpy as np

from detectors.cells import WIDTH
from detectors.counts import BoolArray, FloatArray, IntArray
from detectors.estimation.calibration import Calibration
from detectors.estimation.cbpe import compared, estimated
from detectors.estimation.class_cbpe import ClassCalibration, compared_classes, estimated_classes
from detectors.estimation.class_metrics import class_metrics
from detectors.estimation.class_sums import AREA_BINS, ClassSums, one_hot
from detectors.estimation.estimates import Comparison, Estimates
from detectors.estimation.loss_model import LossModel, counts_of
from detectors.estimation.losses import (
    RegressionMetric,
    accuracy,
    compared_answers,
    compared_numbers,
    mae_and_rmse,
    rooted,
)
from detectors.estimation.metrics import METRICS, Metric
from detectors.estimation.parts import Learned
from detectors.estimation.score_counts import BINS, LabelledCounts, ScoreCounts
from detectors.performance.said import Said
from detectors.performance.tally import Tally
from detectors.performance.task import Task
from detectors.performance.value_measures import mae, rmse
from detectors.prediction_kind import PredictionKind


class Estimator(Protocol):
    """Estimates measures of performance from sums over predictions.

    Sums are integers, so that they add up in any order. needs_chances, needs_cells: what of
    Said they are made of.
    """

    needs_chances: bool
    needs_cells: bool

    @property
    def measures(self) -> tuple[str, ...]:
        """Names of the measures, in the order of all arrays."""
        ...

    @property
    def reference(self) -> FloatArray:
        """The measures of the labelled reference."""
        ...

    @property
    def widths(self) -> tuple[int, int]:
        """How many sums there are of predictions, and of pairs."""
        ...

    def of_predictions(self, said: Said) -> IntArray:
        """Return the sums of predictions without labels."""
        ...

    def of_pairs(self, said: Said, actual: FloatArray) -> IntArray:
        """Return the sums of usable pairs; actual: (n,), as in Pairs."""
        ...

    def estimated(self, sums: IntArray, counts: IntArray, records: int) -> Estimates:
        """Return the estimate for predictions of a window.

        sums: of_predictions'. counts: (features, WIDTH), of all records of the window.
        """
        ...

    def compared(self, sums: IntArray, tally: Tally) -> Comparison:
        """Compare the estimate for pairs with what they show; sums: of_pairs', of these pairs."""
        ...


def estimator_of(learned: Learned, task: Task) -> Estimator:
    """Return the estimator that a reference taught."""
    if isinstance(learned, Calibration):
        return BinaryEstimator(learned, task)
    if isinstance(learned, ClassCalibration):
        return ClassEstimator(learned, task)
    return LossEstimator(learned, task)


@dataclass(frozen=True)
class BinaryEstimator:
    """CBPE of a binary classifier: records and positives by predicted class and score."""

    calibration: Calibration
    task: Task
    needs_chances = False
    needs_cells = False
    measures = tuple(map(str, METRICS))
    widths = (2 * BINS, 4 * BINS)

    @property
    def reference(self) -> FloatArray:
        """The measures of the labelled reference."""
        return self.calibration.realised

    def of_predictions(self, said: Said) -> IntArray:
        """Return ScoreCounts.records of the predictions that are probabilities, flat."""
        scores = said.predicted[(said.predicted >= 0) & (said.predicted <= 1)]
        return ScoreCounts.of(scores, scores >= self.task.threshold).records.ravel()

    def of_pairs(self, said: Said, actual: FloatArray) -> IntArray:
        """Return the records, then the positives of LabelledCounts, flat."""
        positive = actual == self.task.positive
        scores = said.predicted
        found = LabelledCounts.of(scores, scores >= self.task.threshold, positive)
        return np.concatenate([found.records.ravel(), found.positives.ravel()])

    def estimated(self, sums: IntArray, counts: IntArray, records: int) -> Estimates:  # noqa: ARG002
        """Return the estimate of a window."""
        return estimated(self.calibration, ScoreCounts(sums.reshape(2, BINS)))

    def compared(self, sums: IntArray, tally: Tally) -> Comparison:  # noqa: ARG002
        """Return the comparison of pairs."""
        return compared(self.calibration, LabelledCounts(*sums.reshape(2, 2, BINS)))


@dataclass(frozen=True)
class ClassEstimator:
    """CBPE of a classifier of several classes: ClassSums, and of pairs the true ones too."""

    calibration: ClassCalibration
    task: Task
    needs_chances = True
    needs_cells = False
    measures = tuple(map(str, METRICS))

    @cached_property
    def reference(self) -> FloatArray:
        """The measures of the labelled reference."""
        return class_metrics(self.calibration.reference)

    @cached_property
    def widths(self) -> tuple[int, int]:
        """How many sums there are of predictions, and of pairs."""
        width = 1 + sum(map(int, map(np.prod, _shapes(self._classes))))
        return width, 2 * width

    def of_predictions(self, said: Said) -> IntArray:
        """Return the sums of predictions with known classes and chances."""
        known = said.chosen(self._known(said))
        predicted = known.predicted.astype(np.int64)
        return _flat(self.calibration.sums(known.chances.astype(np.float64), predicted))

    def of_pairs(self, said: Said, actual: FloatArray) -> IntArray:
        """Return the sums that the chances, and those that the labels give.

        A label of a class that the reference lacks is none of the classes: the answer is wrong
        in accuracy, recall and ROC area, while precision and the log loss do not count it.
        """
        chosen = self._known(said)
        known = said.chosen(chosen)
        labels = np.minimum(actual[chosen], self._classes).astype(np.int64)
        chances, predicted = known.chances.astype(np.float64), known.predicted.astype(np.int64)
        told = ClassSums.of(chances, predicted, one_hot(labels, self._classes + 1)[:, :-1])
        return np.concatenate([_flat(self.calibration.sums(chances, predicted)), _flat(told)])

    def estimated(self, sums: IntArray, counts: IntArray, records: int) -> Estimates:  # noqa: ARG002
        """Return the estimate of a window."""
        return estimated_classes(self.calibration, _class_sums(sums, self._classes))

    def compared(self, sums: IntArray, tally: Tally) -> Comparison:  # noqa: ARG002
        """Return the comparison of pairs."""
        window, told = (_class_sums(each, self._classes) for each in np.split(sums, 2))
        return compared_classes(self.calibration, window, told)

    @cached_property
    def _classes(self) -> int:
        return len(self.calibration.probability)

    def _known(self, said: Said) -> BoolArray:
        known: BoolArray = ~np.isnan(said.chances).any(axis=1) & (said.predicted < self._classes)
        return known


@dataclass(frozen=True)
class LossEstimator:
    """Direct loss estimation: counts of the features say what losses to expect."""

    model: LossModel
    task: Task
    needs_chances = False
    needs_cells = True

    @property
    def measures(self) -> tuple[str, ...]:
        """MAE and RMSE of a regression, the accuracy of answers."""
        if self.task.kind is PredictionKind.REGRESSION:
            return tuple(map(str, RegressionMetric))
        return (str(Metric.ACCURACY),)

    @property
    def reference(self) -> FloatArray:
        """The measures of the labelled reference."""
        if self.task.kind is PredictionKind.REGRESSION:
            return rooted(self.model.reference)
        return 1 - self.model.reference

    @property
    def widths(self) -> tuple[int, int]:
        """How many sums there are of predictions, and of pairs."""
        return 0, self.model.weights.shape[2] * WIDTH

    def of_predictions(self, said: Said) -> IntArray:  # noqa: ARG002
        """Return nothing: the counts of a window's features are all that it takes."""
        return np.zeros(0, dtype=np.int64)

    def of_pairs(self, said: Said, actual: FloatArray) -> IntArray:  # noqa: ARG002
        """Return the counts of the pairs' features, flat."""
        return counts_of(said.cells.astype(np.int64)).ravel()

    def estimated(self, sums: IntArray, counts: IntArray, records: int) -> Estimates:  # noqa: ARG002
        """Return the estimate of a window."""
        losses = self.model.estimated(counts, records)
        if self.task.kind is PredictionKind.REGRESSION:
            return mae_and_rmse(losses)
        return accuracy(losses)

    def compared(self, sums: IntArray, tally: Tally) -> Comparison:
        """Return the comparison of pairs."""
        counts = sums.reshape(-1, WIDTH)
        if self.task.kind is PredictionKind.REGRESSION:
            means = [mae(tally, self.task).value, rmse(tally, self.task).value ** 2]
            return compared_numbers(self.model, counts, tally.records, np.array(means))
        right = tally.right / tally.records if tally.records else np.nan
        return compared_answers(self.model, counts, tally.records, right)


def _flat(sums: ClassSums) -> IntArray:
    parts = [np.atleast_1d(getattr(sums, field.name)).ravel() for field in fields(sums)]
    return np.concatenate(parts).astype(np.int64)


def _class_sums(flat: IntArray, classes: int) -> ClassSums:
    """Return the sums that ``_flat`` took apart."""
    shapes = _shapes(classes)
    ends = np.cumsum([1, *(int(np.prod(shape)) for shape in shapes)])
    records, *arrays = np.split(flat, ends[:-1])
    return ClassSums(
        int(records[0]),
        *(each.reshape(shape) for each, shape in zip(arrays, shapes, strict=True)),
    )


def _shapes(classes: int) -> list[tuple[int, ...]]:
    """Return the shapes of the arrays of ClassSums."""
    return [(classes, classes), (classes,), *[(classes, AREA_BINS)] * 2, (2,), (2,)]
