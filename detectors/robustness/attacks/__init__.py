"""The registry of attacks: a new one is a file and a line here."""

from detectors.robustness.attacks.coordinate_search import CoordinateSearch
from detectors.robustness.attacks.fgsm import FGSM
from detectors.robustness.attacks.gradient_estimate import NES, SPSA, FiniteDifference
from detectors.robustness.attacks.hop_skip_jump import HopSkipJump
from detectors.robustness.attacks.line_bisection import LineBisection
from detectors.robustness.attacks.nearest_flip import NearestFlip
from detectors.robustness.attacks.pgd import PGD
from detectors.robustness.attacks.random_ball import RandomBall
from detectors.robustness.attacks.square import Square
from detectors.robustness.attacks.tabular_search import TabularSearch
from detectors.robustness.threat import Attack

ATTACKS: dict[str, type[Attack]] = {
    each.name: each
    for each in (
        FGSM,
        PGD,
        RandomBall,
        LineBisection,
        CoordinateSearch,
        Square,
        SPSA,
        NES,
        FiniteDifference,
        HopSkipJump,
        TabularSearch,
        NearestFlip,
    )
}
"""By the name that a configuration gives."""
