"""What re-tests of a model found: what it must meet, and how it bends under changed records."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from grafana.builder import links, variables
from grafana.builder.curves import curves
from grafana.builder.frame import Row, framed
from grafana.builder.graphs import bars, fault, lines, number
from grafana.builder.panels import BAD, GOOD, WARNED, Panel, State
from grafana.builder.queries import Query, Selector, increase, largest, total
from grafana.builder.tables import Column, rows

SCOPE = (*variables.PLACE, "model", "version", "retest")
GATE = "gate, retest, version"
PLACE = "perturbation, severity"
VERDICTS: dict[int, State] = {0: ("passed", GOOD), 1: ("open", WARNED), 2: ("failed", BAD)}

of = Selector(SCOPE)
timed = Selector((*variables.PLACE, "model", "retest"))
perturbed = Selector((*SCOPE, "perturbation"))


def robustness() -> Dashboard:
    """Return the dashboard."""
    return framed(
        links.ROBUSTNESS,
        "driftd: robustness",
        "Re-tests of one model: requirements and their verdicts, accuracy under perturbation, "
        "what is certified, and when re-tests run.",
        [
            *variables.place(),
            variables.model(),
            variables.several("version", "driftd_retest_verdict", SCOPE[:3], variables.ANY),
            variables.several("retest", "driftd_retest_verdict", SCOPE[:4]),
            variables.several("perturbation", "driftd_retest_flip_ratio", SCOPE),
        ],
        [
            Row("Now", 4, _now()),
            Row("Requirements", 9, [(14, _requirements()), (10, _runs())]),
            Row("Against severity", 9, [(8, _accuracy()), (8, _flips()), (8, _certified())]),
            Row("", 8, [(8, _attacks()), (8, _distance()), (8, _relations())]),
            Row(
                "From run to run",
                8,
                [(6, _clean()), (6, _results()), (6, _latency()), (6, _cost())],
            ),
        ],
        back="now-30d",
    )


def _now() -> list[tuple[int, Panel]]:
    overdue = f"max(time() - {timed('driftd_retest_next_run_timestamp_seconds')})"
    return [
        (
            6,
            fault(
                "Requirements failed",
                "Requirements that the newest runs found not met, surely enough that a false "
                "failure is as rare as configured.",
                "short",
                f"sum({of('driftd_retest_verdict', verdict='fail')})",
                alert="DriftdRetestFailed",
            ),
        ),
        (
            6,
            number(
                "Requirements open",
                "Requirements that the newest runs could not decide: too few records or queries, "
                "or an endpoint that did not answer.",
                "short",
                f"sum({of('driftd_retest_verdict', verdict='inconclusive')})",
                alert="DriftdRetestFailed",
            ),
        ),
        (
            6,
            number(
                "Last run",
                "When the newest run ended. If that is too long ago, see whether one is overdue.",
                "dateTimeFromNow",
                f"max({timed('driftd_retest_last_run_timestamp_seconds')}) * 1000",
                alert="DriftdRetestOverdue",
            ),
        ),
        (
            6,
            number(
                "Overdue",
                "How long the re-test that waits longest should have begun ago; 0 while all are "
                "on time.",
                "s",
                f"clamp_min({overdue}, 0)",
                alert="DriftdRetestOverdue",
            ),
        ),
    ]


def _requirements() -> Panel:
    undecided = total(GATE, of("driftd_retest_verdict", verdict="inconclusive"))
    failed = total(GATE, of("driftd_retest_verdict", verdict="fail"))
    return rows(
        "Requirements",
        "What the newest run of each re-test measured, what it may be (at most or at least), and "
        "the verdict. A value on the wrong side of its limit may still be open: it is not sure.",
        [
            Column("Verdict", f"{undecided} + 2 * {failed}", states=VERDICTS),
            Column(
                "Measured",
                largest(f"{GATE}, measure", of("driftd_retest_requirement_value")),
            ),
            Column(
                "Limit",
                largest(f"{GATE}, measure, bound", of("driftd_retest_requirement_limit")),
            ),
        ],
        sort_by="Verdict",
        alert="DriftdRetestFailed",
    )


def _runs() -> Panel:
    times = (
        ("Last run", "driftd_retest_last_run_timestamp_seconds"),
        ("Last passed", "driftd_retest_last_success_timestamp_seconds"),
        ("Next run", "driftd_retest_next_run_timestamp_seconds"),
    )
    return rows(
        "Runs",
        "When each re-test ran, last passed, and runs next. A next run in the past is overdue: "
        "another one may hold its turn, or the daemon is not running.",
        [
            Column(name, f"{largest('retest', timed(metric))} * 1000", "dateTimeFromNow")
            for name, metric in times
        ],
        sort_by="Last run",
        alert="DriftdRetestOverdue",
    )


def _accuracy() -> Panel:
    return curves(
        "Accuracy",
        "Accuracy on perturbed records by how strong the perturbation is, in its own unit. A "
        "curve that falls early shows where the model is brittle.",
        "percentunit",
        largest(PLACE, perturbed("driftd_retest_accuracy_ratio")),
        axis="severity",
        curve="perturbation",
        alert="DriftdRetestFailed",
    )


def _flips() -> Panel:
    return curves(
        "Flipped answers",
        "Share of perturbed records that are answered otherwise than their parents, by how "
        "strong the perturbation is.",
        "percentunit",
        largest(PLACE, perturbed("driftd_retest_flip_ratio")),
        axis="severity",
        curve="perturbation",
        alert="DriftdRetestFailed",
    )


def _certified() -> Panel:
    return curves(
        "Certified accuracy",
        "Share of the records that are right and provably stay so within a radius, in standard "
        "deviations of the reference, for the model smoothed by noise: a lower bound.",
        "percentunit",
        largest("radius, retest", of("driftd_retest_certified_accuracy_ratio")),
        axis="radius",
        curve="retest",
        alert="DriftdRetestFailed",
    )


def _attacks() -> Panel:
    held = of("driftd_retest_robust_accuracy_ratio")
    # Searches for the boundary have no budget: given enough, they flip every answer.
    searches = of("driftd_retest_robust_accuracy_ratio", attack="boundary")
    return curves(
        "Accuracy under attack",
        "Share of the records that are right and were not broken by an attack within its budget: "
        "an upper bound of what holds against any attack.",
        "percentunit",
        largest("attack, epsilon", f"{held} unless {searches}"),
        axis="epsilon",
        curve="attack",
        alert="DriftdRetestFailed",
    )


def _distance() -> Panel:
    return lines(
        "Least change that flips an answer",
        "The least change found, in standard deviations of the reference, that half (or another "
        "percentile) of the records need to be answered otherwise. Smaller is worse.",
        "short",
        Query(
            largest("norm, percentile, perturbation", of("driftd_retest_flip_distance")),
            "{{perturbation}} {{norm}} {{percentile}} %",
        ),
        alert="DriftdRetestFailed",
    )


def _relations() -> Panel:
    return rows(
        "Broken relations",
        "Share of valid pairs of records and their follow-ups that break a relation which the "
        "model should keep, such as being monotone in a feature.",
        [
            Column(
                "Broken",
                largest("relation, options", of("driftd_retest_relation_violation_ratio")),
                "percentunit",
            )
        ],
        sort_by="Broken",
        alert="DriftdRetestFailed",
    )


def _clean() -> Panel:
    return lines(
        "Accuracy without and with perturbation",
        "On unchanged records, and one less the mean error over all perturbations. If both fall "
        "the model got worse; if only the second does, it got more brittle.",
        "percentunit",
        Query(largest("retest", of("driftd_retest_clean_accuracy_ratio")), "{{retest}} unchanged"),
        Query(
            f"1 - {largest('retest', of('driftd_retest_mean_corruption_error_ratio'))}",
            "{{retest}} perturbed",
        ),
        Query(
            largest("retest", of("driftd_retest_control_flip_ratio")),
            "{{retest}} flips when asked twice",
            bound=True,
        ),
    )


def _results() -> Panel:
    return bars(
        "Results of runs",
        "Runs that ended, by their result. Interrupted ones were cut off by a restart.",
        Query(total("result", increase(timed("driftd_retest_runs_total"))), "{{result}}"),
    )


def _latency() -> Panel:
    return lines(
        "Latency of the endpoint",
        "How long requests of the newest run took, and under load by requests a second.",
        "s",
        Query(largest("percentile", of("driftd_retest_latency_seconds")), "{{percentile}} %"),
        Query(
            largest("percentile, severity", of("driftd_retest_load_latency_seconds")),
            "load of {{severity}}/s: {{percentile}} %",
        ),
    )


def _cost() -> Panel:
    return lines(
        "Queries",
        "Records that the newest run sent to the endpoint, and how many it may send (dashed). "
        "Requirements stay open where the budget is too small.",
        "short",
        Query(largest("retest", of("driftd_retest_last_run_queries")), "{{retest}}"),
        Query(largest("retest", of("driftd_retest_query_budget")), "{{retest}} budget", bound=True),
    )
