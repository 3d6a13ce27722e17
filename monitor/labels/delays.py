"""How long labels took, as a histogram."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from detectors.counts import IntArray

_MINUTE, _HOUR, _DAY = 60, 3600, 86400

BOUNDS_S = (
    1,
    5,
    15,
    _MINUTE,
    5 * _MINUTE,
    15 * _MINUTE,
    _HOUR,
    3 * _HOUR,
    6 * _HOUR,
    12 * _HOUR,
    _DAY,
    2 * _DAY,
    4 * _DAY,
    7 * _DAY,
    14 * _DAY,
    28 * _DAY,
    56 * _DAY,
)
"""Upper bounds of the buckets, in seconds; one more has none."""


@dataclass(slots=True)
class Delays:
    """Label time less prediction time of joined pairs.

    counts: (bounds + 1,), pairs per bucket, not cumulated; the first one has those of labels
    that came before their predictions too. sum_ms: exact; such labels count as no delay.
    """

    counts: IntArray = field(default_factory=lambda: np.zeros(len(BOUNDS_S) + 1, dtype=np.int64))
    sum_ms: int = 0

    def add(self, delays_ms: IntArray) -> None:
        """Count pairs."""
        places = np.searchsorted(np.array(BOUNDS_S) * 1000, delays_ms)
        self.counts += np.bincount(places, minlength=len(self.counts))
        self.sum_ms += int(np.maximum(delays_ms, 0).sum())

    def __add__(self, other: "Delays") -> "Delays":
        return Delays(self.counts + other.counts, self.sum_ms + other.sum_ms)

    def meta(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {"counts": self.counts.tolist(), "sum_ms": self.sum_ms}

    @classmethod
    def from_meta(cls, meta: Mapping[str, Any]) -> "Delays":
        """Return the histogram that ``meta`` was told of."""
        return cls(np.array(meta["counts"], dtype=np.int64), meta["sum_ms"])
