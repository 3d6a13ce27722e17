"""Cases of the alerts on what the daemon writes, delivers and is configured by."""

from tests.monitor.rules.case import CRITICAL, WARNING, Case, Firing, Series, series, together
from tests.monitor.rules.cases_of_daemon import JOB, WHERE, of_daemon


def deliveries(outcome: str, values: str) -> Series:
    return series("driftd_trigger_deliveries_total", values, trigger="retrain", outcome=outcome)


def snapshots(outcome: str, values: str) -> Series:
    return series("driftd_snapshots_total", values, outcome=outcome)


CASES = (
    Case(
        "DriftdSnapshotFailing",
        "a full disk",
        together(snapshots("failure", "0x10 0+6x40"), snapshots("success", "0+6x10 60x40")),
        fires={
            "45m": of_daemon(
                WARNING, f"driftd at {WHERE} failed to write 90 snapshots in 15m, and wrote none."
            )
        },
        calm=["10m", "24m"],
    ),
    Case(
        "DriftdSnapshotFailing",
        "one that failed, and nothing to write for hours",
        together(snapshots("failure", "0x10 1x40"), snapshots("success", "0+6x12 72x40")),
        calm=["12m", "30m", "45m"],
    ),
    Case(
        "DriftdQuarantineFailing",
        "rejects that cannot be written",
        series("driftd_quarantine_failures_total", "0x10 0+4x40"),
        fires={
            "40m": of_daemon(
                WARNING,
                f"driftd at {WHERE} could not write 60 rejected records to the quarantine in 15 "
                "minutes.",
            )
        },
        calm=["10m"],
    ),
    Case(
        "DriftdQuarantineFailing",
        "failures of long ago, and a restart",
        series("driftd_quarantine_failures_total", "90x20 0x40"),
        calm=["10m", "23m", "40m"],
    ),
    Case(
        "DriftdReloadFailed",
        "a wrong file",
        series("driftd_config_last_reload_successful", "1x5 0x30"),
        fires={
            "12m": of_daemon(
                WARNING,
                f"driftd at {WHERE} could not take its configuration file as it is now, and goes "
                "on with the one before.",
            )
        },
        calm=["9m"],
    ),
    Case(
        "DriftdReloadFailed",
        "a wrong file that is mended at once",
        series("driftd_config_last_reload_successful", "1x5 0x2 1x30"),
        calm=["7m", "12m"],
    ),
    Case(
        "DriftdTriggerFailing",
        "events that are given up",
        together(
            deliveries("dead", "0x30 2x120"),
            deliveries("retried", "0+5x30 150x120"),
            deliveries("delivered", "7x150"),
        ),
        fires={
            "40m": (
                Firing(
                    CRITICAL,
                    {**JOB, "trigger": "retrain"},
                    "2 events for trigger retrain were given up within the last hour.",
                ),
            )
        },
        calm=["30m", "92m"],
    ),
    Case(
        "DriftdTriggerFailing",
        "deliveries that succeed at last, and what was given up long ago",
        together(
            deliveries("dead", "3x120"),
            deliveries("retried", "0+5x30 150x120"),
            deliveries("delivered", "0x30 9x120"),
        ),
        calm=["1m", "40m", "90m"],
    ),
    Case(
        "DriftdTriggerQueueOld",
        "an event that waits",
        series("driftd_trigger_oldest_event_timestamp_seconds", "_x10 600x60", trigger="retrain"),
        fires={
            "30m": (
                Firing(
                    WARNING,
                    {**JOB, "trigger": "retrain"},
                    "The oldest event for trigger retrain has been waiting for 20m 0s.",
                ),
            )
        },
        calm=["20m"],
    ),
    Case(
        "DriftdTriggerQueueOld",
        "a receiver that restarts, and an empty queue",
        series(
            "driftd_trigger_oldest_event_timestamp_seconds", "_x10 600x10 stale", trigger="retrain"
        ),
        calm=["5m", "20m", "40m"],
    ),
)
