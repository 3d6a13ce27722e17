"""The catalogue of what requirements may name, with the options that each one takes."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from pydantic import TypeAdapter, ValidationError

from detectors.robustness.attacks import ATTACKS
from detectors.robustness.perturbations import PERTURBATIONS
from detectors.robustness.relations import RELATIONS
from monitor.retest.measures import TrialKind
from monitor.retest.trials.boundary import Boundary
from monitor.retest.trials.certified import Smoothing
from monitor.retest.trials.edge import EdgeCases
from monitor.retest.trials.loaded import Load

CATALOGUE: dict[str, tuple[TrialKind, type[Any]]] = {
    **{name: (TrialKind.PERTURBED, each) for name, each in PERTURBATIONS.items()},
    **{name: (TrialKind.ATTACKED, each) for name, each in ATTACKS.items()},
    **{name: (TrialKind.RELATED, each) for name, each in RELATIONS.items()},
    "boundary": (TrialKind.BOUNDARY, Boundary),
    "smoothing": (TrialKind.CERTIFIED, Smoothing),
    "edge_cases": (TrialKind.EDGE, EdgeCases),
    "load": (TrialKind.LOADED, Load),
}
"""By the name that a configuration gives: what is done, and the class whose fields are options."""


def make(name: str, options: Mapping[str, Any]) -> Any:
    """Return what a name stands for, with its options.

    Raises ValueError, in words for the user, for an option that it does not know or a value that
    does not fit.
    """
    _, kind = CATALOGUE[name]
    known = [each.name for each in fields(kind)]
    for option in options:
        if option not in known:
            there = ", ".join(known) or "none"
            raise ValueError(f"{option!r} is no option of {name}; it knows: {there}")
    try:
        return TypeAdapter(kind).validate_python(dict(options))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise ValueError(f"{place}: {first['msg']}") from None
