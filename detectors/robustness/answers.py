"""What a model answered, and what it is judged by."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from detectors.counts import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Answers:
    """What a model answered for n records.

    outcome: (n,), the code of the class or the value of a regression, nan where there is no
    usable answer. chances: (n, classes), the probability of each class; (n, 0) where the model
    tells none. reasons: why answers are missing or unusable, with how many records each.
    """

    outcome: FloatArray
    chances: FloatArray
    reasons: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.outcome)

    @property
    def failed(self) -> BoolArray:
        """Which records have no usable answer; (n,)."""
        return np.isnan(self.outcome)

    @property
    def scored(self) -> bool:
        """Whether the model tells probabilities."""
        return bool(self.chances.shape[1])

    def take(self, places: IntArray) -> "Answers":
        """Return the answers at some places, which may repeat, without their reasons."""
        return Answers(self.outcome[places], self.chances[places])


@dataclass(frozen=True, slots=True)
class Task:
    """What a model is asked for, and when two answers are the same.

    classes: names in the order of their codes; empty for a regression. threshold: of two classes,
    the probability of the second from which on it is the answer; None where the most probable
    class is. tolerance: of a regression, the largest difference that is none.
    """

    classes: tuple[str, ...] = ()
    threshold: float | None = None
    tolerance: float = 0.0

    @property
    def regression(self) -> bool:
        """Whether answers are numbers."""
        return not self.classes

    def same(self, first: FloatArray, second: FloatArray) -> BoolArray:
        """Tell of outcomes or labels which are the same; false where one is nan. Shape (n,)."""
        if self.regression:
            same: BoolArray = np.abs(first - second) <= self.tolerance
        else:
            same = first == second
        return same

    def outcome(self, chances: FloatArray) -> FloatArray:
        """Return the outcome of probabilities (n, classes); nan where one of them is nan."""
        if self.threshold is not None:
            found = (chances[:, 1] >= self.threshold).astype(np.float64)
        else:
            found = np.argmax(np.nan_to_num(chances), axis=1).astype(np.float64)
        found[np.isnan(chances).any(axis=1)] = np.nan
        return found

    def margin(self, answers: Answers, expected: FloatArray) -> FloatArray:
        """Return by how much answers are for what is expected; negative where they are not.

        expected: (n,), outcomes. Shape (n,): the probability of the expected class less the
        threshold or the largest other; of a regression the tolerance less the difference; nan
        where the model tells no probabilities or gave no answer.
        """
        if self.regression:
            return self.tolerance - np.abs(answers.outcome - expected)
        if not answers.scored:
            return np.full(len(answers), np.nan)
        rows = np.arange(len(answers))
        codes = np.nan_to_num(expected).astype(np.int64)
        if self.threshold is not None:
            over = answers.chances[:, 1] - self.threshold
            found = np.where(codes == 1, over, -over)
        else:
            others = answers.chances.copy()
            others[rows, codes] = -np.inf
            found = answers.chances[rows, codes] - others.max(axis=1)
        found[np.isnan(expected) | answers.failed] = np.nan
        return found
