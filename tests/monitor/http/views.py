"""Hand-made views: what the engine would publish."""

import numpy as np

from monitor.sources.source import Partition, SourceStatus
from monitor.view import (
    AdwinView,
    Drifted,
    ModelView,
    QuarantineView,
    StreamView,
    View,
    WindowView,
)

MINUTE_MS = 60_000
START_MS = 1_767_571_200_000
"""2026-01-05T00:00:00Z."""

NUMERIC = ("ks", "psi", "js", "hellinger", "wasserstein", "mean_shift")
CATEGORICAL = ("psi", "js", "hellinger", "chi2_per_df", "cramers_v")
STATISTICS = tuple(dict.fromkeys((*NUMERIC, *CATEGORICAL, "mmd2")))


def a_view(count: int = 1, features: int = 4, **changes) -> View:
    """Return the view of a daemon that follows ``count`` models, a Kafka topic each."""
    partitions = [Partition(f"model_{number}", 0) for number in range(count)]
    told = {
        "models": tuple(a_model(f"model_{number}", features) for number in range(count)),
        "source_name": "kafka",
        "source": a_source(*partitions),
        "quarantine": QuarantineView(written=12, failures=1, dropped=2),
        "not_ready": "",
        "newest_record_ms": START_MS,
    }
    return View(**(told | changes))


def a_source(*partitions: Partition, **changes) -> SourceStatus:
    """Return the status of a source that is five records behind on each partition."""
    told = {
        "connected": True,
        "assigned": frozenset(partitions),
        "at_end": frozenset(),
        "lag": dict.fromkeys(partitions, 5),
        "bytes_total": 123_456,
        "errors_total": 3,
        "lost": {},
        "offset_resets": {},
        "rebalances": {"assigned": 1},
    }
    return SourceStatus(**(told | changes))


def a_model(name: str = "credit", features: int = 4, **changes) -> ModelView:
    """Return the view of a model with one stream, whose first feature has drifted."""
    told = {
        "name": name,
        "reference": "sha256:3f2a",
        "schema": "9c41",
        "thresholds": {"psi": 0.2, "ks": 0.1},
        "streams": (a_stream(name, features=features),),
        "rejects": {"malformed_json": 7},
        "tombstones": 2,
        "duplicates": 3,
        "watermark_ms": START_MS + 90_000,
        "open_blocks": 1,
    }
    return ModelView(**(told | changes))


def a_stream(
    model: str = "credit",
    version: str = "7",
    segment: str = "DE",
    features: int = 4,
    window_names: tuple[str, ...] = ("block", "1h", "1d"),
    seed: int = 0,
    **changes,
) -> StreamView:
    """Return the view of a stream of ``features`` numeric features and the joint entry.

    The first feature, ``feature_0``, has drifted. The numbers are drawn from ``seed``.
    """
    rng = np.random.default_rng(seed)
    entries = (*(f"feature_{number}" for number in range(features)), "")
    ratio = np.append(rng.random(features), np.nan)
    first = Drifted("feature_0", window_names[-1], "psi", 0.31, 0.01, "shifted up by 0.41 sd")
    told = {
        "model": model,
        "version": version,
        "segment": segment,
        "entries": entries,
        "records": 8124,
        "late": 4,
        "blocks": {"watermark": 9, "idle": 1},
        "last_block_end_ms": START_MS + MINUTE_MS,
        "windows": tuple(a_window(name, features, rng) for name in window_names),
        "missing": ratio,
        "invalid": ratio / 10,
        "unseen": np.full(features + 1, np.nan),
        "out_of_range": ratio / 20,
        "adwin": AdwinView(mean=0.25, width=800, detections=1),
        "drifted": (first,),
    }
    return StreamView(**(told | changes))


def a_window(name: str, features: int, rng: np.random.Generator) -> WindowView:
    """Return random statistics: the numeric ones for every feature, mmd2 for the joint entry."""

    def table() -> dict[str, np.ndarray]:
        values = {statistic: np.full(features + 1, np.nan) for statistic in STATISTICS}
        for statistic in NUMERIC:
            values[statistic][:features] = rng.random(features) / 10
        values["mmd2"][features] = rng.random() / 100
        return values

    return WindowView(name, START_MS, START_MS + MINUTE_MS, 1024, table(), table())
