"""Metrics that the run loop counts itself, as ordinary prometheus-client objects."""

from contextlib import AbstractContextManager
from typing import Literal

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
)

Stage = Literal["fetch", "decode", "summarise", "detect", "publish"]
STAGES: tuple[Stage, ...] = ("fetch", "decode", "summarise", "detect", "publish")
OUTCOMES = ("success", "failure")
ACTIONS = ("retest", "rebuild_reference")

BATCH_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0)
SNAPSHOT_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0)


class Meters:
    """Durations of the loop's stages, how its snapshots, reloads and alerts' actions go."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Register the metrics, with 0 for every stage and outcome."""
        # Without this, each counter and histogram has a second series with its birth time.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        batch = Histogram(
            "driftd_batch_duration_seconds",
            "Time that a stage of the pipeline took for one batch.",
            ["stage"],
            buckets=BATCH_SECONDS,
            registry=registry,
        )
        self._stages = {stage: batch.labels(stage=stage) for stage in STAGES}
        snapshots = Counter(
            "driftd_snapshots_total",
            "Snapshots of the state, by outcome.",
            ["outcome"],
            registry=registry,
        )
        self._snapshots = {outcome: snapshots.labels(outcome=outcome) for outcome in OUTCOMES}
        self._duration = Histogram(
            "driftd_snapshot_duration_seconds",
            "Time that writing a snapshot took.",
            buckets=SNAPSHOT_SECONDS,
            registry=registry,
        )
        self._size = Gauge(
            "driftd_snapshot_size_bytes", "Size of the newest snapshot.", registry=registry
        )
        self._last_success = Gauge(
            "driftd_snapshot_last_success_timestamp_seconds",
            "Unix time at which the newest snapshot was written; 0 before the first.",
            registry=registry,
        )
        self._url = Gauge(
            "driftd_external_url_info",
            "Where people reach this daemon, for links: always 1.",
            ["url"],
            registry=registry,
        )
        actions = Counter(
            "driftd_alert_actions_total",
            "Actions that alerts started and that have ended, by outcome.",
            ["action", "outcome"],
            registry=registry,
        )
        self._actions = {
            (action, outcome): actions.labels(action=action, outcome=outcome)
            for action in ACTIONS
            for outcome in OUTCOMES
        }
        self._reloaded = Gauge(
            "driftd_config_last_reload_successful",
            "Whether the configuration that was read last is in force.",
            registry=registry,
        )
        self._reloaded_at = Gauge(
            "driftd_config_last_reload_success_timestamp_seconds",
            "Unix time at which the configuration in force was last found to be the one on disk.",
            registry=registry,
        )

    def reached_at(self, url: str) -> None:
        """Tell where people reach the daemon."""
        self._url.clear()
        self._url.labels(url=url).set(1)

    def stage(self, stage: Stage) -> AbstractContextManager[object]:
        """Measure the time of a stage, from entering to leaving the context."""
        return self._stages[stage].time()

    def snapshot_written(self, duration_s: float, size_bytes: int, at_s: float) -> None:
        """Count a snapshot that was written; at_s: unix time."""
        self._snapshots["success"].inc()
        self._duration.observe(duration_s)
        self._size.set(size_bytes)
        self._last_success.set(at_s)

    def snapshot_failed(self) -> None:
        """Count a snapshot that could not be written."""
        self._snapshots["failure"].inc()

    def alert_action_ended(self, action: str, success: bool) -> None:
        """Count what an alert started; action: of ACTIONS."""
        self._actions[action, OUTCOMES[not success]].inc()

    def configuration_taken(self, at_s: float) -> None:
        """Note that the configuration on disk is in force; at_s: unix time."""
        self._reloaded.set(1)
        self._reloaded_at.set(at_s)

    def configuration_refused(self) -> None:
        """Note that the configuration on disk is wrong, and the old one stays in force."""
        self._reloaded.set(0)
