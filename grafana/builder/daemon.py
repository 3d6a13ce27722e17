"""The daemon itself: whether it keeps up, what it loses, and whether its events arrive."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from grafana.builder import links, variables
from grafana.builder.frame import Row, framed
from grafana.builder.graphs import bars, fault, lines, number, right_axis, state
from grafana.builder.panels import BAD, GOOD, Panel, State
from grafana.builder.queries import Query, Selector, increase, largest, quantile, rate, total

CONNECTED: dict[int, State] = {0: ("disconnected", BAD), 1: ("connected", GOOD)}
LOADED: dict[int, State] = {0: ("refused", BAD), 1: ("in use", GOOD)}

of = Selector(variables.PLACE)


def daemon() -> Dashboard:
    """Return the dashboard."""
    return framed(
        links.DAEMON,
        "driftd: daemon",
        "The daemon: lag, rate, rejected and lost records, time a stage, snapshots, and what "
        "became of its events.",
        variables.place(),
        [
            Row("Now", 4, _now()),
            Row("Log", 8, [(8, _rate()), (8, _lag()), (8, _rejects())]),
            Row("", 8, [(8, _trouble()), (8, _busy()), (8, _slowest())]),
            Row("State", 8, [(12, _snapshots()), (12, _memory())]),
            Row("Events", 8, [(6, _open()), (6, _deliveries()), (6, _queue()), (6, _results())]),
        ],
        back="now-6h",
    )


def _now() -> list[tuple[int, Panel]]:
    return [
        (
            6,
            fault(
                "Daemons down",
                "Daemons that Prometheus cannot scrape: their models are not watched.",
                "short",
                f"count({of('up')} == 0) or vector(0)",
                alert="DriftdDown",
            ),
        ),
        (
            6,
            state(
                "Log",
                "Whether the log that records are read from can be reached.",
                CONNECTED,
                f"min({of('driftd_source_connected')})",
                alert="DriftdLagGrowing",
            ),
        ),
        (
            6,
            state(
                "Configuration",
                "Whether the configuration was in order when it was last read; else the one "
                "before goes on, and the daemon's log says what is wrong.",
                LOADED,
                f"min({of('driftd_config_last_reload_successful')})",
                alert="DriftdReloadFailed",
            ),
        ),
        (
            6,
            number(
                "Newest snapshot",
                "When the state was last written. After a crash what came since is read again.",
                "dateTimeFromNow",
                f"min({of('driftd_snapshot_last_success_timestamp_seconds')}) * 1000",
                alert="DriftdSnapshotFailing",
            ),
        ),
    ]


def _rate() -> Panel:
    panel = lines(
        "Records and bytes",
        "Records in closed blocks a second, and bytes read a second (right). Bytes without "
        "records: nearly all are rejected, late or of re-tests.",
        "cps",
        Query(total("instance", rate(of("driftd_records_total"))), "{{instance}}"),
        Query(total("instance", rate(of("driftd_source_bytes_total"))), "{{instance}} bytes"),
        alert="DriftdNoRecords",
    )
    return right_axis(panel, "B", "Bps")


def _lag() -> Panel:
    lag = f"{of('driftd_source_lag_records')} or {of('driftd_source_lag_bytes')}"
    panel = lines(
        "Lag",
        "What is not read yet, by topic: records of a Kafka log, bytes of a file log; and the age "
        "of the newest record handled while there is more (right). What grows for minutes needs "
        "more CPU or fewer models a daemon.",
        "short",
        Query(total("topic", lag), "{{topic}}"),
        Query(largest("instance", of("driftd_source_lag_seconds")), "{{instance}} age"),
        alert="DriftdLagGrowing",
    )
    return right_axis(panel, "B", "s")


def _rejects() -> Panel:
    return bars(
        "Rejected records",
        "Records that could not be used, by reason. The quarantine holds them with the field "
        "and the value.",
        Query(total("reason", increase(of("driftd_rejects_total"))), "{{reason}}"),
        alert="DriftdRejectsHigh",
    )


def _trouble() -> Panel:
    return bars(
        "Trouble with the log",
        "Records that retention removed before they were read, positions that had left the log, "
        "errors that were retried, and partitions that moved. Moves now and then are normal; "
        "what is lost is lost.",
        Query(total("topic", increase(of("driftd_source_lost_records_total"))), "lost {{topic}}"),
        Query(total("source", increase(of("driftd_source_errors_total"))), "errors of {{source}}"),
        Query(
            total("topic", increase(of("driftd_source_offset_resets_total"))),
            "positions reset in {{topic}}",
        ),
        Query(total("event", increase(of("driftd_rebalances_total"))), "partitions {{event}}"),
        alert="DriftdOffsetsLost",
    )


def _busy() -> Panel:
    return lines(
        "Time by stage",
        "Share of the time that the pipeline spends in each stage; fetching is mostly waiting. "
        "All others together near 100 % means that it cannot keep up.",
        "percentunit",
        Query(total("stage", rate(of("driftd_batch_duration_seconds_sum"))), "{{stage}}"),
        alert="DriftdLagGrowing",
    )


def _slowest() -> Panel:
    return lines(
        "Slowest batches by stage",
        "What 99 % of the batches stay below, by stage.",
        "s",
        Query(quantile(0.99, "stage", of("driftd_batch_duration_seconds_bucket")), "{{stage}}"),
    )


def _snapshots() -> Panel:
    panel = lines(
        "Snapshots",
        "Snapshots written and failed a second, and how long the slow ones took (right). A failed "
        "one leaves the last as it is: look at the disk.",
        "cps",
        Query(total("outcome", rate(of("driftd_snapshots_total"))), "{{outcome}}"),
        Query(
            quantile(0.9, "instance", of("driftd_snapshot_duration_seconds_bucket")),
            "{{instance}} takes",
        ),
        alert="DriftdSnapshotFailing",
    )
    return right_axis(panel, "B", "s")


def _memory() -> Panel:
    return lines(
        "Memory and state",
        "Memory of the process, and the size of its newest snapshot. Both grow with models, "
        "segments and features, not with time.",
        "bytes",
        Query(largest("instance", of("process_resident_memory_bytes")), "{{instance}} memory"),
        Query(largest("instance", of("driftd_snapshot_size_bytes")), "{{instance}} snapshot"),
    )


def _open() -> Panel:
    return lines(
        "Open events",
        "Causes that are not over, by model. The API and the page list them.",
        "short",
        Query(total("model", of("driftd_events_open")), "{{model}}"),
    )


def _deliveries() -> Panel:
    return bars(
        "Deliveries of triggers",
        "Events delivered, tried again, and given up (dead), by trigger. A dead one is not sent "
        "again: the API still shows its event.",
        Query(
            total("trigger, outcome", increase(of("driftd_trigger_deliveries_total"))),
            "{{trigger}} {{outcome}}",
        ),
        alert="DriftdTriggerFailing",
    )


def _queue() -> Panel:
    age = f"time() - {largest('trigger', of('driftd_trigger_oldest_event_timestamp_seconds'))}"
    panel = lines(
        "Events that wait",
        "Events in the queue of each trigger, and how long the oldest has waited (right). "
        "A receiver that is down is tried again until give_up_after.",
        "short",
        Query(total("trigger", of("driftd_trigger_queue_events")), "{{trigger}}"),
        Query(age, "{{trigger}} oldest"),
        alert="DriftdTriggerFailing",
    )
    return right_axis(panel, "B", "s")


def _results() -> Panel:
    return bars(
        "Results of re-evaluations",
        "Verdicts that pipelines posted back, by verdict.",
        Query(total("verdict", increase(of("driftd_reevaluations_total"))), "{{verdict}}"),
    )
