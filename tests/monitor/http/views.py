"""Hand-made views: what the engine would publish."""

from dataclasses import replace
from functools import cache

import numpy as np

from detectors.cells import QUANTILE_BINS
from detectors.coarse import CoarseBins
from detectors.profile import Profile
from detectors.summary import Summary
from monitor.labels.delays import Delays
from monitor.labels.view import LabelsView
from monitor.sources.source import Partition, SourceStatus
from monitor.view import (
    AdwinView,
    AlarmView,
    BudgetView,
    CalibrationView,
    DiagnosisView,
    Drifted,
    EstimateView,
    EvidenceView,
    MeasureView,
    ModelView,
    PerformanceView,
    PerformanceWindowView,
    QuarantineView,
    ReferenceView,
    StreamView,
    View,
    WindowView,
    WorstRecord,
)
from tests.detectors.strategies import Table, profile_of

MINUTE_MS = 60_000
DAY_MS = 86_400_000
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
    """Return the view of a model with one stream, in which the first feature drifted."""
    told = {
        "name": name,
        "reference": "sha256:3f2a",
        "schema": "9c41",
        "budget": BudgetView(pages=1, tickets=10, period="30d", spent=0.0),
        "ignore_below": 0.05,
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

    There is a page, as the first feature, ``feature_0``, drifted. The numbers are drawn from
    ``seed``.
    """
    rng = np.random.default_rng(seed)
    entries = (*(f"feature_{number}" for number in range(features)), "")
    ratio = np.append(rng.random(features), np.nan)
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
        "evidence": some_evidence(),
        "page_threshold": 10.0,
        "ticket_threshold": 7.7,
        "alarm": an_alarm("page"),
        "inputs_alarm": an_alarm("page"),
        "calibration": a_calibration(),
        "feature_evidence": np.append(rng.random(features), np.nan),
        "feature_effect": np.append(rng.random(features) / 10, np.nan),
        "drifted": (a_drifted(),),
        "reference": a_reference(features),
    }
    return StreamView(**(told | changes))


def a_calm_stream(**changes) -> StreamView:
    """Return the view of a stream without an alarm, with a third of the evidence of a page."""
    return a_stream(
        **{
            "alarm": an_alarm(""),
            "inputs_alarm": an_alarm(""),
            "evidence": some_evidence(value=3.4),
            "drifted": (),
        }
        | changes
    )


def a_labelled_model(name: str = "credit", features: int = 4, **changes) -> ModelView:
    """Return the view of a model with labels: one stream, whose model became worse."""
    stream = a_stream(name, features=features, performance=a_performance(), diagnosis=a_diagnosis())
    return a_model(name, **{"streams": (stream,), "labels": some_labels()} | changes)


def a_performance(**changes) -> PerformanceView:
    """Return the performance of a binary model: 0.81 right, where the reference had 0.9."""
    told = {
        "pairs": 900,
        "last_block_end_ms": START_MS + MINUTE_MS,
        "classes": ("no", "yes"),
        "windows": tuple(a_performance_window(name) for name in ("block", "1h", "1d")),
        "evidence": some_evidence(value=5.0, kind="error", feature="", psi=float("nan")),
        "detections": {"page_hinkley": 2, "ddm": 0, "adwin": 1},
        "adwin": AdwinView(mean=0.19, width=700, detections=1),
        "state": "reference",
        "no_estimate": "",
        "alarm": an_alarm(""),
    }
    return PerformanceView(**(told | changes))


def a_performance_window(name: str = "1d", **changes) -> PerformanceWindowView:
    """Return a window in which accuracy is measured and estimated, and log_loss undefined."""
    nan = float("nan")
    told = {
        "name": name,
        "from_ms": START_MS,
        "to_ms": START_MS + MINUTE_MS,
        "pairs": 300,
        "unusable": 2,
        "predictions": 1024,
        "measures": {
            "accuracy": MeasureView(0.81, 0.77, 0.85, 0.9),
            "log_loss": MeasureView(nan, nan, nan, 0.25),
        },
        "estimates": {"accuracy": EstimateView(0.88, 0.86, 0.9, 0.9, 0.875, 0.81, -0.065, 0.02)},
        "confusion": np.array([[150, 30, 1], [27, 92, 0], [0, 0, 0]]),
    }
    return PerformanceWindowView(**(told | changes))


def a_diagnosis(kind: str = "concept_drift", **changes) -> DiagnosisView:
    """Return a diagnosis, sure of ``kind`` and half sure of a shift of the inputs."""
    told = {
        "degrees": {"covariate_shift": 0.5} | ({kind: 1.0} if kind else {}),
        "kind": kind,
        "words": "accuracy fell from 0.9 to 0.81 and the inputs did not move" if kind else "",
        "outside": 0.02,
        "worst": (
            WorstRecord("a1", "model_0", 0, 77, START_MS, "feature_0", "9000", 12.5),
            WorstRecord("a2", "model_0", 0, 78, START_MS, "feature_1", "gold", float("inf")),
        ),
    }
    return DiagnosisView(**(told | changes))


def some_labels(**changes) -> LabelsView:
    """Return what became of labels: 90 of 120 settled predictions were joined, 24 got none."""
    delays = Delays()
    delays.add(np.array([500, 3_000, 3_600_001]))
    told = {
        "labels": {"joined": 90, "late": 3},
        "predictions": {"joined": 90, "unlabelled": 24, "evicted": 6},
        "waiting_predictions": 40,
        "waiting_labels": 5,
        "oldest_ms": START_MS,
        "bytes": 8192,
        "delays": delays,
    }
    return LabelsView(**(told | changes))


def some_evidence(**changes) -> EvidenceView:
    """Return evidence of a shift of the first feature."""
    told = {
        "value": 13.3,
        "p_value": 0.0003,
        "kind": "location",
        "feature": "feature_0",
        "source": "windows",
        "from_ms": START_MS,
        "to_ms": START_MS + MINUTE_MS,
        "blocks": 1,
        "records": 1024,
        "effect": -0.41,
        "psi": 0.18,
    }
    return EvidenceView(**(told | changes))


def an_alarm(severity: str, **changes) -> AlarmView:
    """Return an alarm since the end of the first minute, or none; three were raised so far."""
    at_ms = START_MS + MINUTE_MS if severity else None
    told = {
        "severity": severity,
        "raised_ms": at_ms,
        "confirmed_ms": at_ms,
        "raised": {"ticket": 2, "page": 1},
    }
    return AlarmView(**(told | changes))


def a_calibration(state: str = "reference", **changes) -> CalibrationView:
    """Return a calibration by 14 days of the reference, or of another state."""
    told = {
        "state": state,
        "until_ms": START_MS + DAY_MS if state == "warming_up" else None,
        "days": 14.0,
        "inflation": {"block": 1.2, "1h": 3.5, "1d": float("inf")},
        "false_pages": 0.5,
    }
    return CalibrationView(**(told | changes))


def a_drifted(feature: str = "feature_0", **changes) -> Drifted:
    """Return a feature that drifted, as the listing names it."""
    told = {
        "feature": feature,
        "kind": "location",
        "value": 9.1,
        "effect": -0.41,
        "psi": 0.18,
        "from_ms": START_MS,
        "to_ms": START_MS + MINUTE_MS,
        "records": 1024,
        "words": "shifted down by 0.41 sd",
    }
    return Drifted(**(told | changes))


def a_window(name: str, features: int, rng: np.random.Generator) -> WindowView:
    """Return random statistics: the numeric ones for every feature, mmd2 for the joint entry."""

    def table() -> dict[str, np.ndarray]:
        values = {statistic: np.full(features + 1, np.nan) for statistic in STATISTICS}
        for statistic in NUMERIC:
            values[statistic][:features] = rng.random(features) / 10
        values["mmd2"][features] = rng.random() / 100
        return values

    summary = a_summary(features, 1024, rng)
    return WindowView(name, START_MS, START_MS + MINUTE_MS, 1024, table(), table(), summary)


@cache
def a_reference(features: int) -> ReferenceView:
    """Return a reference of 3200 records, whose features are uniform on 0 to 1."""
    profile = a_profile(features)
    summary = a_summary(features, 3200, None)
    return ReferenceView(profile, summary, CoarseBins.of(profile, summary.counts))


@cache
def a_profile(features: int) -> Profile:
    """Return the profile of features that are uniform on 0 to 1."""
    names = tuple(f"feature_{number}" for number in range(features))
    table = Table({name: np.arange(1001) / 1000 for name in names[:1]})
    one = profile_of(table)
    per_feature = {
        field: np.repeat(getattr(one, field), features, axis=0)
        for field in ("edges", "centre", "scale", "low", "high")
    }
    return replace(one, numeric=names, **per_feature)


def a_summary(features: int, records: int, rng: np.random.Generator | None) -> Summary:
    """Return records that are drawn into the bins of the reference; evenly without ``rng``."""
    profile = a_profile(features)
    empty = Summary.empty(profile)
    shares = np.full(QUANTILE_BINS, 1 / QUANTILE_BINS)
    counts = empty.counts.copy()
    counts[:, 1 : QUANTILE_BINS + 1] = (
        records * shares if rng is None else rng.multinomial(records, shares, features)
    )
    return replace(empty, records=records, counts=counts)
