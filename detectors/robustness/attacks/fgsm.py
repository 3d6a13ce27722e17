"""Fast gradient sign method: one step along the gradient."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors.counts import FloatArray
from detectors.robustness.attacks.rays import nearest_along
from detectors.robustness.attacks.steps import ascent, project
from detectors.robustness.threat import LossGradient, Oracle, Threat


@dataclass(frozen=True, slots=True)
class FGSM:
    """One step of size epsilon along the sign of the gradient, or along the gradient (L2).

    x' = x + ε sign ∇L(x), or x + ε ∇L/‖∇L‖, clipped to the box. With epsilon inf, the nearest
    flip along that step, by bisection. The least distance of a linear model without a box is met
    exactly: |s|/‖w‖_1 in L-infinity and |s|/‖w‖_2 in L2. One query a record, else about 20.

    Source: Goodfellow, Shlens and Szegedy (2015), Explaining and harnessing adversarial examples.
    """

    name: ClassVar[str] = "fgsm"
    needs_scores: ClassVar[bool] = False
    needs_gradient: ClassVar[bool] = True

    def __call__(
        self,
        origins: FloatArray,
        threat: Threat,
        oracle: Oracle,
        rng: np.random.Generator,  # noqa: ARG002 - as Attack
        gradient: LossGradient | None = None,
    ) -> None:
        """Ask about one step of each record; as Attack. Raises ValueError without a gradient."""
        if gradient is None:
            raise ValueError(
                "fgsm: this model offers no gradient; use an attack that needs none, such as square"
            )
        places = np.arange(len(origins))
        direction = ascent(origins, places, threat, gradient)
        if np.isinf(threat.epsilon):
            nearest_along(origins, direction[:, None, :], threat, oracle)
            return
        moving = np.flatnonzero(direction.any(axis=1))
        if len(moving):
            radius = np.full(len(moving), threat.epsilon)
            stepped = origins[moving] + threat.epsilon * direction[moving]
            oracle(project(stepped, origins[moving], moving, threat, radius), moving)
