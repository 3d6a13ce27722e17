"""The records farthest outside the support as plain values, for snapshots."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from detectors.worst import Worst
from monitor.engine.far_records import FarRecords

_REAL = ("excess", "value")
_WHOLE = ("row", "times", "partitions", "offsets")


def worst_meta(worst: Worst) -> dict[str, Any]:
    """Return some records as JSON can hold them, which has no infinity."""
    return {
        **{name: list(map(float.hex, getattr(worst, name).tolist())) for name in _REAL},
        **{name: getattr(worst, name).tolist() for name in _WHOLE},
        "ids": list(worst.ids),
    }


def worst_from(meta: Mapping[str, Any]) -> Worst:
    """Return the records that ``worst_meta`` was told of."""
    real = [np.array(list(map(float.fromhex, meta[name]))) for name in _REAL]
    whole = {name: np.array(meta[name], dtype=np.int64) for name in _WHOLE}
    return Worst(excess=real[0], value=real[1], ids=tuple(meta["ids"]), **whole)


def far_meta(far: FarRecords) -> dict[str, Any]:
    """Return what is kept of a stream's far records."""
    return {
        "period": far.period,
        "number": far.number,
        "newest": worst_meta(far.newest),
        "before": worst_meta(far.before),
    }


def far_from(meta: Mapping[str, Any], period: int) -> FarRecords:
    """Return what ``far_meta`` was told of; nothing where windows are of another length now."""
    if meta["period"] != period:
        return FarRecords(period)
    return FarRecords(
        period, meta["number"], worst_from(meta["newest"]), worst_from(meta["before"])
    )
