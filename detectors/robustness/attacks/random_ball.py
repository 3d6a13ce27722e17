"""Random points of the threat set: the floor that any attack must beat."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors.counts import FloatArray
from detectors.robustness.attacks.members import broke, drawn
from detectors.robustness.threat import LossGradient, Oracle, Threat


@dataclass(frozen=True, slots=True)
class RandomBall:
    """Asks about random members of the threat set, half of them on its edge.

    draws: candidates a record; a record that broke within a finite epsilon gets no more. An
    attack that finds less than this one found nothing (Carlini et al. 2019).
    """

    name: ClassVar[str] = "random_ball"
    needs_scores: ClassVar[bool] = False
    needs_gradient: ClassVar[bool] = False

    draws: int = 100

    def __call__(
        self,
        origins: FloatArray,
        threat: Threat,
        oracle: Oracle,
        rng: np.random.Generator,
        gradient: LossGradient | None = None,  # noqa: ARG002
    ) -> None:
        """Ask about one candidate of each record that still holds, ``draws`` times."""
        live = np.arange(len(origins))
        for _ in range(self.draws):
            if not len(live):
                return
            told = oracle(drawn(origins, threat, live, rng), live)
            live = live[~broke(told, origins, threat, live)]
