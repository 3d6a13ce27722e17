"""The feature families as prometheus-client alone would write them: slow, and plainly right."""

import math

from prometheus_client.core import GaugeMetricFamily

from monitor.view import View

FEATURE = ["model", "version", "segment", "feature"]


class PlainFeatureCollector:
    """Collects the feature families of a view, every entry of every stream."""

    def __init__(self, view: View) -> None:
        self.view = view

    def collect(self):
        streams = [stream for model in self.view.models for stream in model.streams]
        yield self._statistics(streams, "driftd_statistic", "values")
        yield self._statistics(streams, "driftd_statistic_noise", "noise")
        for name in ("feature_evidence", "feature_effect"):
            yield self._alone(streams, f"driftd_{name}", name)
        for name in ("missing", "invalid", "unseen", "out_of_range"):
            yield self._alone(streams, f"driftd_{name}_ratio", name)

    def _statistics(self, streams, name, field):
        family = GaugeMetricFamily(name, "help", labels=[*FEATURE, "statistic", "window"])
        for stream in streams:
            for window in stream.windows:
                for statistic, values in getattr(window, field).items():
                    self._add(family, stream, values, [statistic, window.name])
        return family

    def _alone(self, streams, name, field):
        family = GaugeMetricFamily(name, "help", labels=FEATURE)
        for stream in streams:
            self._add(family, stream, getattr(stream, field), [])
        return family

    def _add(self, family, stream, values, more):
        for entry, value in zip(stream.entries, values.tolist(), strict=True):
            if not math.isnan(value):
                labels = [stream.model, stream.version, stream.segment, entry, *more]
                family.add_metric(labels, value)
