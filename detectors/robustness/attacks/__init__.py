"""The registry of attacks: a new one is a file and a line here."""

from detectors.robustness.attacks.fgsm import FGSM
from detectors.robustness.attacks.hop_skip_jump import HopSkipJump
from detectors.robustness.attacks.pgd import PGD
from detectors.robustness.attacks.random_ball import RandomBall
from detectors.robustness.threat import Attack

ATTACKS: dict[str, type[Attack]] = {
    each.name: each
    for each in (
        RandomBall,
        HopSkipJump,
        FGSM,
        PGD,
    )
}
"""By the name that a configuration gives."""
