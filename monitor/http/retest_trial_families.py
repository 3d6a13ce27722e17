"""Families about the trials of re-tests: perturbations, attacks, certificates, relations, load."""

import math
import re
from collections.abc import Iterator, Sequence

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from monitor.http.families import label_text
from monitor.retest.result import Figure, Run, Trial
from monitor.retest.severities import corruption_errors, mean_corruption_errors, options_text

RUN = ("model", "version", "retest")
TRIAL = (*RUN, "perturbation", "severity", "data", "options")
ATTACK = (*RUN, "attack", "norm", "epsilon", "data", "options")

OF_TRIALS = {
    "accuracy": ("accuracy_ratio", "Accuracy on perturbed records."),
    "accuracy_drop": ("accuracy_drop_ratio", "Clean accuracy less that on perturbed records."),
    "flip_ratio": ("flip_ratio", "Perturbed records with another answer than their parents."),
    "confidence_drop": (
        "confidence_drop_ratio",
        "Mean fall of the probability of the class that the model chose.",
    ),
    "failed_ratio": ("failed_ratio", "Requests under load that failed."),
}
"""Measure of the configuration to the family's name and what it says."""

OF_ATTACKS = {
    "robust_accuracy": (
        "robust_accuracy_ratio",
        "Right and not broken by this attack within its budget: an upper bound.",
    ),
    "attack_success_ratio": (
        "attack_success_ratio",
        "Broken by the attack, of those that were right.",
    ),
}
OF_CERTIFICATES = {
    "certified_accuracy": (
        "certified_accuracy_ratio",
        "Right and certified at this radius, after smoothing: a lower bound.",
    ),
    "abstained": ("abstained_ratio", "Records for which the smoothed model abstains."),
}
DISTANCE = re.compile(r"distance_(?P<norm>l2|linf)_(?:p(?P<percentile>\d+)|median)")
LATENCY = re.compile(r"latency_p(?P<percentile>\d+)")
NAN = float("nan")

Rows = dict[tuple[str, ...], float]
"""A value for each set of labels: whatever a run says, no series comes twice."""

Told = Sequence[tuple[tuple[str, ...], Run]]


def trial_families(told: Told) -> Iterator[Metric]:
    """Yield what is told of the trials of runs; an undefined figure is NaN.

    told: each run with the values of the labels ``RUN``.
    """
    yield from _clean(told)
    yield from _trials(told)
    yield from _over_severities(told)
    yield from _attacks(told)
    yield from _certificates(told)
    yield _distances(told)
    yield _latencies(told)
    yield _relations(told)


def _clean(told: Told) -> Iterator[Metric]:
    found = [((*labels, each.data), each) for labels, run in told for each in run.clean]
    yield gauge_with_nan(
        "clean_accuracy_ratio",
        "Accuracy on unchanged records.",
        (*RUN, "data"),
        {
            place: number(each.figures["accuracy"])
            for place, each in found
            if "accuracy" in each.figures
        },
    )
    yield gauge_with_nan(
        "control_flip_ratio",
        "Unchanged records with another answer when asked twice: the noise floor.",
        (*RUN, "data"),
        {place: number(each.control_flip_ratio) for place, each in found},
    )


def _over_severities(told: Told) -> Iterator[Metric]:
    yield gauge_with_nan(
        "corruption_error_ratio",
        "Error of a perturbation, the mean over its severities.",
        (*RUN, "perturbation", "data", "options"),
        {
            (*labels, place.perturbation, place.data, place.options): error
            for labels, run in told
            for place, error in corruption_errors(run).items()
        },
    )
    yield gauge_with_nan(
        "mean_corruption_error_ratio",
        "Mean of the corruption errors of all perturbations.",
        (*RUN, "data"),
        {
            (*labels, data): error
            for labels, run in told
            for data, error in mean_corruption_errors(run).items()
        },
    )
    yield gauge_with_nan(
        "relative_robustness_ratio",
        "Accuracy on perturbed records, by that on unchanged ones.",
        TRIAL,
        {
            _place(labels, trial): kept
            for labels, run in told
            for trial, kept in _kept_accuracy(run)
        },
    )


def _kept_accuracy(run: Run) -> Iterator[tuple[Trial, float]]:
    """Yield the share of its accuracy that the model keeps in each trial; NaN of none."""
    clean = {each.data: each.figures.get("accuracy") for each in run.clean}
    for trial in run.trials:
        before, after = clean.get(trial.data), trial.figures.get("accuracy")
        if before is not None and after is not None:
            yield trial, number(after) / number(before) if before.value else NAN


