"""All measures of a tally's performance."""

from collections.abc import Callable
from dataclasses import dataclass

from detectors.counts import IntArray
from detectors.performance.class_measures import (
    accuracy,
    class_f1,
    class_precision,
    class_recall,
    f1,
    precision,
    recall,
)
from detectors.performance.estimate import Estimate
from detectors.performance.score_measures import brier, calibration_error, log_loss, roc_auc
from detectors.performance.tally import Tally
from detectors.performance.task import Task
from detectors.performance.value_measures import bias, mae, r2, rmse
from detectors.prediction_kind import PredictionKind


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure: how it is computed, and of which kinds of prediction."""

    of: Callable[[Tally, Task], Estimate]
    kinds: frozenset[PredictionKind]


def measure(tally: Tally, task: Task) -> dict[str, Estimate]:
    """Return every measure of the task's kind by name, undefined ones as nan."""
    return {
        name: each.of(tally, task) for name, each in REGISTRY.items() if task.kind in each.kinds
    }


def measure_classes(tally: Tally, task: Task) -> dict[str, tuple[Estimate, ...]]:
    """Return the measures of single classes by name, one for each of the task's classes."""
    return {
        name: tuple(of(tally.confusion, code) for code in range(len(task.classes)))
        for name, of in CLASS_REGISTRY.items()
    }


RANKED = frozenset({PredictionKind.PROBABILITY})
SCORES = RANKED | {PredictionKind.PROBABILITIES}
CLASSES = SCORES | {PredictionKind.CLASS}
VALUES = frozenset({PredictionKind.REGRESSION})

REGISTRY: dict[str, Measure] = {
    "accuracy": Measure(accuracy, CLASSES),
    "precision": Measure(precision, CLASSES),
    "recall": Measure(recall, CLASSES),
    "f1": Measure(f1, CLASSES),
    "log_loss": Measure(log_loss, SCORES),
    "brier": Measure(brier, SCORES),
    "calibration_error": Measure(calibration_error, SCORES),
    "roc_auc": Measure(roc_auc, RANKED),
    "mae": Measure(mae, VALUES),
    "rmse": Measure(rmse, VALUES),
    "r2": Measure(r2, VALUES),
    "bias": Measure(bias, VALUES),
}
"""Each measure by name."""

CLASS_REGISTRY: dict[str, Callable[[IntArray, int], Estimate]] = {
    "precision": class_precision,
    "recall": class_recall,
    "f1": class_f1,
}
"""Each measure of a single class by name."""
