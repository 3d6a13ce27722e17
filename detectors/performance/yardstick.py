"""What performance is measured by: the reference's task, labels and estimator."""

from dataclasses import dataclass

import numpy as np

from detectors.counts import FloatArray, IntArray
from detectors.performance.estimator import Estimator, estimator_of
from detectors.performance.known import KnownPerformance
from detectors.performance.task import Task


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What a labelled reference fixes for every block.

    estimator: None where performance cannot be estimated. groups: of labels, as of
    KnownPerformance.by_label; label_edges: (groups - 1,) of a regression, empty for classes.
    """

    task: Task
    estimator: Estimator | None
    groups: int
    label_edges: FloatArray

    @classmethod
    def of(cls, known: KnownPerformance) -> "Yardstick":
        """Return what is measured by where this is known of the reference."""
        learned = known.estimation
        return cls(
            task=known.task,
            estimator=None if learned is None else estimator_of(learned, known.task),
            groups=len(known.by_label),
            label_edges=np.array(known.label_edges, dtype=np.float64),
        )

    def labels(self, actual: FloatArray) -> IntArray:
        """Count usable labels by group, those of other classes left out; shape (groups,)."""
        groups = label_groups(self.task, self.label_edges, actual)
        return np.bincount(groups[groups < self.groups], minlength=self.groups)


def label_groups(task: Task, label_edges: FloatArray, actual: FloatArray) -> IntArray:
    """Return the group of each usable label, as KnownPerformance.by_label has them; (n,).

    Classes that the task does not know have numbers from the number of its classes on.
    """
    if task.classes:
        return actual.astype(np.int64)
    return np.searchsorted(label_edges, actual)
