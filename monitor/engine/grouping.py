"""Splitting a batch into the records of each stream and block."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from detectors.columns import Columns
from detectors.counts import BoolArray, IntArray
from detectors.places import Places
from detectors.sample import record_hashes
from detectors.summary import Summary
from monitor.decode.batch import Batch
from monitor.sources.source import Partition


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
    keys = Keys.of(blocks, versions, segments)
    if keys.are_one:
        yield Group(*keys.parts(int(keys.values[0])), replace(columns, late=int(late.sum())))
        return
    order, runs = keys.runs()
    moved = _take(columns, order)
    late = late[order]
    for key, rows in runs:
        yield Group(*keys.parts(key), _rows(moved, rows, int(late[rows].sum())))


def places_by_group(
    blocks: IntArray, versions: IntArray, segments: IntArray
) -> Iterator[tuple[int, int, int, IntArray]]:
    """Yield block, version and segment of each group, and the places of its records."""
    if not len(blocks):
        return
    keys = Keys.of(blocks, versions, segments)
    order, runs = keys.runs()
    for key, rows in runs:
        yield *keys.parts(key), order[rows]


def chosen(columns: Columns, places: IntArray) -> Columns:
    """Return the columns of some records, without their invalid values."""
    return Columns(
        numeric=columns.numeric[places],
        codes=columns.codes[places],
        embeddings=tuple(each[places] for each in columns.embeddings),
        invalid=columns.invalid[:0],
        score=columns.score[places],
        hashes=columns.hashes[places],
        times=columns.times[places],
        partitions=columns.partitions[places],
        offsets=columns.offsets[places],
    )


def placed(summary: Summary, partition: Partition, columns: Columns) -> Summary:
    """Return the summary of one record or more of a partition, with where they lie in it."""
    ends = int(columns.offsets.min()), int(columns.offsets.max())
    return replace(summary, places=Places({partition.key: ends}))


@dataclass(frozen=True, slots=True)
class Keys:
    """Block, version and segment of records as one number each; values: (n,)."""

    values: IntArray
    first: int
    versions: int
    segments: int

    @classmethod
    def of(cls, blocks: IntArray, versions: IntArray, segments: IntArray) -> "Keys":
        """Return the keys of one record or more."""
        first = int(blocks.min())
        width = (int(versions.max()) + 1, int(segments.max()) + 1)
        values = ((blocks - first) * width[0] + versions) * width[1] + segments
        return cls(values, first, *width)

    @property
    def are_one(self) -> bool:
        """Whether all records are of one group."""
        values = self.values
        return bool(values[0] == values[-1] and (values == values[0]).all())

    def runs(self) -> tuple[IntArray, list[tuple[int, slice]]]:
        """Return the order that sorts records by their keys, and where each key lies in it."""
        order = np.argsort(self.values, kind="stable")
        ordered = self.values[order]
        starts = np.flatnonzero(np.diff(ordered, prepend=ordered[0] - 1))
        ends = np.append(starts[1:], len(ordered))
        rows = map(slice, starts.tolist(), ends.tolist())
        return order, list(zip(ordered[starts].tolist(), rows, strict=True))

    def parts(self, key: int) -> tuple[int, int, int]:
        """Return the block, version and segment of a key."""
        rest, segment = divmod(key, self.segments)
        block, version = divmod(rest, self.versions)
        return self.first + block, version, segment


def _take(columns: Columns, order: IntArray) -> Columns:
    places = np.empty(len(order), dtype=np.int64)
    places[order] = np.arange(len(order))
    invalid = columns.invalid.copy()
    invalid[:, 0] = places[invalid[:, 0]]
    return replace(chosen(columns, order), invalid=invalid)


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
