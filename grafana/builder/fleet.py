"""All models at a glance: which of them need a look, and since when."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from grafana.builder import links, variables
from grafana.builder.frame import Row, framed
from grafana.builder.graphs import bars, fault, lines, number, shares, states
from grafana.builder.panels import ALARM, Panel
from grafana.builder.queries import (
    MANY,
    Query,
    Selector,
    increase,
    largest,
    loudness,
    rate,
    share_of_page,
    total,
)
from grafana.builder.tables import Column, Link, rows

STREAM = "model, version, segment"

at = Selector(variables.PLACE)
of = Selector((*variables.PLACE, "model"), (*MANY, "model"))

PAGES = of("driftd_alarm_active", severity="page")
TICKETS = of("driftd_alarm_active", severity="ticket")
SHARE = share_of_page(of("driftd_evidence"), of("driftd_evidence_threshold", severity="page"))
TO_MODEL = Link("model", "What drifted in it", links.from_row(links.MODEL, "model"))
TO_ROBUSTNESS = Link("model", "Its re-tests", links.from_row(links.ROBUSTNESS, "model", "retest"))


def fleet() -> Dashboard:
    """Return the dashboard."""
    return framed(
        links.FLEET,
        "driftd: fleet",
        "Every model that driftd watches: which of them drift, and what became of it.",
        [*variables.place(), variables.models()],
        [
            Row("Now", 4, _now()),
            Row("", 9, [(24, _streams())]),
            Row("Alarms", 8, [(12, _evidence()), (12, _alarms())]),
            Row("", 8, [(8, _events()), (8, _budget()), (8, _retests())]),
            Row("Traffic", 8, [(12, _records()), (12, _rejects())]),
            Row("Re-evaluations", 7, [(12, _verdicts()), (12, _figures())]),
        ],
    )


def _now() -> list[tuple[int, Panel]]:
    return [
        (
            4,
            number(
                "Models",
                "Models that are watched. If one is missing, its daemon is down or its "
                "configuration was not loaded.",
                "short",
                f"count(count by (model) ({of('driftd_model_info')}))",
            ),
        ),
        (
            4,
            fault(
                "Pages",
                "Streams (model, version, segment) with an alarm that wants a person now. Each "
                "model's budget says how rarely that may happen without a cause.",
                "short",
                f"sum({PAGES})",
                alert="DriftdDrift",
            ),
        ),
        (
            4,
            fault(
                "Tickets",
                "Streams with an alarm that can wait for office hours.",
                "short",
                f"sum({TICKETS}) - sum({PAGES})",
                alert="DriftdDrift",
            ),
        ),
        (
            4,
            fault(
                "Open events",
                "Causes that were told to triggers and are not over: alarms, performance drops, "
                "failed re-tests. One cause is one event, however many streams it moved.",
                "short",
                f"sum({of('driftd_events_open')})",
            ),
        ),
        (
            4,
            fault(
                "Requirements failed",
                "Robustness requirements that the newest re-test found not met.",
                "short",
                f"sum({of('driftd_retest_verdict', verdict='fail')}) or vector(0)",
                alert="DriftdRetestFailed",
            ),
        ),
        (
            4,
            fault(
                "Daemons down",
                "Daemons that Prometheus cannot scrape: their models are not watched.",
                "short",
                f"count({at('up')} == 0) or vector(0)",
                alert="DriftdDown",
            ),
        ),
    ]


def _streams() -> Panel:
    return rows(
        "Streams",
        "Every stream, the strongest evidence first. Evidence is told as a share of what a page "
        "takes: at 100 % there is one, below it the change may be chance. A click on a model "
        "opens it.",
        [
            Column("Evidence", largest(STREAM, SHARE), "percentunit"),
            Column("Alarm", largest(STREAM, loudness(of("driftd_alarm_active"))), states=ALARM),
            Column(
                "Inputs",
                largest(STREAM, loudness(of("driftd_inputs_alarm_active"))),
                states=ALARM,
            ),
            Column(
                "Performance",
                largest(STREAM, loudness(of("driftd_performance_alarm_active"))),
                states=ALARM,
            ),
            Column("Drifted features", largest(STREAM, of("driftd_drifted_features"))),
            Column("Records/s", total(STREAM, rate(of("driftd_records_total"))), "cps"),
            Column(
                "Newest block",
                f"{largest(STREAM, of('driftd_last_block_timestamp_seconds'))} * 1000",
                "dateTimeFromNow",
            ),
        ],
        sort_by="Evidence",
        link=TO_MODEL,
        alert="DriftdDrift",
    )


def _evidence() -> Panel:
    return lines(
        "Evidence",
        "The strongest evidence of drift of each model, as a share of what a page takes, and the "
        "share that a ticket takes. It grows while a change lasts; what stays below is noise.",
        "percentunit",
        Query(largest("model", SHARE), "{{model}}"),
        Query(
            largest(
                "severity",
                f"{of('driftd_evidence_threshold')} / ignoring (severity) group_left "
                f"{of('driftd_evidence_threshold', severity='page')}",
            ),
            "{{severity}}",
            bound=True,
        ),
        alert="DriftdDrift",
    )


def _alarms() -> Panel:
    return states(
        "Alarms over time",
        "The loudest alarm of each model. A change that comes back within the cooldown is the "
        "same event.",
        ALARM,
        Query(largest("model", loudness(of("driftd_alarm_active"))), "{{model}}"),
        alert="DriftdDrift",
    )


def _events() -> Panel:
    return bars(
        "Events",
        "What happened, by type. Of a cause that flaps or spreads over segments there is one "
        "raised event only.",
        Query(total("type", increase(of("driftd_events_total"))), "{{type}}"),
    )


def _budget() -> Panel:
    return shares(
        "False alarm budget spent",
        "Pages in the last budget period over those that may be false. Above 100 % there is a "
        "cause, or the reference does not describe what is normal: rebuild it from newer data.",
        Query(largest("model", of("driftd_false_alarm_budget_spent_ratio")), "{{model}}"),
    )


def _retests() -> Panel:
    by = "model, retest"
    return rows(
        "Re-tests",
        "Requirements that are not met, or could not be decided, in the newest run of each "
        "re-test. A click on a model shows which and by how much.",
        [
            Column("Failed", total(by, of("driftd_retest_verdict", verdict="fail"))),
            Column("Open", total(by, of("driftd_retest_verdict", verdict="inconclusive"))),
            Column(
                "Last run",
                f"{largest(by, of('driftd_retest_last_run_timestamp_seconds'))} * 1000",
                "dateTimeFromNow",
            ),
        ],
        sort_by="Failed",
        link=TO_ROBUSTNESS,
        alert="DriftdRetestFailed",
    )


def _records() -> Panel:
    return lines(
        "Records",
        "Records in closed blocks, a second. A model without records cannot be watched: look at "
        "the daemon's lag, then at what writes its topic.",
        "cps",
        Query(total("model", rate(of("driftd_records_total"))), "{{model}}"),
        alert="DriftdNoRecords",
    )


def _rejects() -> Panel:
    rejects = total("model", rate(of("driftd_rejects_total")))
    records = total("model", rate(of("driftd_records_total")))
    return lines(
        "Rejected records",
        "Share of the records that could not be used. They are in no statistic; the quarantine "
        "holds them with the reason.",
        "percentunit",
        Query(f"{rejects} / ({rejects} + {records})", "{{model}}"),
        alert="DriftdRejectsHigh",
    )


def _verdicts() -> Panel:
    return bars(
        "Results of re-evaluations",
        "Verdicts that pipelines posted back for the events that started them.",
        Query(
            total("model, verdict", increase(of("driftd_reevaluations_total"))),
            "{{model}}: {{verdict}}",
        ),
    )


def _figures() -> Panel:
    return rows(
        "Newest re-evaluation",
        "Figures of the newest re-evaluation of each model, as its pipeline told them.",
        [Column("Value", largest("model, figure", of("driftd_reevaluation_figure")))],
        sort_by="Value",
    )
