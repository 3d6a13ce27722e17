"""The registry of perturbations: a new one is a class in a family's file and a line here."""

from detectors.robustness.perturbations.missing import (
    MissingAtRandom,
    MissingNotAtRandom,
    MissingOne,
)
from detectors.robustness.perturbations.numeric_noise import (
    GaussianNoise,
    LaplaceNoise,
    Outliers,
    UniformNoise,
)
from detectors.robustness.perturbations.perturbation import Perturbation

_CLASSES: tuple[type[Perturbation], ...] = (
    GaussianNoise,
    UniformNoise,
    LaplaceNoise,
    Outliers,
    MissingOne,
    MissingAtRandom,
    MissingNotAtRandom,
)

PERTURBATIONS: dict[str, type[Perturbation]] = {each.name: each for each in _CLASSES}
"""By the name that a configuration gives."""