def _trials(told: Told) -> Iterator[Metric]:
    for measure, (name, documentation) in OF_TRIALS.items():
        yield gauge_with_nan(name, documentation, TRIAL, _of(told, measure))
    for end, field in (("lower", "low"), ("upper", "high")):
        yield gauge_with_nan(
            f"accuracy_{end}_ratio",
            f"{end.capitalize()} end of the 95 % interval of driftd_retest_accuracy_ratio.",
            TRIAL,
            _of(told, "accuracy", field),
        )
    every = [(_place(labels, trial), trial) for labels, run in told for trial in run.trials]
    yield gauge_with_nan(
        "sample_records",
        "Records that the figures rest on.",
        TRIAL,
        {place: trial.records for place, trial in every},
    )
    yield gauge_with_nan(
        "failed_records",
        "Records without a usable answer.",
        TRIAL,
        {place: trial.failed for place, trial in every},
    )
    yield gauge_with_nan(
        "trial_queries",
        "Records that a trial of the newest run sent.",
        TRIAL,
        {place: trial.queries for place, trial in every},
    )
    yield gauge_with_nan(
        "load_sustained_requests_per_second",
        "The highest offered rate that the endpoint kept up with.",
        TRIAL,
        _of(told, "sustained_rate"),
    )


def _attacks(told: Told) -> Iterator[Metric]:
    for measure, (name, documentation) in OF_ATTACKS.items():
        rows = {
            _attack_place(labels, trial): number(figure)
            for labels, trial, figure in _having(told, measure)
        }
        yield gauge_with_nan(name, documentation, ATTACK, rows)


def _certificates(told: Told) -> Iterator[Metric]:
    for measure, (name, documentation) in OF_CERTIFICATES.items():
        rows = {
            (
                *labels,
                severity_text(trial.severity),
                trial.data,
                options_text(trial.options),
            ): number(figure)
            for labels, trial, figure in _having(told, measure)
        }
        yield gauge_with_nan(name, documentation, (*RUN, "radius", "data", "options"), rows)


def _distances(told: Told) -> Metric:
    rows: Rows = {}
    for labels, run in told:
        for trial in run.trials:
            for measure, figure in trial.figures.items():
                if match := DISTANCE.fullmatch(measure):
                    place = (
                        *labels,
                        trial.perturbation,
                        trial.data,
                        options_text(trial.options),
                        match["norm"],
                        match["percentile"] or "50",
                    )
                    rows[place] = number(figure)
    return gauge_with_nan(
        "flip_distance",
        "Least change found that flips the answer, in sd of the reference: an upper bound; NaN "
        "where so many records were not flipped.",
        (*RUN, "perturbation", "data", "options", "norm", "percentile"),
        rows,
    )


def _latencies(told: Told) -> Metric:
    rows = {
        (*_place(labels, trial), match["percentile"]): number(figure)
        for labels, run in told
        for trial in run.trials
        for measure, figure in trial.figures.items()
        if (match := LATENCY.fullmatch(measure))
    }
    return gauge_with_nan(
        "load_latency_seconds",
        "How long requests took under load, from the time at which they were due.",
        (*TRIAL, "percentile"),
        rows,
    )


def _relations(told: Told) -> Metric:
    rows = {
        (*labels, trial.perturbation, trial.data, options_text(trial.options)): number(figure)
        for labels, trial, figure in _having(told, "relation_violation_ratio")
    }
    return gauge_with_nan(
        "relation_violation_ratio",
        "Valid pairs of records and their follow-ups that break a relation.",
        (*RUN, "relation", "data", "options"),
        rows,
    )


def _of(told: Told, measure: str, field: str = "value") -> Rows:
    return {
        _place(labels, trial): number(figure, field)
        for labels, trial, figure in _having(told, measure)
    }


def _having(told: Told, measure: str) -> Iterator[tuple[tuple[str, ...], Trial, Figure]]:
    """Yield the trials that tell a measure, with their run's labels and the figure."""
    for labels, run in told:
        for trial in run.trials:
            if measure in trial.figures:
                yield labels, trial, trial.figures[measure]


def _place(labels: tuple[str, ...], trial: Trial) -> tuple[str, ...]:
    severity = severity_text(trial.severity)
    return (*labels, trial.perturbation, severity, trial.data, options_text(trial.options))


def _attack_place(labels: tuple[str, ...], trial: Trial) -> tuple[str, ...]:
    norm, epsilon = trial.options.get("norm", ""), severity_text(trial.severity)
    others = {name: value for name, value in trial.options.items() if name != "norm"}
    return (*labels, trial.perturbation, norm, epsilon, trial.data, options_text(others))


def gauge_with_nan(name: str, documentation: str, labels: Sequence[str], rows: Rows) -> Metric:
    """Return a gauge family in which an undefined value is NaN, other than those of streams."""
    family = GaugeMetricFamily(f"driftd_retest_{name}", documentation, labels=labels)
    for place, value in rows.items():
        family.add_metric([label_text(label) for label in place], value)
    return family


def number(figure: Figure, field: str = "value") -> float:
    """Return a figure's value, low or high; NaN where it is undefined."""
    return value_or_nan(getattr(figure, field))


def value_or_nan(value: float | None) -> float:
    """Return a value; NaN where it is undefined."""
    return NAN if value is None else float(value)


def severity_text(severity: float) -> str:
    """Return a severity as the number that a configuration holds.

    >>> severity_text(1.0), severity_text(0.05), severity_text(1000.0)
    ('1', '0.05', '1000')
    """
    return str(int(severity)) if severity == math.floor(severity) < 1e15 else repr(severity)
