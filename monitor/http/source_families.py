"""Families about the log that is read: how far behind, how healthy, what was lost."""

from collections.abc import Iterator, Mapping

from prometheus_client.metrics_core import Metric

from monitor.http.families import Row, counter, gauge
from monitor.lag import lag_unit
from monitor.sources.source import Partition, SourceStatus

PARTITION = ("topic", "partition")
REBALANCES = ("assigned", "revoked", "lost")


def source_families(name: str, status: SourceStatus, lag_s: float | None) -> Iterator[Metric]:
    """Yield the families of the source ``name``.

    lag_s: as monitor.lag.lag_seconds() tells.
    """
    yield _lag(name, status)
    yield gauge(
        "source_lag_seconds",
        "Age of the newest record handled while there are more to read, else 0.",
        ("source",),
        [((name,), lag_s)],
    )
    yield gauge(
        "source_connected",
        "Whether the source can be read: 1 or 0.",
        ("source",),
        [((name,), status.connected)],
    )
    yield counter(
        "source_bytes",
        "Bytes of records read from the source.",
        ("source",),
        [((name,), status.bytes_total)],
    )
    yield counter(
        "source_errors",
        "Errors of the source that were retried.",
        ("source",),
        [((name,), status.errors_total)],
    )
    yield counter(
        "source_lost_records",
        "Records that retention removed from the log before they were read.",
        PARTITION,
        _by_partition(status, status.lost),
    )
    yield counter(
        "source_offset_resets",
        "Times that a partition's position was no longer in the log and had to be reset.",
        PARTITION,
        _by_partition(status, status.offset_resets),
    )
    yield counter(
        "rebalances",
        "Times that partitions were assigned, revoked or lost.",
        ("event",),
        _rebalances(status.rebalances),
    )


def _lag(name: str, status: SourceStatus) -> Metric:
    unit = lag_unit(name)
    return gauge(
        f"source_lag_{unit}",
        f"{unit.capitalize()} between a partition's position and the end of its log.",
        ("source", *PARTITION),
        [((name, *labels), lag) for labels, lag in _by_partition(status, status.lag)],
    )


def _by_partition(status: SourceStatus, counts: Mapping[Partition, int]) -> Iterator[Row]:
    for partition in sorted(status.assigned | counts.keys()):
        yield (partition.topic, str(partition.number)), counts.get(partition, 0)


def _rebalances(counts: Mapping[str, int]) -> Iterator[Row]:
    for event in sorted({*REBALANCES, *counts}):
        yield (event,), counts.get(event, 0)
