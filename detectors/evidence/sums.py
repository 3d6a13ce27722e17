"""Sums over windows: every suffix of a stream's buckets, seen through its reference's bets."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from detectors.counts import FloatArray, IntArray
from detectors.evidence.observed import Observed
from detectors.evidence.ratios import Ratios
from detectors.evidence.season import WEEKEND

Number = TypeVar("Number", np.float32, np.float64)

NOTHING: FloatArray = np.zeros(0)


@dataclass(frozen=True, slots=True)
class BucketSums:
    """Sums of one bucket, the season taken off.

    scaled: (streams,), sums of scores times Ratios.scales. whitened: (dimensions,), of every
    dense part in turn. rare: (bins,),
    records in each rare bin.
    """

    scaled: NDArray[np.float32]
    whitened: FloatArray
    rare: FloatArray

    @classmethod
    def of(cls, ratios: Ratios, bucket: Observed) -> "BucketSums":
        """Return the sums of a bucket."""
        vector = bucket.vector
        sums = ratios.streams.sums(vector, bucket.records) - ratios.season.sums(bucket.clock)
        return cls(
            scaled=(sums * ratios.scales).astype(np.float32),
            whitened=np.concatenate(
                [NOTHING, *(dense.whitening @ sums[dense.streams] for dense in ratios.dense)]
            ),
            rare=vector[ratios.rare.places],
        )


@dataclass(frozen=True, slots=True)
class WindowSums:
    """Sums of every window, shortest first.

    first: (windows,), each one's first block; all end with block ``last``. records: (windows,).
    weekend: (windows,), records of weekends. scaled: (windows, streams), whitened: (windows,
    dimensions), rare: (windows, bins).
    """

    first: IntArray
    last: int
    records: FloatArray
    weekend: FloatArray
    scaled: NDArray[np.float32]
    whitened: FloatArray
    rare: FloatArray

    @classmethod
    def of(cls, buckets: Sequence[Observed], rows: Sequence[BucketSums]) -> "WindowSums":
        """Add up buckets, newest first, with their sums; windows without a record are left out."""
        records = np.cumsum([float(bucket.records) for bucket in buckets])
        some = int(np.count_nonzero(records == 0))
        return cls(
            first=np.array([bucket.first for bucket in buckets])[some:],
            last=buckets[0].last,
            records=records[some:],
            weekend=np.cumsum([bucket.clock[WEEKEND] for bucket in buckets])[some:],
            scaled=_accumulated([row.scaled for row in rows])[some:],
            whitened=_accumulated([row.whitened for row in rows])[some:],
            rare=_accumulated([row.rare for row in rows])[some:],
        )

    @property
    def blocks(self) -> IntArray:
        """Length of each window; (windows,)."""
        return self.last - self.first + 1


def _accumulated(rows: Sequence[NDArray[Number]]) -> NDArray[Number]:
    """Return running sums of rows: many times faster than np.cumsum along the first axis."""
    sums = np.empty((len(rows), *rows[0].shape), dtype=rows[0].dtype)
    sums[0] = rows[0]
    for place in range(1, len(rows)):
        np.add(sums[place - 1], rows[place], out=sums[place])
    return sums
