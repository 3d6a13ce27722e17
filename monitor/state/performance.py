"""The performance engine as plain numbers and arrays, for snapshots."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from detectors.adwin import ScoreAdwin
from detectors.evidence.detector import Detector
from detectors.performance.error_detectors import REGISTRY, ErrorDetector
from detectors.windows import Bucket, Windows
from monitor.archive import arrays_under
from monitor.engine.baseline import Origin
from monitor.engine.partition import PartitionState
from monitor.engine.performance import PerformanceEngine
from monitor.engine.performance_settings import PerformanceSettings
from monitor.engine.performance_stream import PerformanceStream
from monitor.engine.versions import Versions
from monitor.labels.join import LabelJoin
from monitor.labels.store import SETTINGS
from monitor.sources.source import Partition
from monitor.state.learning import (
    learners_from,
    learning_arrays,
    learning_meta,
    taught_by,
    taught_from,
)
from monitor.state.open_blocks import keys_of
from monitor.state.stack import Arrays, stack_sums, unstack_sums
from monitor.state.stack_performance import stack_performances, unstack_performances
from monitor.state.watch import watch_from, watch_meta

GROUP = "error_"
"""Begins the names of the arrays that a model's inputs have too."""


def performance_meta(engine: PerformanceEngine) -> dict[str, Any]:
    """Return what the engine knows beside its arrays and its store."""
    return {
        "fingerprint": engine.settings.fingerprint,
        "join": engine.join.meta(),
        "versions": engine.versions,
        "first_open": engine.first_open,
        "partitions": [
            [partition.topic, partition.number, state.position, state.newest_ms]
            for partition, state in sorted(engine.partitions.items())
        ],
        "open": [[block, *key] for block, key in keys_of(engine.open_blocks)],
        **learning_meta(engine.learners, taught_by(engine.learned)),
        "streams": [_stream_meta(stream) for _, stream in sorted(engine.streams.items())],
    }


def performance_arrays(engine: PerformanceEngine) -> Arrays:
    """Return the engine's arrays."""
    arrays = learning_arrays(engine.learners, taught_by(engine.learned), GROUP)
    opened = [engine.open_blocks[block][key] for block, key in keys_of(engine.open_blocks)]
    if opened:
        found = stack_performances(opened)
        arrays |= {f"pairs_open/{name}": each for name, each in found.items()}
    streams = [stream for _, stream in sorted(engine.streams.items())]
    if streams:
        buckets = [bucket for stream in streams for bucket in stream.windows.buckets]
        found = stack_performances([each.summary for each in buckets]) | stack_sums(buckets)
        arrays |= {f"pairs_windows/{name}": each for name, each in found.items()}
        histories = [history for stream in streams for _, history, _ in _detectors(stream)]
        arrays["errors/history"] = np.concatenate(histories)
    return arrays


def performance_from(
    settings: PerformanceSettings, meta: Mapping[str, Any] | None, arrays: Arrays
) -> PerformanceEngine:
    """Return the engine that was told of, with its store open; an empty one for None.

    arrays: none where windows start anew. A store that was removed, or whose predictions were
    written for another reference, starts empty. Raises LabelStoreError where it cannot be used.
    """
    there = (settings.folder / SETTINGS).exists()
    if meta is None or not there or meta["fingerprint"] != settings.fingerprint:
        engine = PerformanceEngine(settings, LabelJoin.open(settings.folder, settings.join, None))
        if meta is not None:
            _restore_partitions(engine, meta)
        return engine
    join = LabelJoin.open(settings.folder, settings.join, meta["join"])
    engine = PerformanceEngine(
        settings, join, versions=list(meta["versions"]), first_open=meta["first_open"]
    )
    _restore_partitions(engine, meta)
    engine.learners = learners_from(meta["learners"], arrays, GROUP, settings.warm_up)
    for segment, calibration in taught_from(meta["learned"], arrays, GROUP).items():
        engine.use(segment, engine.baseline(segment).taught(calibration, Origin.LEARNED))
    if "pairs_open/records" in arrays:
        opened = unstack_performances(arrays_under(arrays, "pairs_open/"))
        for (block, version, segment), each in zip(meta["open"], opened, strict=True):
            engine.open_blocks.setdefault(block, {})[version, segment] = each
    if "pairs_windows/records" in arrays:
        _restore_streams(engine, meta, arrays)
    return engine


def _restore_partitions(engine: PerformanceEngine, meta: Mapping[str, Any]) -> None:
    longest = engine.settings.streams.grid.longest
    for topic, number, position, newest_ms in meta["partitions"]:
        engine.partitions[Partition(topic, number)] = PartitionState(
            Versions(longest), position=position, newest_ms=newest_ms
        )


def _stream_meta(stream: PerformanceStream) -> dict[str, Any]:
    return {
        "version": stream.version,
        "segment": stream.segment,
        "pairs": stream.pairs,
        "watch": watch_meta(stream.watch),
        "shared": stream.shared,
        "buckets": [[each.level, each.first, each.last] for each in stream.windows.buckets],
        "detectors": [
            [name, len(history), detections] for name, history, detections in _detectors(stream)
        ],
    }


def _detectors(stream: PerformanceStream) -> list[tuple[str, Any, int]]:
    """Return each detector's name, history and detections, ADWIN first."""
    found: dict[str, ScoreAdwin | ErrorDetector] = {"adwin": stream.adwin, **stream.detectors}
    return [(name, *each.state()) for name, each in found.items()]


def _restore_streams(engine: PerformanceEngine, meta: Mapping[str, Any], arrays: Arrays) -> None:
    windows = arrays_under(arrays, "pairs_windows/")
    summaries = iter(unstack_performances(windows))
    sums = unstack_sums(windows)
    history, at = arrays["errors/history"], 0
    for each in meta["streams"]:
        version, segment = each["version"], each["segment"]
        stream = PerformanceStream.start(
            engine.settings, version, segment, engine.baseline(segment)
        )
        buckets = tuple(
            Bucket(level, first, last, next(summaries).narrow, *next(sums))
            for level, first, last in each["buckets"]
        )
        stream.windows = Windows(engine.settings.streams.longest, buckets)
        stream.watch = watch_from(
            each["watch"],
            Detector(stream.baseline.ratios),
            engine.settings.streams.budget,
            stream.watch.floor,
        )
        stream.shared, stream.pairs = each["shared"], each["pairs"]
        for name, length, detections in each["detectors"]:
            past = history[at : at + length]
            at += length
            if name == "adwin":
                stream.adwin = ScoreAdwin.restore(past, detections)
            elif name in stream.detectors:
                restored = ErrorDetector.restore(REGISTRY[name], past, detections)
                stream.detectors = {**stream.detectors, name: restored}
        engine.streams[version, segment] = stream
        engine.outdated.add((version, segment))
