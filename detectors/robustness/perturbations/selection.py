"""Which features a perturbation changes, and which severities make sense."""

import math
from collections.abc import Iterable

from detectors.robustness.perturbations.perturbation import PerturbationError
from detectors.robustness.space import Feature, Space, Values


def features_to_change(
    space: Space, names: Iterable[str], *kinds: Values, grouped: bool = False, fault: bool = False
) -> tuple[Feature, ...]:
    """Return the features that a perturbation changes, in the order of the space.

    names: of the features; empty for all mutable ones that fit. kinds: that fit. grouped: whether
    columns of a one-hot group do. fault: whether an immutable feature does where it is named: a
    fault on the way to the model may hit it, but the world does not change it.
    Raises PerturbationError where a name fits nothing, or no feature is left.
    """

    def fits(feature: Feature) -> bool:
        return feature.values in kinds and (grouped or not feature.group)

    wanted = " or ".join(kinds)
    if Values.NUMERIC in kinds and not grouped:
        wanted += " outside of one-hot groups"
    named = tuple(names)
    if not named:
        found = tuple(each for each in space.features if fits(each) and not each.immutable)
        if not found:
            raise PerturbationError(f"no feature is mutable and {wanted}; drop the requirement")
        return found
    known = {each.name: each for each in space.features}
    for name in named:
        if name not in known:
            raise PerturbationError(f"features: {name!r} is no feature; one of {', '.join(known)}")
        if not fits(known[name]):
            place = f" in the group {known[name].group!r}" if known[name].group else ""
            raise PerturbationError(
                f"features: {name!r} is {known[name].values}{place}; name one that is {wanted}"
            )
        if known[name].immutable and not fault:
            raise PerturbationError(f"features: {name!r} is immutable; name one that may change")
    return tuple(each for each in space.features if each.name in named)


def require_amount(severity: float) -> None:
    """Raise ValueError unless a severity is a finite number of at least 0."""
    if not (math.isfinite(severity) and severity >= 0):
        raise ValueError(f"severity: {severity}, a number of at least 0 is needed")


def require_factor(severity: float) -> None:
    """Raise ValueError unless a severity is a finite number above 0."""
    if not (math.isfinite(severity) and severity > 0):
        raise ValueError(f"severity: {severity}, a number above 0 is needed")


def require_share(severity: float) -> None:
    """Raise ValueError unless a severity is within 0 and 1."""
    if not 0 <= severity <= 1:
        raise ValueError(f"severity: {severity}, a share from 0 to 1 is needed")


def require_count(severity: float, least: int) -> int:
    """Return a severity that counts; raises ValueError unless it is whole and at least so much."""
    if not (math.isfinite(severity) and severity == int(severity) and severity >= least):
        raise ValueError(f"severity: {severity}, a whole number of at least {least} is needed")
    return int(severity)


def require_on(severity: float) -> None:
    """Raise ValueError unless a severity is 1, the only one where a change is on or off."""
    if severity != 1:
        raise ValueError(f"severity: {severity}, this perturbation knows only 1 (on)")
