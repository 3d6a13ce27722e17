"""The live model as the oracle of an attack."""

from dataclasses import dataclass

import numpy as np

from detectors.counts import FloatArray, IntArray
from detectors.robustness.answers import Task
from detectors.robustness.points import Points
from detectors.robustness.threat import Told
from monitor.retest.model import LiveModel


@dataclass(frozen=True, slots=True)
class ModelOracle:
    """Asks a model about points.

    expected: (n,), the outcome of each record; another one breaks it.
    """

    points: Points
    task: Task
    expected: FloatArray
    model: LiveModel

    def __call__(self, points: FloatArray, places: IntArray) -> Told:
        """Send the points as records; as Oracle."""
        if not len(points):
            nothing = np.zeros(0, dtype=np.bool_)
            return Told(points, nothing, np.zeros(0), nothing)
        table = self.model.cast(self.points.table(points, places))
        answers = self.model.predict(table)
        expected = self.expected[places]
        broken = ~self.task.same(answers.outcome, expected) & ~answers.failed
        margin = self.task.margin(answers, expected)
        return Told(self.points.read(table, places), broken, margin, answers.failed)
