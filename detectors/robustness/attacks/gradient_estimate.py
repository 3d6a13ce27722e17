"""Gradients of a model that tells scores only, estimated from differences, for PGD."""

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from detectors.counts import FloatArray, IntArray
from detectors.robustness.attacks.members import boxed, movable
from detectors.robustness.attacks.pgd import PGD
from detectors.robustness.threat import LossGradient, Oracle, Threat


@dataclass(frozen=True, slots=True)
class FiniteDifference:
    """Central differences of each number, into projected descent.

    Exact where the margin is linear in a column over ``reach``, and best for up to 50 columns: it
    asks two candidates a column and step.

    steps, restarts: of the descent. reach: of each difference, in scaled units; an integer's is
    at least 1 of its own. Smaller ones drown in float32 or in rounded JSON.
    """

    name: ClassVar[str] = "finite_difference"
    needs_scores: ClassVar[bool] = True
    needs_gradient: ClassVar[bool] = False

    steps: int = 10
    restarts: int = 1
    reach: float = 0.01

    def __call__(
        self,
        origins: FloatArray,
        threat: Threat,
        oracle: Oracle,
        rng: np.random.Generator,
        gradient: LossGradient | None = None,  # noqa: ARG002
    ) -> None:
        """Descend along the estimate; an infinite epsilon is searched for as PGD does."""
        slope = _Differences(threat, oracle, self.reach, self._changes, rng)
        PGD(steps=self.steps, restarts=self.restarts)(origins, threat, oracle, rng, slope)

    def _changes(
        self,
        count: int,
        columns: int,
        rng: np.random.Generator,  # noqa: ARG002
    ) -> FloatArray:
        return np.broadcast_to(np.eye(columns), (count, columns, columns))


@dataclass(frozen=True, slots=True)
class SPSA:
    """Simultaneous perturbation: differences along random signs of all columns at once.

    steps, restarts: of the descent. pairs: of candidates a step. reach: of each column in scaled
    units; an integer's is at least 1 of its own.

    Source: Spall (1992), IEEE Transactions on Automatic Control 37(3); Uesato et al. (2018),
    Adversarial risk and the dangers of evaluating against weak attacks. Here the step is PGD's,
    not Adam's.
    """

    name: ClassVar[str] = "spsa"
    needs_scores: ClassVar[bool] = True
    needs_gradient: ClassVar[bool] = False

    steps: int = 20
    restarts: int = 1
    pairs: int = 32
    reach: float = 0.01

    def __call__(
        self,
        origins: FloatArray,
        threat: Threat,
        oracle: Oracle,
        rng: np.random.Generator,
        gradient: LossGradient | None = None,  # noqa: ARG002
    ) -> None:
        """Descend along the estimate; an infinite epsilon is searched for as PGD does."""
        slope = _Differences(threat, oracle, self.reach, self._changes, rng)
        PGD(steps=self.steps, restarts=self.restarts)(origins, threat, oracle, rng, slope)

    def _changes(self, count: int, columns: int, rng: np.random.Generator) -> FloatArray:
        return rng.choice([-1.0, 1.0], (count, self.pairs, columns))


@dataclass(frozen=True, slots=True)
class NES:
    """Natural evolution strategies: differences along Gaussian directions and their opposites.

    steps, restarts: of the descent. pairs: of candidates a step. reach: sd of each column's
    change in scaled units; an integer's is at least 1 of its own.

    Source: Ilyas et al. (2018), Black-box adversarial attacks with limited queries and
    information; with a wider reach, for scores that were rounded on the wire.
    """

    name: ClassVar[str] = "nes"
    needs_scores: ClassVar[bool] = True
    needs_gradient: ClassVar[bool] = False

    steps: int = 20
    restarts: int = 1
    pairs: int = 32
    reach: float = 0.01

    def __call__(
        self,
        origins: FloatArray,
        threat: Threat,
        oracle: Oracle,
        rng: np.random.Generator,
        gradient: LossGradient | None = None,  # noqa: ARG002
    ) -> None:
        """Descend along the estimate; an infinite epsilon is searched for as PGD does."""
        slope = _Differences(threat, oracle, self.reach, self._changes, rng)
        PGD(steps=self.steps, restarts=self.restarts)(origins, threat, oracle, rng, slope)

    def _changes(self, count: int, columns: int, rng: np.random.Generator) -> FloatArray:
        return rng.standard_normal((count, self.pairs, columns))


class _Changes(Protocol):
    """Returns changes (count, pairs, columns) in units of the reach."""

    def __call__(self, count: int, columns: int, rng: np.random.Generator) -> FloatArray: ...


@dataclass(frozen=True, slots=True)
class _Differences:
    """A loss's gradient by differences of the margin, of which the loss is the negative."""

    threat: Threat
    oracle: Oracle
    reach: float
    changes: _Changes
    rng: np.random.Generator

    def __call__(self, points: FloatArray, places: IntArray) -> FloatArray:
        """Estimate the gradient at points (m, d), one batch; as LossGradient."""
        numeric = np.flatnonzero(self.threat.numeric)
        count, columns = points.shape
        if not len(numeric) or not count:
            return np.zeros_like(points)
        reach = np.maximum(self.reach, self.threat.steps[numeric])
        units = self.changes(count, len(numeric), self.rng)
        changes = np.zeros((count, units.shape[1], columns))
        changes[:, :, numeric] = units * reach
        changes *= movable(self.threat)[places][:, np.newaxis, :]
        moved = points[:, np.newaxis, np.newaxis, :] + np.stack([changes, -changes], axis=1)
        which = np.repeat(places, 2 * units.shape[1])
        told = self.oracle(boxed(moved.reshape(-1, columns), self.threat, which), which)
        margin = told.margin.reshape(count, 2, -1)
        rise = np.nan_to_num(margin[:, 0] - margin[:, 1])
        # At a bound or a rounded value the two candidates are not as far apart as was asked.
        sent = told.points.reshape(moved.shape)
        apart = (sent[:, 0] - sent[:, 1])[:, :, numeric] / reach**2
        estimate = np.zeros_like(points)
        estimate[:, numeric] = -np.einsum("mp,mpd->md", rise, apart)
        return estimate
