"""Splitting a batch into the records of each stream and block."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from detectors.columns import Columns
from detectors.counts import BoolArray, IntArray
from detectors.sample import record_hashes
from monitor.decode.batch import Batch


@dataclass(frozen=True, slots=True)
class Group:
    """The records of a batch that share a block, a version and a segment."""

    block: int
    version: int
    segment: int
    columns: Columns


def columns_of(batch: Batch) -> Columns:
    """Return the batch's columns with each record's place in the log and its sample hash."""
    key = batch.partition.key
    return Columns(
        numeric=batch.numeric,
        codes=batch.codes,
        embeddings=batch.embeddings,
        invalid=batch.invalid,
        score=batch.score,
        hashes=record_hashes(key, batch.offsets),
        times=batch.times,
        partitions=np.full(len(batch), key, dtype=np.int64),
        offsets=batch.offsets,
    )


def group(
    columns: Columns, blocks: IntArray, late: BoolArray, versions: IntArray, segments: IntArray
) -> Iterator[Group]:
    """Yield the groups of a batch, in order of block, version and segment.

    blocks, late, versions, segments: (n,), one entry per record.
    """
    if not len(columns):
        return
    first = int(blocks.min())
    width = (int(versions.max()) + 1, int(segments.max()) + 1)
    keys = ((blocks - first) * width[0] + versions) * width[1] + segments
    if keys[0] == keys[-1] and (keys == keys[0]).all():
        parts = [(int(keys[0]), replace(columns, late=int(late.sum())))]
    else:
        parts = list(_split(columns, keys, late))
    for key, part in parts:
        rest, segment = divmod(key, width[1])
        block, version = divmod(rest, width[0])
        yield Group(first + block, version, segment, part)


def _split(columns: Columns, keys: IntArray, late: BoolArray) -> Iterator[tuple[int, Columns]]:
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    starts = np.flatnonzero(np.diff(ordered, prepend=ordered[0] - 1))
    ends = np.append(starts[1:], len(ordered))
    moved = _take(columns, order)
    late = late[order]
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        rows = slice(start, end)
        yield int(ordered[start]), _rows(moved, rows, int(late[rows].sum()))


def _take(columns: Columns, order: IntArray) -> Columns:
    places = np.empty(len(order), dtype=np.int64)
    places[order] = np.arange(len(order))
    invalid = columns.invalid.copy()
    invalid[:, 0] = places[invalid[:, 0]]
    return Columns(
        numeric=columns.numeric[order],
        codes=columns.codes[order],
        embeddings=tuple(each[order] for each in columns.embeddings),
        invalid=invalid,
        score=columns.score[order],
        hashes=columns.hashes[order],
        times=columns.times[order],
        partitions=columns.partitions[order],
        offsets=columns.offsets[order],
    )


def _rows(columns: Columns, rows: slice, late: int) -> Columns:
    record = columns.invalid[:, 0]
    return Columns(
        numeric=columns.numeric[rows],
        codes=columns.codes[rows],
        embeddings=tuple(each[rows] for each in columns.embeddings),
        invalid=columns.invalid[(record >= rows.start) & (record < rows.stop)],
        score=columns.score[rows],
        hashes=columns.hashes[rows],
        times=columns.times[rows],
        partitions=columns.partitions[rows],
        offsets=columns.offsets[rows],
        late=late,
    )
