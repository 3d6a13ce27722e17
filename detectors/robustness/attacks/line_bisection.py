"""Bisection towards near records that the model answers otherwise: a cheap default."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors.counts import FloatArray
from detectors.robustness.attacks.bisection import Approach
from detectors.robustness.attacks.starts import others_that_break, random_starts
from detectors.robustness.threat import LossGradient, Oracle, Threat


@dataclass(frozen=True, slots=True)
class LineBisection:
    """Bisects the way from each record to near ones with another answer.

    Every record asks what others' values would make of it, and halves the way to the nearest that
    break it; those that none breaks go a random way. Changed categories that need not be are
    undone before. What it finds is plausible, for it lies between two real records, but farther
    than the nearest flip.

    targets: ways of each record; steps: halvings of each.
    """

    name: ClassVar[str] = "line_bisection"
    needs_scores: ClassVar[bool] = False
    needs_gradient: ClassVar[bool] = False

    targets: int = 8
    steps: int = 12

    def __call__(
        self,
        origins: FloatArray,
        threat: Threat,
        oracle: Oracle,
        rng: np.random.Generator,
        gradient: LossGradient | None = None,  # noqa: ARG002
    ) -> None:
        """Ask about every way's next point at once, ``steps`` times."""
        points, places = others_that_break(
            origins,
            threat,
            oracle,
            rng,
            np.arange(len(origins)),
            wanted=self.targets,
            choices=True,
        )
        alone = np.setdiff1d(np.arange(len(origins)), places)
        further, found = random_starts(origins, threat, oracle, rng, alone)
        points = np.concatenate([points, further[found]])
        places = np.concatenate([places, alone[found]])
        approach = Approach(origins, threat, oracle)
        approach.bisected(approach.without_choices(points, places), places, self.steps)
