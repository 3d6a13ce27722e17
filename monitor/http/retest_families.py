"""Families about re-tests: what the newest run of each found, and when runs are."""

import math
import re
from collections.abc import Iterator, Sequence
from datetime import datetime

import numpy as np
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric

from detectors.robustness.verdict import Verdict
from monitor.http.families import counter, gauge, label_text, seconds
from monitor.retest.result import Figure, Run, Trial
from monitor.retest.severities import corruption_errors, mean_corruption_errors, options_text
from monitor.retest.totals import DURATION_S
from monitor.view import ModelView

RUN = ("model", "version", "retest")
TRIAL = (*RUN, "perturbation", "severity", "data", "options")
ATTACK = (*RUN, "attack", "norm", "epsilon", "data", "options")
VERDICT_LABELS = {
    Verdict.PASSED: "pass",
    Verdict.FAILED: "fail",
    Verdict.INCONCLUSIVE: "inconclusive",
}

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


def retest_families(models: Sequence[ModelView]) -> Iterator[Metric]:
    """Yield what is told of re-tests; nothing where none are configured and none ever ran.

    An undefined figure is NaN. What never ran is absent, and so is every run but the newest one
    of each re-test, with the version that it was of.
    """
    if not any(model.retests.runs or model.retests.next_ms for model in models):
        return
    told = [
        ((model.name, run.version, name), run)
        for model in models
        for name, run in model.retests.runs.items()
    ]
    yield from _clean(told)
    yield from _trials(told)
    yield from _over_severities(told)
    yield from _attacks(told)
    yield from _certificates(told)
    yield _distances(told)
    yield _latencies(told)
    yield _relations(told)
    yield _verdicts(told)
    yield from _costs(told)
    yield from _times(models, told)
    yield from _totals(models)


def _clean(told: Told) -> Iterator[Metric]:
    found = [((*labels, each.data), each) for labels, run in told for each in run.clean]
    yield _with_nan(
        "clean_accuracy_ratio",
        "Accuracy on unchanged records.",
        (*RUN, "data"),
        {
            place: number(each.figures["accuracy"])
            for place, each in found
            if "accuracy" in each.figures
        },
    )
    yield _with_nan(
        "control_flip_ratio",
        "Unchanged records with another answer when asked twice: the noise floor.",
        (*RUN, "data"),
        {place: number(each.control_flip_ratio) for place, each in found},
    )


