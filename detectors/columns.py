"""Columns of decoded records: what a summary is made of."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.counts import FloatArray, IntArray

UInt64Array = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Columns:
    """Values of n records of one stream and block, typed and coded by a profile.

    numeric: (n, numeric features), nan where missing.
    codes: (n, categorical features), code of each value's level: 0.. for the top levels,
    OTHER, UNSEEN or MISSING of detectors.profile.
    embeddings: one (n, size) array per embedding feature, a row of nan where missing.
    invalid: (k, 2), one row (record, feature) per value that was there and could not be used;
    the value itself counts as missing. Features are numbered as in Profile.features, then
    the embeddings.
    score: (n,), each prediction as a number in [0, 1], nan where missing.
    hashes: (n,), the random priority of each record in the block's sample.
    times: (n,), event time in ms.
    partitions, offsets: (n,), where each record lies in the log; partitions are numbered by
    the caller in a way that survives restarts.
    late: how many of the records were late.
    """

    numeric: FloatArray
    codes: NDArray[np.int16]
    embeddings: tuple[FloatArray, ...]
    invalid: IntArray
    score: FloatArray
    hashes: UInt64Array
    times: IntArray
    partitions: IntArray
    offsets: IntArray
    late: int = 0

    def __len__(self) -> int:
        return len(self.times)
