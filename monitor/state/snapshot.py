"""The snapshot: the engines and the next offset of every partition, written as one."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from detectors.adwin import ScoreAdwin
from detectors.evidence.detector import Detector
from detectors.windows import Bucket, Windows
from monitor.archive import ArchiveError, arrays_under, read_archive, write_archive
from monitor.engine.duplicates import RecentIds
from monitor.engine.model import EngineSettings, ModelEngine
from monitor.engine.partition import PartitionState
from monitor.engine.stream import Stream
from monitor.engine.versions import Versions
from monitor.sources.source import Partition
from monitor.state.incidents import incidents_from, incidents_meta
from monitor.state.learning import (
    learners_from,
    learning_arrays,
    learning_meta,
    taught_by,
    taught_from,
)
from monitor.state.open_blocks import keys_of
from monitor.state.performance import performance_arrays, performance_from, performance_meta
from monitor.state.stack import Arrays, stack, stack_sums, unstack, unstack_sums
from monitor.state.watch import watch_from, watch_meta
from monitor.state.worst import far_from, far_meta, worst_from, worst_meta

KIND = "driftd-snapshot"
VERSION = 2


class StateError(Exception):
    """The state folder does not go with this configuration; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What a snapshot held for the models of today's configuration.

    replaced: the digests of the snapshot's references of models that have another one now: they
    go on from its offsets with their windows empty.
    """

    engines: dict[str, ModelEngine]
    quarantine_position: int
    replaced: Mapping[str, str]


def save(path: Path, engines: Mapping[str, ModelEngine], quarantine_position: int) -> int:
    """Write the snapshot atomically; return its size in bytes.

    Raises OSError where the file cannot be written: the previous snapshot stays whole.
    """
    meta: dict[str, Any] = {"quarantine_position": quarantine_position, "models": {}}
    arrays: Arrays = {}
    for name, engine in engines.items():
        if engine.performance is not None:
            engine.performance.sum_up()
        meta["models"][name] = _model_meta(engine)
        arrays |= {f"{name}/{key}": value for key, value in _model_arrays(engine).items()}
    write_archive(path, KIND, meta, arrays, VERSION)
    return path.stat().st_size


def load(path: Path, settings: Mapping[str, EngineSettings]) -> Restored:
    """Return the engines as they were when the snapshot was written.

    A model that the snapshot does not know starts empty. Raises StateError where the snapshot
    belongs to another configuration or is damaged.
    """
    if not path.exists():
        return Restored({name: _new(each) for name, each in settings.items()}, 0, {})
    try:
        meta, arrays, _ = read_archive(path, KIND, VERSION, oldest=VERSION)
    except ArchiveError as error:
        raise StateError(
            f"{error}; without it the logs are read again from where the source starts"
        ) from error
    known = meta["models"]
    if known and not known.keys() & settings.keys():
        raise StateError(
            f"{path} holds the state of {', '.join(sorted(known))}, and this configuration has "
            f"{', '.join(sorted(settings))}; set another state folder, or remove that file to "
            "start anew"
        )
    engines: dict[str, ModelEngine] = {}
    replaced = {}
    for name, each in settings.items():
        if name not in known:
            engines[name] = _new(each)
            continue
        _require_same_records(path, name, known[name], each)
        own = {key.removeprefix(f"{name}/"): arrays[key] for key in arrays if _owner(key) == name}
        same = known[name]["reference"] == each.reference_digest
        engines[name] = _restore(each, known[name], own if same else {})
        # Where the reference is another one, all is calm now, and what was open ends in time.
        incidents = known[name].get("incidents", {})
        engines[name].incidents = incidents_from(incidents, each.cooldown, each.reference_digest)
        if not same:
            replaced[name] = known[name]["reference"]
    return Restored(engines, meta["quarantine_position"], replaced)


def _new(settings: EngineSettings) -> ModelEngine:
    engine = ModelEngine(settings)
    if settings.performance is not None:
        engine.performance = performance_from(settings.performance, None, {})
    return engine


def _owner(key: str) -> str:
    return key.rsplit("/", 2)[0]


def _require_same_records(
    path: Path, name: str, known: Mapping[str, Any], settings: EngineSettings
) -> None:
    for what, then, now in (
        ("schema", known["schema"], settings.schema_digest),
        ("blocks of", known["block"], _blocks_of(settings)),
    ):
        if then != now:
            raise StateError(
                f"{path} holds the state of model '{name}' with {what} {then}, and this "
                f"configuration has {now}; set another state folder, or remove that file to "
                "start anew"
            )


def _blocks_of(settings: EngineSettings) -> str:
    return f"{settings.grid.block} {'rows' if settings.grid.by_rows else 'ms'}"


def _model_meta(engine: ModelEngine) -> dict[str, Any]:
    settings = engine.settings
    return {
        "reference": settings.reference_digest,
        "schema": settings.schema_digest,
        "block": _blocks_of(settings),
        "first_open": engine.first_open,
        "rejects": dict(engine.rejects),
        "tombstones": engine.tombstones,
        "duplicates": engine.duplicates,
        "retest_records": engine.retest_records,
        "incidents": incidents_meta(engine.incidents),
        "partitions": [
            {
                "topic": partition.topic,
                "number": partition.number,
                "position": state.position,
                "newest_ms": state.newest_ms,
                "rows": state.rows,
                "versions": state.versions.last_seen,
                "recent": state.recent.newest(),
            }
            for partition, state in sorted(engine.partitions.items())
        ],
        "open": [[block, *key] for block, key in keys_of(engine.open_blocks)],
        "open_far": [
            [block, *key, worst_meta(engine.open_far[block][key])]
            for block, key in keys_of(engine.open_far)
        ],
        **learning_meta(engine.learners, taught_by(engine.learned)),
        "performance": None if engine.performance is None else performance_meta(engine.performance),
        "streams": [
            {
                "version": stream.version,
                "segment": stream.segment,
                "records": stream.records,
                "late": stream.late,
                "blocks": dict(stream.blocks),
                "detections": stream.adwin.detections,
                "history": len(stream.adwin.state()[0]),
                "watch": watch_meta(stream.watch),
                "far": far_meta(stream.far),
                "shared": stream.shared,
                "buckets": [[each.level, each.first, each.last] for each in stream.windows.buckets],
            }
            for _, stream in sorted(engine.streams.items())
        ],
    }


def _model_arrays(engine: ModelEngine) -> Arrays:
    open_summaries = [engine.open_blocks[block][key] for block, key in keys_of(engine.open_blocks)]
    streams = [stream for _, stream in sorted(engine.streams.items())]
    buckets = [bucket for stream in streams for bucket in stream.windows.buckets]
    arrays: Arrays = learning_arrays(engine.learners, taught_by(engine.learned), "")
    if engine.performance is not None:
        arrays |= performance_arrays(engine.performance)
    if open_summaries:
        arrays |= {f"open/{key}": value for key, value in stack(open_summaries).items()}
    if buckets:
        stacked = stack([bucket.summary for bucket in buckets]) | stack_sums(buckets)
        arrays |= {f"windows/{key}": value for key, value in stacked.items()}
        histories = [stream.adwin.state()[0] for stream in streams]
        arrays["adwin/history"] = np.concatenate(histories)
    return arrays


def _restore(settings: EngineSettings, meta: Mapping[str, Any], arrays: Arrays) -> ModelEngine:
    engine = ModelEngine(
        settings,
        first_open=meta["first_open"],
        rejects=Counter(meta["rejects"]),
        tombstones=meta["tombstones"],
        duplicates=meta["duplicates"],
        retest_records=meta.get("retest_records", 0),
    )
    for each in meta["partitions"]:
        engine.partitions[Partition(each["topic"], each["number"])] = PartitionState(
            versions=Versions(settings.grid.longest, each["versions"]),
            recent=RecentIds(each["recent"]),
            position=each["position"],
            newest_ms=each["newest_ms"],
            rows=each["rows"],
        )
    if "open/records" in arrays:
        opened = unstack(arrays_under(arrays, "open/"))
        for (block, version, segment), summary in zip(meta["open"], opened, strict=True):
            engine.open_blocks.setdefault(block, {})[version, segment] = summary
        for block, version, segment, worst in meta["open_far"]:
            engine.open_far.setdefault(block, {})[version, segment] = worst_from(worst)
    engine.learners = learners_from(meta["learners"], arrays, "", settings.warm_up)
    for segment, calibration in taught_from(meta["learned"], arrays, "").items():
        learned = settings.baselines[segment].learned
        engine.use(segment, replace(learned, calibration=calibration))
    if settings.performance is not None:
        engine.performance = performance_from(settings.performance, meta["performance"], arrays)
    if "windows/records" in arrays:
        _restore_streams(engine, meta, arrays)
    return engine


def _restore_streams(engine: ModelEngine, meta: Mapping[str, Any], arrays: Arrays) -> None:
    settings = engine.settings
    windows = arrays_under(arrays, "windows/")
    summaries = iter(unstack(windows))
    sums = unstack_sums(windows)
    history = arrays["adwin/history"]
    at = 0
    for each in meta["streams"]:
        buckets = tuple(
            Bucket(level, first, last, next(summaries).narrow, *next(sums))
            for level, first, last in each["buckets"]
        )
        past = history[at : at + each["history"]]
        at += each["history"]
        key = (each["version"], each["segment"])
        baseline = engine.baseline(each["segment"])
        floor = baseline.learned.floor(settings.budget)
        engine.streams[key] = Stream(
            settings=settings.streams,
            version=each["version"],
            segment=each["segment"],
            baseline=baseline,
            watch=watch_from(each["watch"], Detector(baseline.ratios), settings.budget, floor),
            far=far_from(each["far"], settings.streams.longest_exported),
            shared=each["shared"],
            windows=Windows(settings.streams.longest, buckets),
            adwin=ScoreAdwin.restore(past, each["detections"]),
            records=each["records"],
            late=each["late"],
            blocks=Counter(each["blocks"]),
        )
        engine.outdated.add(key)
