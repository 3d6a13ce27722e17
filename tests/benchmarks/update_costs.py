"""What others' detectors cost per value, in this process."""

import time
from collections.abc import Callable

import numpy as np
from river import drift
from scipy import stats


def nanoseconds_per_value() -> dict[str, float]:
    """Return the cost of one value for river's ADWIN and KSWIN and scipy's ks_2samp."""
    rng = np.random.default_rng(3)
    values = rng.random(20_000)
    reference, window = rng.standard_normal(20_000), rng.standard_normal(1_000)
    adwin, kswin = drift.ADWIN(), drift.KSWIN(seed=3)
    return {
        "river ADWIN, update": _timed(lambda: _feed(adwin, values.tolist()), len(values)),
        "river KSWIN, update": _timed(lambda: _feed(kswin, values[:1000].tolist()), 1000),
        "scipy ks_2samp, windows of 1,000": _timed(
            lambda: stats.ks_2samp(reference, window, method="asymp"), len(window)
        ),
    }


def _feed(detector: "drift.ADWIN | drift.KSWIN", values: list[float]) -> None:
    for value in values:
        detector.update(value)


def _timed(work: Callable[[], object], values: int) -> float:
    best = float("inf")
    for _ in range(3):
        started = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - started)
    return best / values * 1e9
