"""The registry of perturbations: a new one is a class in a family's file and a line here."""

from detectors.robustness.perturbations.perturbation import Perturbation

PERTURBATIONS: dict[str, type[Perturbation]] = {
    each.name: each for each in list[type[Perturbation]]()
}
"""By the name that a configuration gives."""
