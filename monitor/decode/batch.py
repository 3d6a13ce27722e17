"""A batch: the columns of one chunk's decoded records, and what could not be decoded."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from detectors.counts import FloatArray, IntArray
from monitor.sources.source import Partition


@dataclass(frozen=True, slots=True)
class Reject:
    """A record that could not be used at all: where it lies, why, and its bytes."""

    partition: Partition
    offset: int
    timestamp_ms: int | None
    reason: str
    error: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """Decoded records of one partition, in the log's order.

    offsets, times: (n,), position in the log and event time in ms.
    ids: record ids, None where a record has none. versions: the model version of each record.
    segments: (n,), index into the model's admitted segments; the last one is the rest.
    numeric: (n, numeric), nan where missing. codes: (n, categorical).
    embeddings: one (n, size) array each. invalid: (k, 2), (record, feature) pairs.
    score: (n,), the prediction in [0, 1].
    rejects: the records that are in none of these arrays.
    tombstones: records with a null value, which are skipped.
    retests: records that re-tests caused, which are dropped.
    chances: (n, classes), probabilities of the classes that the decoder was told of, a row of nan
    where they cannot be used; no class where nobody needs them.
    """

    partition: Partition
    offsets: IntArray
    times: IntArray
    ids: Sequence[object]
    versions: Sequence[str]
    segments: NDArray[np.int16]
    numeric: FloatArray
    codes: NDArray[np.int16]
    embeddings: tuple[FloatArray, ...]
    invalid: IntArray
    score: FloatArray
    rejects: Sequence[Reject]
    tombstones: int
    next_offset: int
    chances: FloatArray = field(default_factory=lambda: np.zeros((0, 0)))
    retests: int = 0

    def __len__(self) -> int:
        return len(self.offsets)


def joined(batches: Sequence[Batch]) -> Batch:
    """Return one or more batches of consecutive records of a partition as one batch."""
    first, *others = batches
    if not others:
        return first
    starts = np.cumsum([0, *map(len, batches[:-1])])
    shifts = [np.array([start, 0]) for start in starts.tolist()]
    return Batch(
        partition=first.partition,
        offsets=np.concatenate([each.offsets for each in batches]),
        times=np.concatenate([each.times for each in batches]),
        ids=[record_id for each in batches for record_id in each.ids],
        versions=[version for each in batches for version in each.versions],
        segments=np.concatenate([each.segments for each in batches]),
        numeric=np.concatenate([each.numeric for each in batches]),
        codes=np.concatenate([each.codes for each in batches]),
        embeddings=tuple(
            np.concatenate(parts)
            for parts in zip(*(each.embeddings for each in batches), strict=True)
        ),
        invalid=np.concatenate(
            [each.invalid + shift for each, shift in zip(batches, shifts, strict=True)]
        ),
        score=np.concatenate([each.score for each in batches]),
        rejects=[reject for each in batches for reject in each.rejects],
        tombstones=sum(each.tombstones for each in batches),
        next_offset=batches[-1].next_offset,
        chances=np.concatenate([each.chances for each in batches]),
        retests=sum(each.retests for each in batches),
    )
