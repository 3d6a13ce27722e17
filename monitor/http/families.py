"""Metric families as prometheus-client knows them, made from rows of labels and a value."""

from collections.abc import Iterable, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from monitor.view import StreamView

Row = tuple[tuple[str, ...], float | None]
"""The values of a family's labels, in the family's order, and the sample's value."""

STREAM = ("model", "version", "segment")


def gauge(name: str, documentation: str, labels: Sequence[str], rows: Iterable[Row]) -> Metric:
    """Return a gauge family with one sample a row; a row whose value is None or nan has none."""
    return _filled(GaugeMetricFamily(f"driftd_{name}", documentation, labels=labels), rows)


def counter(name: str, documentation: str, labels: Sequence[str], rows: Iterable[Row]) -> Metric:
    """Return a counter family, exported with ``_total`` after its name, likewise."""
    return _filled(CounterMetricFamily(f"driftd_{name}", documentation, labels=labels), rows)


def stream_labels(stream: StreamView) -> tuple[str, str, str]:
    """Return the values of the labels ``STREAM``."""
    return stream.model, stream.version, stream.segment


def seconds(ms: int | None) -> float | None:
    """Return unix time in seconds, the unit of Prometheus, from one in milliseconds."""
    return None if ms is None else ms / 1000


def label_text(value: str) -> str:
    r"""Return a label's value as text that UTF-8 can hold.

    A version or a segment is whatever a record says. JSON can say half a surrogate pair,
    which has no encoding, and one such value must not fail the whole scrape: it becomes
    its escape, ``\ud800``.
    """
    return value.encode("utf-8", "backslashreplace").decode()


def _filled(family: GaugeMetricFamily | CounterMetricFamily, rows: Iterable[Row]) -> Metric:
    for labels, value in rows:
        if value is not None and value == value:
            family.add_metric([label_text(label) for label in labels], value)
    return family
