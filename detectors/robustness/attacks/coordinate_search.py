"""One feature at a time through the values that it has: names the feature that flips."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors.counts import FloatArray, IntArray
from detectors.robustness.attacks.bisection import Approach
from detectors.robustness.attacks.choices import Choices
from detectors.robustness.attacks.members import projected
from detectors.robustness.threat import LossGradient, Oracle, Threat

QUANTILES = (0.0, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 1.0)


@dataclass(frozen=True, slots=True)
class CoordinateSearch:
    """Sets each number to quantiles of the records' values and each choice to its options.

    A feature is a batch; values outside of epsilon are brought to its edge. Of each record and
    number the nearest value that breaks is bisected towards the record's own, so the distance is
    that of the least change of a single feature. The feature is the one in which the nearest
    candidate differs.

    steps: halvings of each number that flips.
    """

    name: ClassVar[str] = "coordinate_search"
    needs_scores: ClassVar[bool] = False
    needs_gradient: ClassVar[bool] = False

    steps: int = 8

    def __call__(
        self,
        origins: FloatArray,
        threat: Threat,
        oracle: Oracle,
        rng: np.random.Generator,  # noqa: ARG002
        gradient: LossGradient | None = None,  # noqa: ARG002
    ) -> None:
        """Ask about every feature's values, and then about the ways back to the records."""
        everyone = np.arange(len(origins))
        _ask_for_choices(origins, threat, oracle)
        flipped, flipped_of = [origins[:0]], [everyone[:0]]
        for column in np.flatnonzero(threat.numeric):
            values = np.quantile(origins[:, column], QUANTILES) if len(origins) else np.zeros(0)
            places = np.repeat(everyone, len(values))
            points = origins[places]
            points[:, column] = np.tile(values, len(origins))
            points, places = _fresh(points, places, origins, threat)
            if not len(places):
                continue
            told = oracle(points, places)
            points, places = told.points[told.broken], places[told.broken]
            nearest = np.lexsort((threat.distance(points, origins[places]), places))
            _, firsts = np.unique(places[nearest], return_index=True)
            flipped.append(points[nearest][firsts])
            flipped_of.append(places[nearest][firsts])
        approach = Approach(origins, threat, oracle)
        approach.bisected(np.concatenate(flipped), np.concatenate(flipped_of), self.steps)


def _ask_for_choices(origins: FloatArray, threat: Threat, oracle: Oracle) -> None:
    """Ask about every option of every choice, a choice a batch."""
    choices = Choices.of(threat)
    for choice, options in enumerate(choices.options.tolist()):
        places = np.repeat(np.flatnonzero(choices.free[:, choice]), options)
        points = origins[places]
        for option in range(options):
            choices.put(points, np.arange(option, len(points), options), choice, option)
        points, places = _fresh(points, places, origins, threat)
        if len(places):
            oracle(points, places)


def _fresh(
    points: FloatArray, places: IntArray, origins: FloatArray, threat: Threat
) -> tuple[FloatArray, IntArray]:
    """Return candidates as members of the threat set, without repeats and the records' own."""
    members = projected(points, origins, threat, places)
    changed = (members != origins[places]).any(axis=1)
    keyed = np.column_stack([places[changed], members[changed]])
    _, firsts = np.unique(keyed, axis=0, return_index=True)
    return members[changed][firsts], places[changed][firsts]
