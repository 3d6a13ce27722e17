"""The custom collector: families made from the newest view at each scrape.

Nothing is kept between scrapes, so the series of a stream that is gone go stale at once.
"""

import time
from collections.abc import Callable, Iterator

from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from monitor.build import Build
from monitor.http.alarm_families import (
    alarm_families,
    budget_families,
    calibration_families,
)
from monitor.http.event_families import event_families
from monitor.http.families import counter, gauge
from monitor.http.model_families import model_families, stream_families
from monitor.http.performance_families import (
    diagnosis_families,
    label_families,
    performance_families,
)
from monitor.http.retest_families import retest_families
from monitor.http.source_families import source_families
from monitor.lag import lag_seconds
from monitor.view import Board, QuarantineView


class BoardCollector(Collector):
    """Collects every family of the view but those with a feature label."""

    def __init__(
        self,
        board: Board,
        build: Build,
        most_features: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._board = board
        self._build = build
        self._most_features = most_features
        self._clock = clock

    def collect(self) -> Iterator[Metric]:
        """Yield the families of the newest view."""
        view = self._board.read()
        streams = [stream for model in view.models for stream in model.streams]
        yield gauge(
            "build_info",
            "The driftd that runs: always 1.",
            ("version", "revision", "python_version"),
            [((self._build.version, self._build.revision, self._build.python_version), 1)],
        )
        if view.source is not None:
            lag_s = lag_seconds(view.source, view.newest_record_ms, self._clock())
            yield from source_families(view.source_name, view.source, lag_s)
        yield from _quarantine_families(view.quarantine)
        yield from model_families(view.models)
        yield from budget_families(view.models)
        yield from stream_families(streams, self._most_features)
        yield from alarm_families(streams)
        yield from calibration_families(streams)
        yield from label_families(view.models)
        yield from performance_families(streams)
        yield from diagnosis_families(streams)
        yield from retest_families(view.models)
        yield from event_families([model.name for model in view.models], view.events)


def _quarantine_families(quarantine: QuarantineView) -> Iterator[Metric]:
    yield counter(
        "quarantined",
        "Rejected records written to the quarantine.",
        (),
        [((), quarantine.written)],
    )
    yield counter(
        "quarantine_failures",
        "Rejected records that could not be written to the quarantine.",
        (),
        [((), quarantine.failures)],
    )
    yield counter(
        "quarantine_dropped",
        "Records pushed out of the quarantine by newer ones at its size limit.",
        (),
        [((), quarantine.dropped)],
    )
