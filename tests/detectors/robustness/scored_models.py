"""Oracles that tell scores, and records of numbers, categories and one-hot groups."""

from dataclasses import dataclass, field

import numpy as np

from detectors.counts import FloatArray, IntArray
from detectors.robustness.threat import BudgetSpentError, Norm, Threat, Told
from tests.detectors.robustness.linear_models import LinearModel


@dataclass(slots=True)
class ScoreOracle:
    """Tells the margin of a logistic model; counts what it is asked.

    fails: the share of candidates without an answer. step: what numbers are rounded to, towards
    the record's, before they are scored; 0 for not.
    """

    model: LinearModel
    origins: FloatArray
    budget: float = np.inf
    fails: float = 0.0
    step: float = 0.0
    single_precision_at: float = 0.0
    asked: int = 0
    calls: int = 0
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(99))

    def __call__(self, points: FloatArray, places: IntArray) -> Told:
        if self.asked + len(points) > self.budget:
            raise BudgetSpentError
        self.asked += len(points)
        self.calls += 1
        if self.step:
            steps = (points - self.origins[places]) / self.step
            points = self.origins[places] + np.trunc(steps + 1e-9 * np.sign(steps)) * self.step
        if self.single_precision_at:
            cast = (points + self.single_precision_at).astype(np.float32)
            points = cast.astype(np.float64) - self.single_precision_at
        own = np.where(self.model.scores(self.origins) > 0, 1.0, -1.0)
        scores = self.model.scores(points)
        failed = self.rng.random(len(points)) < self.fails
        margin = own[places] * np.tanh(scores / 2)
        broken = ((scores > 0) != (own[places] > 0)) & ~failed
        return Told(points, broken, np.where(failed, np.nan, margin), failed)


def mixed_records(seed: int, records: int = 30) -> FloatArray:
    """Records of three numbers, a category of three levels and a one-hot group of three."""
    rng = np.random.default_rng(seed)
    numbers = rng.normal(size=(records, 3))
    levels = rng.integers(0, 3, records).astype(float)
    return np.column_stack([numbers, levels, np.eye(3)[rng.integers(0, 3, records)]])


def mixed_threat(origins: FloatArray, norm: Norm, epsilon: float) -> Threat:
    """What may change of such records: not the third number, and all within some range."""
    low, high = np.full(origins.shape, -4.0), np.full(origins.shape, 4.0)
    low[:, 2] = high[:, 2] = origins[:, 2]
    low[:, 3], high[:, 3] = 0.0, 2.0
    low[:, 4:], high[:, 4:] = 0.0, 1.0
    levels = np.array([0, 0, 0, 3, 0, 0, 0])
    groups = (np.array([4, 5, 6]),)
    return Threat(norm, epsilon, low, high, np.zeros(7), levels, groups)
