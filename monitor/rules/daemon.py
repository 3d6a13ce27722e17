"""Alerts on the daemon: whether it lives, reads and keeps what it must."""

from collections.abc import Iterator

from monitor.rules.pace import HOUR_MS, MINUTE_MS
from monitor.rules.rule import Alert, Loudness
from monitor.rules.scope import DAEMON, Scope, equal
from monitor.rules.span import span

SOURCE = f"{DAEMON}, source"
LAG = "instance_source:driftd_source_lag:sum"
LATE_S = 300
MANY_STARTS = 4
FALLS_BEHIND = 0.05
"""Seconds by which the lag grows in a second: a reader this much too slow never catches up."""

WHICH = "{{ $labels.instance }} of job {{ $labels.job }}"


def alive(scope: Scope) -> Iterator[Alert]:
    """Yield the alerts on daemons that are not there.

    A standby does not listen until it takes over, so what was never seen to be driftd is not down.
    """
    up = scope.of_daemons("up")
    seen = scope.of_daemons("driftd_build_info")
    yield Alert(
        name="DriftdDown",
        loudness=Loudness.CRITICAL,
        expr=f"max by ({DAEMON}) ({up}) == 0\nand on ({DAEMON}) present_over_time({seen}[1d])",
        summary="A driftd daemon is down.",
        description=f"Prometheus cannot scrape driftd at {WHICH}, and could within the last day. "
        "Nothing that it watches is watched.",
        wait_ms=5 * MINUTE_MS,
    )
    yield Alert(
        name="DriftdAbsent",
        loudness=Loudness.CRITICAL,
        expr=f"absent({seen})",
        summary="There is no driftd daemon.",
        description="No target that Prometheus scrapes is a driftd daemon.",
        wait_ms=10 * MINUTE_MS,
    )


def working(scope: Scope) -> Iterator[Alert]:
    """Yield the alerts on daemons that are there and do not work for long, or not at all."""
    starts = scope.of_daemons("process_start_time_seconds")
    seen = scope.of_daemons("driftd_build_info")
    yield Alert(
        name="DriftdRestarting",
        loudness=Loudness.CRITICAL,
        expr=f"max by ({DAEMON}) (changes({starts}[1h])) >= {MANY_STARTS}\n"
        f"and on ({DAEMON}) present_over_time({seen}[1h])",
        summary="A driftd daemon ends again and again.",
        description=f"driftd at {WHICH} has started {{{{ $value }}}} times within the last hour.",
        wait_ms=2 * MINUTE_MS,
    )
    fetches = scope.of_daemons("driftd_batch_duration_seconds_count", equal("stage", "fetch"))
    yield Alert(
        name="DriftdStalled",
        loudness=Loudness.CRITICAL,
        expr=f"max by ({DAEMON}) (increase({fetches}[10m])) == 0",
        summary="A driftd daemon does not read any more.",
        description=f"driftd at {WHICH} answers, but has not looked for records in 10 minutes.",
        wait_ms=5 * MINUTE_MS,
    )


def reading(scope: Scope) -> Iterator[Alert]:
    """Yield the alerts on the log that is read."""
    yield Alert(
        name="DriftdSourceDisconnected",
        loudness=Loudness.CRITICAL,
        expr=f"max by ({SOURCE}) ({scope.of_daemons('driftd_source_connected')}) == 0",
        summary="A driftd daemon cannot read its source.",
        description=f"driftd at {WHICH} is not connected to {{{{ $labels.source }}}}.",
        wait_ms=5 * MINUTE_MS,
    )
    seconds = scope.of_daemons("driftd_source_lag_seconds")
    counted = scope.of_daemons(LAG)
    yield Alert(
        name="DriftdLagGrowing",
        loudness=Loudness.WARNING,
        expr=f"max by ({SOURCE}) (\n"
        f"  {seconds}\n"
        f"  and min_over_time({seconds}[15m]) > {LATE_S}\n"
        f"  and deriv({seconds}[15m]) > {FALLS_BEHIND}\n"
        ")\n"
        f"or (\n"
        f"  {counted} > 1.2 * {counted} offset 15m\n"
        f"  and min_over_time({counted}[15m]) > 1000\n"
        f"  unless on ({SOURCE}) {seconds}\n"
        ")",
        summary="A driftd daemon falls behind its source.",
        description=f"driftd at {WHICH} reads {{{{ $labels.source }}}} more slowly than it grows: "
        "{{ range "
        'query (printf "max(driftd_source_lag_seconds{job=%q,instance=%q})" $labels.job '
        "$labels.instance) }}the newest record that was read is {{ .Value | humanizeDuration }} "
        "old, {{ end }}and alarms come late.",
        wait_ms=15 * MINUTE_MS,
    )
    lost = scope.of_daemons("driftd_source_lost_records_total")
    partition = f"{DAEMON}, topic, partition"
    yield Alert(
        name="DriftdOffsetsLost",
        loudness=Loudness.WARNING,
        expr=f"max by ({partition}) (\n"
        f"  increase({lost}[1h]) > 0\n  or ({lost} > 0 unless {lost} offset 1h)\n)",
        summary="Records were removed from the log before driftd read them.",
        description=f"Of partition {{{{ $labels.partition }}}} of {{{{ $labels.topic }}}}, about "
        f'{{{{ $value | printf "%.0f" }}}} records were gone before driftd at {WHICH} came to '
        "read them; no statistic has them.",
    )


