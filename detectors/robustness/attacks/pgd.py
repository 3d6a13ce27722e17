"""Projected gradient descent: many small steps, each projected back on the threat set."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors.counts import FloatArray, IntArray
from detectors.robustness.attacks.rays import REACH, nearest_along
from detectors.robustness.attacks.steps import ascent, project
from detectors.robustness.threat import LossGradient, Norm, Oracle, Threat


@dataclass(frozen=True, slots=True)
class PGD:
    """Steps of size 2.5 ε/steps along the gradient, within the ball and the box.

    The first start is the record itself, further ones are drawn from the ball; a record stops
    once it is broken. Points are asked about at every step, and go on unrounded, for a step may
    be less than 1 of an integer. With epsilon inf, the radius of the ball is bisected for each
    record, between nothing and the nearest flip along its gradient. At most steps x restarts
    queries a record, ``rounds`` times that where epsilon is inf.

    Source: Madry et al. (2018), Towards deep learning models resistant to adversarial attacks.
    """

    name: ClassVar[str] = "pgd"
    needs_scores: ClassVar[bool] = False
    needs_gradient: ClassVar[bool] = True

    steps: int = 20
    restarts: int = 2
    rounds: int = 8

    def __call__(
        self,
        origins: FloatArray,
        threat: Threat,
        oracle: Oracle,
        rng: np.random.Generator,
        gradient: LossGradient | None = None,
    ) -> None:
        """Ask about every step of each record; as Attack. Raises ValueError without a gradient."""
        if gradient is None:
            raise ValueError(
                "pgd: this model offers no gradient; use an attack that needs none, such as square"
            )
        search = _Search(self, origins, threat, oracle, rng, gradient)
        everyone = np.arange(len(origins))
        if np.isfinite(threat.epsilon):
            search.within(np.full(len(origins), threat.epsilon), everyone)
            return
        direction = ascent(origins, everyone, threat, gradient)
        most = nearest_along(origins, direction[:, None, :], threat, oracle)
        most = np.where(np.isinf(most), _room(origins, threat), most)
        least = np.zeros(len(origins))
        for _ in range(self.rounds):
            radius = (least + most) / 2
            found = search.within(radius, np.flatnonzero(most > 0))
            broken = np.isfinite(found)
            most = np.where(broken, np.minimum(found, radius), most)
            least = np.where(broken, least, radius)


@dataclass(frozen=True, slots=True)
class _Search:
    """The parts of one attack that stay the same at every radius."""

    plan: PGD
    origins: FloatArray
    threat: Threat
    oracle: Oracle
    rng: np.random.Generator
    gradient: LossGradient

    def within(self, radius: FloatArray, places: IntArray) -> FloatArray:
        """Look for flips in balls of a radius (n,); return the size of each found, inf if none.

        places: the records to look for.
        """
        found = np.full(len(self.origins), np.inf)
        for restart in range(self.plan.restarts):
            left = places[np.isinf(found[places])]
            points = self.origins[left]
            if restart:
                start = points + _drawn(self.rng, self.threat, radius[left])
                points = project(start, points, left, self.threat, radius[left])
            for _ in range(self.plan.steps):
                if not len(left):
                    break
                points = self._stepped(points, left, radius[left])
                told = self.oracle(points, left)
                sizes = self.threat.distance(told.points, self.origins[left])
                found[left[told.broken]] = sizes[told.broken]
                points, left = points[~told.broken], left[~told.broken]
        return found

    def _stepped(self, points: FloatArray, places: IntArray, radius: FloatArray) -> FloatArray:
        step = 2.5 * radius / self.plan.steps
        moved = points + step[:, None] * ascent(points, places, self.threat, self.gradient)
        return project(moved, self.origins[places], places, self.threat, radius)


def _drawn(rng: np.random.Generator, threat: Threat, radius: FloatArray) -> FloatArray:
    """Return changes of numbers, uniform in balls of a radius (m,); (m, d)."""
    free = threat.numeric
    shape = (len(radius), int(free.sum()))
    if threat.norm is Norm.LINF:
        inside = rng.uniform(-1.0, 1.0, shape)
    else:
        normal = rng.standard_normal(shape)
        length = np.maximum(threat.norm.of(normal), np.finfo(np.float64).tiny)
        inside = normal * (rng.random(len(radius)) ** (1 / max(shape[1], 1)) / length)[:, None]
    changes = np.zeros((len(radius), len(free)))
    changes[:, free] = inside * radius[:, None]
    return changes


def _room(origins: FloatArray, threat: Threat) -> FloatArray:
    """Return how large a change of numbers the box allows, at most REACH; (n,)."""
    room = np.maximum(threat.high - origins, origins - threat.low)[:, threat.numeric]
    return np.minimum(threat.norm.of(np.minimum(room, REACH)), REACH)
