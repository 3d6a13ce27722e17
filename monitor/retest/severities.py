"""The trials of a perturbation by severity, and its corruption error over them."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from monitor.retest.result import Run, Trial


class Place(NamedTuple):
    """A perturbation as it was run at several severities. options: as text, "" for none."""

    perturbation: str
    options: str
    data: str


def by_severity(run: Run, measure: str) -> dict[Place, list[Trial]]:
    """Return the trials in which a measure is defined, the least severity first.

    Only of perturbations that were run at two severities or more.
    """
    found: dict[Place, dict[float, Trial]] = {}
    for trial in run.trials:
        if measure in trial.figures and trial.figures[measure].value is not None:
            place = Place(trial.perturbation, options_text(trial.options), trial.data)
            found.setdefault(place, {})[trial.severity] = trial
    return {
        place: [trials[severity] for severity in _ascending(place.perturbation, trials)]
        for place, trials in found.items()
        if len(trials) > 1
    }


def _ascending(perturbation: str, severities: Iterable[float]) -> list[float]:
    """Return severities, the least first: of some perturbations a smaller number is the worse."""
    # It takes long to import, and a daemon without re-tests has no runs to tell of.
    from detectors.robustness.perturbations import PERTURBATIONS

    known = PERTURBATIONS.get(perturbation)
    falling = known is not None and known.severities[0] > known.severities[-1]
    return sorted(severities, reverse=falling)


def corruption_errors(run: Run) -> dict[Place, float]:
    """Return the error of each perturbation, the mean over its severities.

    It is not divided by another model's, so that it needs none: two versions are compared by
    their quotient, which is the corruption error of one with the other as its base.

    Source: Hendrycks and Dietterich (2019), Benchmarking neural network robustness to common
    corruptions and perturbations, ICLR.
    """
    return {
        place: 1 - _mean([trial.figures["accuracy"].value or 0.0 for trial in trials])
        for place, trials in by_severity(run, "accuracy").items()
    }


def mean_corruption_errors(run: Run) -> dict[str, float]:
    """Return the mean corruption error over all perturbations, by the kind of data."""
    errors: dict[str, list[float]] = {}
    for place, error in corruption_errors(run).items():
        errors.setdefault(place.data, []).append(error)
    return {data: _mean(found) for data, found in errors.items()}


def options_text(options: Mapping[str, str]) -> str:
    """Return options as text.

    >>> options_text({"norm": "l2", "features": "income"})
    'features=income,norm=l2'
    """
    return ",".join(f"{name}={value}" for name, value in sorted(options.items()))


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
