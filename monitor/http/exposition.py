"""The text of /metrics: prometheus-client's registry, then the feature families."""

import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest

from monitor.build import read_build
from monitor.http.collector import BoardCollector
from monitor.http.distribution_families import DistributionText
from monitor.http.feature_families import FeatureText
from monitor.view import Board

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

MOST_FEATURES = 200
"""Features of a stream that are exported; all of them are in the API."""


class Exposition:
    """All metrics of the daemon: of the view, of the process, and those in the registry."""

    def __init__(
        self,
        board: Board,
        registry: CollectorRegistry,
        most_features: int = MOST_FEATURES,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Register the view's families and the process's own in ``registry``.

        board: where each scrape finds the newest view. clock: tells unix time.
        """
        ProcessCollector(registry=registry)
        registry.register(BoardCollector(board, read_build(), most_features, clock))
        self._board = board
        self._registry = registry
        self._features = FeatureText(most_features)
        self._distributions = DistributionText(most_features)

    def render(self) -> bytes:
        """Return every metric in the text format 0.0.4."""
        view = self._board.read()
        streams = [stream for model in view.models for stream in model.streams]
        return b"".join(
            [
                generate_latest(self._registry),
                *self._features.render(streams),
                *self._distributions.render(streams),
            ]
        )
