"""Square attack: random search by scores among points on the edge of the ball."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors.counts import BoolArray, FloatArray
from detectors.robustness.attacks.members import FARTHEST, broke, movable, projected
from detectors.robustness.ledger import TOLERANCE
from detectors.robustness.threat import LossGradient, Norm, Oracle, Threat

HALVED_AT = (0.001, 0.005, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8)


@dataclass(frozen=True, slots=True)
class Square:
    """Puts a random share of the columns at new places on the edge, and keeps what helps.

    The start has every number at plus or minus epsilon. Then a random set of columns, a share of
    them that begins at ``share`` and halves at fixed parts of all queries, gets new signs
    (L-infinity), or new Gaussian values of which the whole change is brought back to the sphere
    (L2); the new point is kept if the margin falls. Columns have no neighbours as pixels have,
    so the set is no square. Choices stay as they are.

    queries: candidates a record, one a batch; a record that broke gets no more. Raises ValueError
    for an infinite epsilon.

    Source: Andriushchenko et al. (2020), Square Attack, ECCV.
    """

    name: ClassVar[str] = "square"
    needs_scores: ClassVar[bool] = True
    needs_gradient: ClassVar[bool] = False

    queries: int = 500
    share: float = 0.8

    def __call__(
        self,
        origins: FloatArray,
        threat: Threat,
        oracle: Oracle,
        rng: np.random.Generator,
        gradient: LossGradient | None = None,  # noqa: ARG002
    ) -> None:
        """Ask about one candidate of each record that still holds, ``queries`` times."""
        if np.isinf(threat.epsilon):
            raise ValueError(
                "square: epsilon is infinite, but its candidates lie at the edge of a ball; set an "
                "epsilon, or use hop_skip_jump, which looks for the least change"
            )
        numbers = movable(threat)
        edge = min(threat.epsilon, FARTHEST)
        changes = np.zeros_like(origins)
        margin = np.full(len(origins), np.inf)
        inner = np.ones((len(origins), 1))
        live = np.flatnonzero(numbers.any(axis=1))
        for number in range(self.queries):
            if not len(live):
                return
            share = 1.0 if number == 0 else self._share(number)
            redrawn = _some(numbers[live], share, rng)
            trial = _redrawn(changes[live], redrawn, threat.norm, edge, rng)
            points = projected(origins[live] + trial * inner[live], origins, threat, live)
            told = oracle(points, live)
            # A cast to float32 carries some points out of the ball; the next ones stay in.
            over = threat.distance(told.points, origins[live]) / threat.epsilon - 1.0
            outside = over > TOLERANCE
            inner[live[outside], 0] *= 1.0 - 2.0 * np.minimum(over[outside], 0.25)
            better = told.margin < margin[live]
            changes[live[better]] = trial[better]
            margin[live[better]] = told.margin[better]
            live = live[~broke(told, origins, threat, live)]

    def _share(self, number: int) -> float:
        halvings = sum(number >= part * self.queries for part in HALVED_AT)
        return self.share * 0.5**halvings


def _some(numbers: BoolArray, share: float, rng: np.random.Generator) -> BoolArray:
    """Choose a share of each row's true columns at random, at least one; (m, d)."""
    most = np.maximum(1, np.round(share * numbers.sum(axis=1))).astype(np.int64)
    order = np.where(numbers, rng.random(numbers.shape), np.inf)
    rank = np.argsort(np.argsort(order, axis=1), axis=1)
    chosen: BoolArray = numbers & (rank < most[:, np.newaxis])
    return chosen


def _redrawn(
    changes: FloatArray, where: BoolArray, norm: Norm, edge: float, rng: np.random.Generator
) -> FloatArray:
    if norm is Norm.LINF:
        return np.where(where, rng.choice([-edge, edge], changes.shape), changes)
    columns = np.maximum(
        (changes != 0).sum(axis=1, keepdims=True), where.sum(axis=1, keepdims=True)
    )
    normal = rng.standard_normal(changes.shape) * edge / np.sqrt(np.maximum(columns, 1))
    new = np.where(where, normal, changes)
    sizes = np.maximum(norm.of(new), np.finfo(np.float64).tiny)
    return new * (edge / sizes)[:, np.newaxis]
