"""Cases of the alerts on the daemon: whether it lives and reads."""

from monitor.rules.rule import Loudness
from tests.monitor.rules.case import (
    CRITICAL,
    DAEMON,
    WARNING,
    Case,
    Firing,
    Series,
    series,
    together,
)

JOB = {"job": DAEMON["job"]}
WHERE = "a:9477 of job driftd"
BUILD = {"version": "0.8.0", "revision": "ab12cd3", "python_version": "3.11"}


def build(values: str) -> Series:
    return series("driftd_build_info", values, **BUILD)


def of_daemon(loudness: Loudness, description: str, **labels: str) -> tuple[Firing, ...]:
    return (Firing(loudness, {**DAEMON, **labels}, description),)


def source(metric: str, values: str) -> Series:
    return series(metric, values, source="kafka")


def partition(metric: str, values: str, number: int = 0, **labels: str) -> Series:
    return series(metric, values, topic="credit", partition=str(number), **labels)


BEHIND = "driftd at {} reads kafka more slowly than it grows: {}and alarms come late."
LOST = (
    "Of partition {} of credit, about {} records were gone before driftd at a:9477 of job driftd "
    "came to read them; no statistic has them."
)

CASES = (
    Case(
        "DriftdDown",
        "a daemon that was there",
        together(series("up", "1x10 0x30"), build("1x10 stale")),
        fires={
            "18m": of_daemon(
                CRITICAL,
                f"Prometheus cannot scrape driftd at {WHERE}, and could within the last day. "
                "Nothing that it watches is watched.",
            )
        },
        calm=["10m", "14m"],
    ),
    Case(
        "DriftdDown",
        "a restart, a standby that never listened, and something else that is down",
        together(
            series("up", "1x10 0x3 1x30"),
            build("1x10 _x3 1x30"),
            series("up", "0x40", instance="standby:9477"),
            series("up", "0x40", job="node", instance="b:9100"),
        ),
        calm=["13m", "16m", "30m"],
    ),
    Case(
        "DriftdAbsent",
        "no daemon in what is scraped",
        series("up", "1x40", job="node", instance="b:9100"),
        fires={
            "12m": (Firing(CRITICAL, {}, "No target that Prometheus scrapes is a driftd daemon."),)
        },
        calm=["8m"],
    ),
    Case(
        "DriftdAbsent",
        "one that restarts",
        build("_x5 1x10 _x8 1x20"),
        calm=["4m", "12m", "22m", "30m"],
    ),
    Case(
        "DriftdRestarting",
        "five minutes, and it is gone again",
        together(
            series("process_start_time_seconds", "100x5 400x5 700x5 _ 1000x5 1300x5 1600x5"),
            build("1x40"),
        ),
        fires={
            "30m": of_daemon(
                CRITICAL, f"driftd at {WHERE} has started 4 times within the last hour."
            )
        },
        calm=["22m"],
    ),
    Case(
        "DriftdRestarting",
        "two restarts by hand, and another program that comes and goes",
        together(
            series("process_start_time_seconds", "100x10 700x10 1300x40"),
            series(
                "process_start_time_seconds",
                "100x5 400x5 700x5 1000x5 1300x5 1600x5",
                job="node",
                instance="b:9100",
            ),
            build("1x60"),
        ),
        calm=["22m", "30m", "60m"],
    ),
    Case(
        "DriftdModelMissing",
        "a daemon without the model",
        together(
            build("1x40"),
            series("driftd_model_info", "1x40", model="fraud", reference="r", schema="s"),
        ),
        fires={
            "12m": (
                Firing(
                    CRITICAL,
                    {"model": "credit"},
                    "No driftd daemon that Prometheus scrapes watches model credit.",
                ),
            )
        },
        calm=["8m"],
        only_configured=True,
    ),
    Case(
        "DriftdModelMissing",
        "a model of a daemon that restarts, and no daemon at all, which is told otherwise",
        together(
            build("1x10 _x8 1x10 stale"),
            series(
                "driftd_model_info",
                "1x10 _x8 1x10 stale",
                model="credit",
                reference="r",
                schema="s",
            ),
        ),
        calm=["5m", "18m", "45m"],
        only_configured=True,
    ),
    Case(
        "DriftdStalled",
        "a pipeline that stands still",
        series("driftd_batch_duration_seconds_count", "0+300x10 3000x40", stage="fetch"),
        fires={
            "27m": of_daemon(
                CRITICAL,
                f"driftd at {WHERE} answers, but has not looked for records in 10 minutes.",
            )
        },
        calm=["15m", "22m"],
    ),
    Case(
        "DriftdStalled",
        "idle traffic, and a restart",
        together(
            series("driftd_batch_duration_seconds_count", "0+300x15 _ 0+300x30", stage="fetch"),
            series("driftd_batch_duration_seconds_count", "0x45", stage="decode"),
        ),
        calm=["14m", "17m", "30m", "44m"],
    ),
    Case(
        "DriftdSourceDisconnected",
        "no broker",
        source("driftd_source_connected", "1x5 0x30"),
        fires={
            "12m": of_daemon(
                CRITICAL, f"driftd at {WHERE} is not connected to kafka.", source="kafka"
            )
        },
        calm=["9m"],
    ),
    Case(
        "DriftdSourceDisconnected",
        "a start, and brokers that restart one by one",
        source("driftd_source_connected", "0x1 1x5 0x3 1x5 0x3 1x30"),
        calm=["1m", "10m", "20m"],
    ),
    Case(
        "DriftdLagGrowing",
        "a reader that is too slow",
        source("driftd_source_lag_seconds", "0x10 20+20x100"),
        fires={
            "60m": of_daemon(
                WARNING,
                BEHIND.format(WHERE, "the newest record that was read is 16m 40s old, "),
                source="kafka",
            )
        },
        calm=["20m", "35m"],
    ),
    Case(
        "DriftdLagGrowing",
        "records without times, of which only the count is known",
        together(
            partition("driftd_source_lag_records", "0+2000x100", source="kafka"),
            partition("driftd_source_lag_records", "0+500x100", 1, source="kafka"),
        ),
        fires={"50m": of_daemon(WARNING, BEHIND.format(WHERE, ""), source="kafka")},
        calm=["10m", "20m"],
    ),
    Case(
        "DriftdLagGrowing",
        "years of history to catch up with at the start, then a log that is old and at its end",
        together(
            source("driftd_source_lag_seconds", "30000000-300000x99 0x5 9000000 0x3 9000300 0x40"),
            partition(
                "driftd_source_lag_records", "5000000-50000x99 0x5 9 0x3 4 0x40", source="kafka"
            ),
        ),
        calm=["5m", "31m", "60m", "99m", "106m", "140m"],
    ),
    Case(
        "DriftdOffsetsLost",
        "records that retention removed, while it reads and before it starts",
        together(
            partition("driftd_source_lost_records_total", "0x60 6000x70"),
            partition("driftd_source_lost_records_total", "_x61 500x70", 1),
        ),
        fires={
            "61m": (
                *of_daemon(WARNING, LOST.format(0, 6000), topic="credit", partition="0"),
                *of_daemon(WARNING, LOST.format(1, 500), topic="credit", partition="1"),
            )
        },
        calm=["30m", "124m"],
    ),
    Case(
        "DriftdOffsetsLost",
        "a restart, which forgets what was lost long ago, and a partition that is new",
        together(
            partition("driftd_source_lost_records_total", "500x70 0x60"),
            partition("driftd_source_lost_records_total", "_x60 0x70", 1),
        ),
        calm=["65m", "75m", "100m"],
    ),
)
