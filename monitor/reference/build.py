"""Building a reference from data files, in two passes and bounded memory."""

import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np

from detectors.columns import Columns
from detectors.profile import MISSING, OTHER, Profile
from detectors.sample import Sample
from detectors.summarise import summarise
from detectors.summary import Summary, total
from monitor.engine.grouping import group
from monitor.reference.data_files import open_tables
from monitor.reference.file import Reference, reference_digest
from monitor.reference.levels import Levels
from monitor.reference.notes import describe_columns, describe_data
from monitor.reference.profile import make_profile
from monitor.reference.rows import Read, Reader, Rows
from monitor.reference.scan import Scan, Scanner
from monitor.reference.table import DataError
from monitor.schema import REST, Schema

BATCH_VALUES = 1 << 17
MOST_BATCH_ROWS = 1 << 16

Progress = Callable[[int, int], None]
"""Told the bytes read so far and those to read in all; every file is read twice."""


def build_reference(
    schema: Schema,
    data: Sequence[Path],
    *,
    segment_most: int = 20,
    segment_values: Sequence[str] | None = None,
    progress: Progress = lambda done, size: None,  # noqa: ARG005
    created: datetime | None = None,
    seed: int = 0,
) -> Reference:
    """Return the reference of the rows in some files, folders and globs.

    segment_values: the segments that get a summary of their own; the ``segment_most`` most
    frequent ones where it is None. created: the time to write down. seed: with the schema, it
    decides which rows are sampled and the kernels' frequencies. The first pass samples rows
    for quantiles and scales and finds ranges and levels, the second one summarises every row.
    So equal rows in equal order give equal digests, however files and batches cut them.
    Raises DataError where data are missing, damaged or do not have the schema's fields.
    """
    data_pass = _Pass([Reader.of(schema, table) for table in open_tables(data)], progress)
    key = (int(schema.digest, 16) + seed) % 2**64
    scan = _scan(schema, data_pass, key)
    profile = make_profile(schema, scan, key)
    segments = _admit(scan.segments, segment_most, segment_values)
    *admitted, rest = _summarise(profile, replace(data_pass, second=True), segments)
    everything = total([*admitted, rest])
    if everything.records != scan.rows:
        raise DataError("the data changed while they were read; build from files at rest")
    by_segment = dict(zip(segments, admitted, strict=True))
    return Reference(
        profile=profile,
        schema_digest=schema.digest,
        total=everything,
        segments=by_segment,
        rest=rest,
        columns=describe_columns(schema, data_pass.readers[0].places, profile, scan, everything),
        notes=describe_data(scan, by_segment, rest),
        source=shlex.join(map(str, data)),
        created=created.isoformat(timespec="seconds") if created else "",
        digest=reference_digest(profile, schema.digest, everything, by_segment, rest),
    )


@dataclass(frozen=True, slots=True)
class _Pass:
    """Reads all rows of all tables, and tells how far it is."""

    readers: Sequence[Reader]
    progress: Progress
    second: bool = False

    def read(self) -> Iterator[Read]:
        """Yield all rows in batches."""
        sizes = [reader.table.path.stat().st_size for reader in self.readers]
        done = sum(sizes) if self.second else 0
        for reader, size in zip(self.readers, sizes, strict=True):
            for read in reader.read(_batch_rows(reader.schema)):
                yield read
                self.progress(done + read.position, 2 * sum(sizes))
            done += size


def _batch_rows(schema: Schema) -> int:
    width = len(schema.features) + 1 + sum(field.size for field in schema.embeddings)
    return max(1, min(MOST_BATCH_ROWS, BATCH_VALUES // width))


def _scan(schema: Schema, first: _Pass, key: int) -> Scan:
    scanner = Scanner(schema, key)
    for read in first.read():
        scanner.add(read)
    if not scanner.rows:
        files = ", ".join(str(reader.table.path) for reader in first.readers)
        if not scanner.no_prediction:
            raise DataError(f"{files}: there are no rows")
        raise DataError(
            f"{files}: no row has a usable prediction; write the model's answers beside the "
            "features, for what it predicts is monitored too"
        )
    return scanner.scan()


def _admit(found: Levels | None, most: int, wanted: Sequence[str] | None) -> tuple[str, ...]:
    """Return the segments that get a summary of their own, most frequent first."""
    if found is None:
        return ()
    names = [name for name in found.names if name not in ("", REST)]
    if wanted is None:
        return tuple(names[:most])
    absent = [name for name in wanted if name not in names]
    if absent and found.complete:
        raise DataError(
            f"no row is of segment {', '.join(absent)}; there are: {', '.join(names[:20])}; "
            "add rows of it, or take it out of records.segment.values"
        )
    return (*(name for name in names if name in wanted), *absent)


def _summarise(profile: Profile, second: _Pass, segments: Sequence[str]) -> list[Summary]:
    """Return the summary of each segment, then that of the rest."""
    codes = {name: code for code, name in enumerate(segments)}
    tables = [{name: code for code, name in enumerate(names)} for names in profile.levels]
    summaries = [Summary.empty(profile)] * (len(segments) + 1)
    for read in second.read():
        rows = read.rows
        nothing = np.zeros(len(rows), dtype=np.int64)
        placed = nothing
        if rows.segments is not None:
            placed = rows.segments.mapped(codes, len(segments), len(segments))
        columns = _columns(rows, tables)
        for part in group(columns, nothing, nothing.astype(np.bool_), nothing, placed):
            added = summaries[part.segment] + summarise(profile, part.columns)
            summaries[part.segment] = replace(added, sample=Sample.empty())
    return summaries


def _columns(rows: Rows, tables: Sequence[dict[str, int]]) -> Columns:
    codes = np.empty((len(rows), len(tables)), dtype=np.int16)
    for column, (texts, table) in enumerate(zip(rows.texts, tables, strict=True)):
        codes[:, column] = texts.mapped(table, OTHER, MISSING)
    places = np.arange(len(rows))
    return Columns(
        numeric=rows.numeric,
        codes=codes,
        embeddings=rows.embeddings,
        invalid=rows.invalid,
        score=np.full(len(rows), np.nan),
        hashes=places.astype(np.uint64),
        times=places,
        partitions=places,
        offsets=places,
    )
