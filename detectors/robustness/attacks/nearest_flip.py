"""The nearest flip along given directions, along each feature, and along random ones."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors.counts import FloatArray
from detectors.robustness.attacks.rays import nearest_along
from detectors.robustness.threat import LossGradient, Norm, Oracle, Threat


@dataclass(frozen=True, slots=True)
class NearestFlip:
    """Bisection to the decision boundary along directions from each record.

    directions: in scaled units, one number a column, of any length. () takes both ways along
    each feature, and ``drawn`` random ones for each record: uniform on the sphere in L2, corners
    of the cube in L-infinity. Only numbers move. The distance is that to the nearest boundary
    along these directions, so at least the true one.
    """

    name: ClassVar[str] = "nearest_flip"
    needs_scores: ClassVar[bool] = False
    needs_gradient: ClassVar[bool] = False

    directions: tuple[tuple[float, ...], ...] = ()
    drawn: int = 8

    def __call__(
        self,
        origins: FloatArray,
        threat: Threat,
        oracle: Oracle,
        rng: np.random.Generator,
        gradient: LossGradient | None = None,  # noqa: ARG002 - as Attack
    ) -> None:
        """Ask along all directions; as Attack.

        Raises ValueError where a direction has not one number for each column.
        """
        ways = self._drawn(threat, origins.shape, rng) if not self.directions else self._given
        if ways.shape[-1] != origins.shape[1]:
            raise ValueError(
                f"directions: of {ways.shape[-1]} numbers, but {origins.shape[1]} columns may "
                "change; give one number for each"
            )
        ways = np.broadcast_to(ways, (len(origins), *ways.shape[-2:]))
        nearest_along(origins, np.where(threat.numeric, ways, 0.0), threat, oracle)

    @property
    def _given(self) -> FloatArray:
        return np.array(self.directions, dtype=np.float64)

    def _drawn(
        self, threat: Threat, shape: tuple[int, ...], rng: np.random.Generator
    ) -> FloatArray:
        """Return directions for each record, (n, k, d)."""
        records, width = shape
        axes = np.eye(width)[threat.numeric]
        random = rng.standard_normal((records, self.drawn, width))
        if threat.norm is Norm.LINF:
            random = np.sign(random)
        both = np.concatenate([axes, -axes])
        return np.concatenate([np.broadcast_to(both, (records, *both.shape)), random], axis=1)
