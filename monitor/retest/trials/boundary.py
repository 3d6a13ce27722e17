"""The distance to the decision boundary as a trial: an attack without a bound."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Boundary:
    """Which attack looks for the nearest flip.

    A distance that an attack finds is at least the true one. line_bisection asks about 100 times
    a record, hop_skip_jump 1,000 times and comes nearer.
    """

    attack: Literal["line_bisection", "nearest_flip", "hop_skip_jump"] = "line_bisection"
