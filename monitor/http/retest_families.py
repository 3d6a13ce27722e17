"""Families about re-tests: what the newest run of each found, and when runs are."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import numpy as np
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.metrics_core import Metric

from detectors.robustness.verdict import Verdict
from monitor.http.families import counter, gauge, label_text, seconds
from monitor.http.retest_trial_families import (
    RUN,
    Told,
    gauge_with_nan,
    trial_families,
    value_or_nan,
)
from monitor.retest.totals import DURATION_S, Totals
from monitor.view import ModelView

VERDICT_LABELS = {
    Verdict.PASSED: "pass",
    Verdict.FAILED: "fail",
    Verdict.INCONCLUSIVE: "inconclusive",
}


def retest_families(models: Sequence[ModelView]) -> Iterator[Metric]:
    """Yield what is told of re-tests; nothing where none are configured and none ever ran.

    An undefined figure is NaN. What never ran has totals of 0 and no more; of what ran often the
    newest run alone is told, with the version that it was of.
    """
    if not any(model.retests.runs or model.retests.next_ms for model in models):
        return
    told = [
        ((model.name, run.version, name), run)
        for model in models
        for name, run in model.retests.runs.items()
    ]
    yield from trial_families(told)
    yield _verdicts(told)
    yield from _requirements(told)
    yield from _costs(told)
    yield from _times(models, told)
    yield from _totals(models)


def _verdicts(told: Told) -> Metric:
    rows = {
        (*labels, requirement.name, word): float(requirement.verdict is verdict)
        for labels, run in told
        for requirement in run.requirements
        for verdict, word in VERDICT_LABELS.items()
    }
    return gauge_with_nan(
        "verdict",
        "Whether this is the verdict on a requirement: 1 for one of three, 0 for the others.",
        (*RUN, "gate", "verdict"),
        rows,
    )


def _requirements(told: Told) -> Iterator[Metric]:
    every = [(labels, each) for labels, run in told for each in run.requirements]
    yield gauge_with_nan(
        "requirement_value",
        "What was measured for a requirement, in the unit of its measure.",
        (*RUN, "gate", "measure"),
        {(*labels, each.name, each.measure): value_or_nan(each.value) for labels, each in every},
    )
    yield gauge_with_nan(
        "requirement_limit",
        "What that may be, at most or at least.",
        (*RUN, "gate", "measure", "bound"),
        {
            (*labels, each.name, each.measure, bound): limit
            for labels, each in every
            for bound, limit in (("most", each.most), ("least", each.least))
            if limit is not None
        },
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
        ((model.name, name), model.retests.totals.get(name, Totals()))
        for model in models
        for name in {**model.retests.next_ms, **model.retests.totals}
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


def unix_time(told: str) -> float | None:
    """Return the unix time of an ISO 8601 one, None for "" (not known)."""
    return datetime.fromisoformat(told).timestamp() if told else None