def keeping(scope: Scope, snapshot_every_ms: int) -> Iterator[Alert]:
    """Yield the alerts on what the daemon writes, and on its configuration.

    snapshot_every_ms: how often a snapshot is written where there is something new.
    """
    window_ms = max(15 * MINUTE_MS, 3 * snapshot_every_ms)
    window = span(window_ms)

    def snapshots(outcome: str) -> str:
        return scope.of_daemons("driftd_snapshots_total", equal("outcome", outcome))

    yield Alert(
        name="DriftdSnapshotFailing",
        loudness=Loudness.WARNING,
        expr=f"sum by ({DAEMON}) (increase({snapshots('failure')}[{window}])) > 0\n"
        f"unless on ({DAEMON}) sum by ({DAEMON}) (increase({snapshots('success')}[{window}])) > 0",
        summary="A driftd daemon cannot store its state.",
        description=f'driftd at {WHICH} failed to write {{{{ $value | printf "%.0f" }}}} '
        f"snapshots in {window}, and wrote none.",
        wait_ms=max(5 * MINUTE_MS, 2 * snapshot_every_ms),
    )
    failures = scope.of_daemons("driftd_quarantine_failures_total")
    yield Alert(
        name="DriftdQuarantineFailing",
        loudness=Loudness.WARNING,
        expr=f"sum by ({DAEMON}) (increase({failures}[15m])) > 0",
        summary="Rejected records are not kept.",
        description=f'driftd at {WHICH} could not write {{{{ $value | printf "%.0f" }}}} '
        "rejected records to the quarantine in 15 minutes.",
        wait_ms=2 * MINUTE_MS,
    )
    reloads = scope.of_daemons("driftd_config_last_reload_successful")
    yield Alert(
        name="DriftdReloadFailed",
        loudness=Loudness.WARNING,
        expr=f"max by ({DAEMON}) ({reloads}) == 0",
        summary="A driftd daemon refused its new configuration.",
        description=f"driftd at {WHICH} could not take its configuration file as it is now, and "
        "goes on with the one before.",
        wait_ms=5 * MINUTE_MS,
    )


def delivering(scope: Scope) -> Iterator[Alert]:
    """Yield the alerts on events that do not reach their receiver."""
    by = "cluster, namespace, job, trigger"
    dead = scope.of_daemons("driftd_trigger_deliveries_total", equal("outcome", "dead"))
    yield Alert(
        name="DriftdTriggerFailing",
        loudness=Loudness.CRITICAL,
        expr=f"sum by ({by}) (increase({dead}[1h])) > 0",
        summary="Events did not reach a trigger's receiver and were given up.",
        description='{{ $value | printf "%.0f" }} events for trigger {{ $labels.trigger }} were '
        "given up within the last hour.",
    )
    oldest = scope.of_daemons("driftd_trigger_oldest_event_timestamp_seconds")
    yield Alert(
        name="DriftdTriggerQueueOld",
        loudness=Loudness.WARNING,
        expr=f"time() - min by ({by}) ({oldest}) > {15 * MINUTE_MS // 1000}",
        summary="Events have been waiting for a trigger's receiver.",
        description="The oldest event for trigger {{ $labels.trigger }} has been waiting for "
        "{{ $value | humanizeDuration }}.",
        wait_ms=2 * MINUTE_MS,
    )


def model_missing(scope: Scope) -> Alert:
    """Return the alert on a configured model that no daemon watches, though there are some."""
    daemons = scope.of_daemons("driftd_build_info")
    return Alert(
        name="DriftdModelMissing",
        loudness=Loudness.CRITICAL,
        expr=f"absent({scope.of('driftd_model_info')}) and on () {daemons}",
        summary="No driftd daemon watches a configured model.",
        description="No driftd daemon that Prometheus scrapes watches model {{ $labels.model }}.",
        wait_ms=HOUR_MS // 6,
    )
