"""Linear models of two classes whose exact distances are known, and oracles of them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from detectors.counts import FloatArray, IntArray
from detectors.robustness.threat import BudgetSpentError, Norm, Threat, Told


@dataclass(frozen=True, slots=True)
class LinearModel:
    """s(x) = w·x + b; the class is 1 where s > 0."""

    weights: FloatArray
    bias: float

    def scores(self, points: FloatArray) -> FloatArray:
        return points @ self.weights + self.bias

    def gradient(self, origins: FloatArray) -> Callable[[FloatArray, IntArray], FloatArray]:
        """The gradient of the logistic loss of each record's own class."""
        own = (self.scores(origins) > 0).astype(float)

        def gradient(points: FloatArray, places: IntArray) -> FloatArray:
            chance = 1 / (1 + np.exp(-self.scores(points)))
            return (chance - own[places])[:, None] * self.weights

        return gradient


@dataclass(slots=True)
class LabelOracle:
    """Tells whether candidates got another class than their record; counts what it is asked."""

    classes: Callable[[FloatArray], FloatArray]
    origins: FloatArray
    budget: float = np.inf
    asked: int = 0
    calls: int = 0

    def __call__(self, points: FloatArray, places: IntArray) -> Told:
        self.asked += len(points)
        self.calls += 1
        if self.asked > self.budget:
            raise BudgetSpentError
        broken = self.classes(points) != self.classes(self.origins)[places]
        margin = np.full(len(points), np.nan)
        return Told(points, broken, margin, np.zeros(len(points), dtype=bool))


def oracle_of(model: LinearModel, origins: FloatArray) -> LabelOracle:
    return LabelOracle(lambda points: (model.scores(points) > 0).astype(float), origins)


def free(origins: FloatArray, norm: Norm, epsilon: float = np.inf, room: float = np.inf) -> Threat:
    """Numbers that may move by ``room`` at most."""
    width = origins.shape[1]
    return Threat(
        norm=norm,
        epsilon=epsilon,
        low=origins - room,
        high=origins + room,
        steps=np.zeros(width),
        levels=np.zeros(width, dtype=np.int64),
    )