def _over_severities(told: Told) -> Iterator[Metric]:
    yield _with_nan(
        "corruption_error_ratio",
        "Error of a perturbation, the mean over its severities.",
        (*RUN, "perturbation", "data", "options"),
        {
            (*labels, place.perturbation, place.data, place.options): error
            for labels, run in told
            for place, error in corruption_errors(run).items()
        },
    )
    yield _with_nan(
        "mean_corruption_error_ratio",
        "Mean of the corruption errors of all perturbations.",
        (*RUN, "data"),
        {
            (*labels, data): error
            for labels, run in told
            for data, error in mean_corruption_errors(run).items()
        },
    )
    yield _with_nan(
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
        yield _with_nan(name, documentation, TRIAL, _of(told, measure))
    for end, field in (("lower", "low"), ("upper", "high")):
        yield _with_nan(
            f"accuracy_{end}_ratio",
            f"{end.capitalize()} end of the 95 % interval of driftd_retest_accuracy_ratio.",
            TRIAL,
            _of(told, "accuracy", field),
        )
    every = [(_place(labels, trial), trial) for labels, run in told for trial in run.trials]
    yield _with_nan(
        "sample_records",
        "Records that the figures rest on.",
        TRIAL,
        {place: trial.records for place, trial in every},
    )
    yield _with_nan(
        "failed_records",
        "Records without a usable answer.",
        TRIAL,
        {place: trial.failed for place, trial in every},
    )
    yield _with_nan(
        "trial_queries",
        "Records that a trial of the newest run sent.",
        TRIAL,
        {place: trial.queries for place, trial in every},
    )
    yield _with_nan(
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
        yield _with_nan(name, documentation, ATTACK, rows)


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
        yield _with_nan(name, documentation, (*RUN, "radius", "data", "options"), rows)


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
    return _with_nan(
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
    return _with_nan(
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
    return _with_nan(
        "relation_violation_ratio",
        "Valid pairs of records and their follow-ups that break a relation.",
        (*RUN, "relation", "data", "options"),
        rows,
    )


def _verdicts(told: Told) -> Metric:
    rows = {
        (*labels, requirement.name, word): float(requirement.verdict is verdict)
        for labels, run in told
        for requirement in run.requirements
        for verdict, word in VERDICT_LABELS.items()
    }
    return _with_nan(
        "verdict",
        "Whether this is the verdict on a requirement: 1 for one of three, 0 for the others.",
        (*RUN, "gate", "verdict"),
        rows,
    )


def _costs(told: Told) -> Iterator[Metric]:
    yield gauge(
        "retest_last_run_queries",
        "Records that the newest run sent.",
        RUN,
        [(labels, run.queries) for labels, run in told],
    )
    yield gauge(
        "retest_query_budget",
        "Records that the newest run might send.",
        RUN,
        [(labels, run.budget) for labels, run in told],
    )
    yield gauge(
        "retest_latency_seconds",
        "How long requests of the newest run took, by percentile.",
        (*RUN, "percentile"),
        [
            ((*labels, f"{100 * float(share):g}"), latency_s)
            for labels, run in told
            for share, latency_s in run.latency_s.items()
        ],
    )


def _times(models: Sequence[ModelView], told: Told) -> Iterator[Metric]:
    configured = [
        (model, name)
        for model in models
        for name in {**model.retests.next_ms, **model.retests.runs}
    ]
    yield gauge(
        "retest_last_run_timestamp_seconds",
        "Unix time at which the newest run ended.",
        ("model", "retest"),
        [((labels[0], labels[2]), unix_time(run.ended)) for labels, run in told],
    )
    yield gauge(
        "retest_last_success_timestamp_seconds",
        "Unix time at which the newest run ended that passed.",
        ("model", "retest"),
        [
            ((model.name, name), unix_time(totals.passed))
            for model in models
            for name, totals in model.retests.totals.items()
        ],
    )
    yield gauge(
        "retest_next_run_timestamp_seconds",
        "Unix time of the next run by the schedule.",
        ("model", "retest"),
        [
            ((model.name, name), seconds(model.retests.next_ms.get(name)))
            for model, name in configured
        ],
    )
    yield gauge(
        "retest_progress_ratio",
        "How far the run is that runs now; absent for a re-test that does not run.",
        ("model", "retest"),
        [
            ((model.name, running.retest), running.done / max(running.total, 1))
            for model in models
            if (running := model.retests.running) is not None
        ],
    )


def _totals(models: Sequence[ModelView]) -> Iterator[Metric]:
    found = [
        ((model.name, name), totals)
        for model in models
        for name, totals in model.retests.totals.items()
    ]
    results = [*VERDICT_LABELS.items(), ("interrupted", "interrupted")]
    yield counter(
        "retest_runs",
        "Runs that ended, by their result.",
        ("model", "retest", "result"),
        [
            ((*labels, word), totals.runs.get(result, 0))
            for labels, totals in found
            for result, word in results
        ],
    )
    yield counter(
        "retest_queries",
        "Records sent to the endpoint by runs that ended.",
        ("model", "retest"),
        [(labels, totals.queries) for labels, totals in found],
    )
    yield counter(
        "retest_errors",
        "Requests that failed, by the reason.",
        ("model", "retest", "reason"),
        [
            ((*labels, reason), count)
            for labels, totals in found
            for reason, count in totals.errors.items()
        ],
    )
    durations = HistogramMetricFamily(
        "driftd_retest_run_duration_seconds",
        "How long runs took.",
        labels=("model", "retest"),
    )
    bounds = [*map(str, DURATION_S), "+Inf"]
    for labels, totals in found:
        counts = np.cumsum(totals.durations).tolist()
        durations.add_metric(
            [label_text(label) for label in labels],
            list(zip(bounds, counts, strict=True)),
            totals.seconds,
        )
    yield durations


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


def _with_nan(name: str, documentation: str, labels: Sequence[str], rows: Rows) -> Metric:
    """Return a gauge family in which an undefined value is NaN, other than those of streams."""
    family = GaugeMetricFamily(f"driftd_retest_{name}", documentation, labels=labels)
    for place, value in rows.items():
        family.add_metric([label_text(label) for label in place], value)
    return family


def number(figure: Figure, field: str = "value") -> float:
    """Return a figure's value, low or high; NaN where it is undefined."""
    value = getattr(figure, field)
    return NAN if value is None else float(value)


def severity_text(severity: float) -> str:
    """Return a severity as the number that a configuration holds.

    >>> severity_text(1.0), severity_text(0.05), severity_text(1000.0)
    ('1', '0.05', '1000')
    """
    return str(int(severity)) if severity == math.floor(severity) < 1e15 else repr(severity)


def unix_time(told: str) -> float | None:
    """Return the unix time of an ISO 8601 one, None for "" (not known)."""
    return datetime.fromisoformat(told).timestamp() if told else None
