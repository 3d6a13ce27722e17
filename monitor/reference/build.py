"""Building a reference from data files, in two passes and bounded memory."""

import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from detectors.prediction_kind import PredictionKind
from detectors.profile import Profile
from monitor.reference.calibration import Doing, learn
from monitor.reference.data_files import open_tables
from monitor.reference.file import Reference, reference_digest
from monitor.reference.levels import Levels
from monitor.reference.notes import describe_columns, describe_data
from monitor.reference.pair_scan import PairScan
from monitor.reference.pair_tally import PairTally
from monitor.reference.performance import learn_performance
from monitor.reference.performance_notes import describe_performance
from monitor.reference.plan import Plan
from monitor.reference.profile import make_profile
from monitor.reference.rows import Read, Reader
from monitor.reference.scan import Scan, Scanner
from monitor.reference.table import DataError
from monitor.reference.tally import Tally
from monitor.reference.time_notes import describe_time, shortage
from monitor.reference.unit_sums import most_units
from monitor.reference.units import Units
from monitor.schema import REST, LabelSchema, Schema, TimeField, TimeUnit

BATCH_VALUES = 1 << 17
MOST_BATCH_ROWS = 1 << 16

Progress = Callable[[int, int], None]
"""Told the bytes read so far and those to read in all; every file is read twice."""


def build_reference(
    schema: Schema,
    data: Sequence[Path],
    *,
    plan: Plan | None = None,
    labels: LabelSchema | None = None,
    time: str | None = None,
    segment_most: int = 20,
    segment_values: Sequence[str] | None = None,
    progress: Progress = lambda done, size: None,  # noqa: ARG005
    doing: Doing = lambda what: None,  # noqa: ARG005
    created: datetime | None = None,
    seed: int = 0,
) -> Reference:
    """Return the reference of the rows in some files, folders and globs.

    plan: what to calibrate for, where rows have an order; None leaves that out. labels: where the
    rows' labels lie, if the data have them; None leaves them out. time: the column
    of the rows' time, None for the schema's if the data have it. segment_values: the segments
    that get a summary of their own; the ``segment_most`` most frequent ones where it is None.
    created: the time to write down. seed: with the schema, it decides which rows are sampled
    and the kernels' frequencies. The first pass samples rows for quantiles and scales and finds
    ranges and levels, the second one summarises every row. So equal rows in equal order give
    equal digests, however files and batches cut them.
    Raises DataError where data are missing, damaged or do not have the schema's fields.
    """
    data_pass = _Pass(list(_readers(schema, data, plan, labels, time)), progress)
    key = (int(schema.digest, 16) + seed) % 2**64
    scanner = _scan(schema, data_pass, key)
    scan = scanner.scan()
    profile = make_profile(schema, scan, key)
    segments = _admit(scan.segments, segment_most, segment_values)
    units = _units(plan, scan, profile, len(segments) + 1)
    pair_scan = scanner.pairs.scan(profile)
    pairs = None
    if pair_scan is not None:
        pairs = PairTally(schema, profile, pair_scan, len(segments) + 1, units, key)
    tally = Tally(profile, segments, key, units, pairs)
    for read in data_pass.again(pair_scan).read():
        tally.add(read.rows)
    summaries = tally.summaries
    if summaries[""].records != scan.rows:
        raise DataError("the data changed while they were read; build from files at rest")
    lessons = learn(profile, tally, plan, doing)
    performance = None
    if pairs is not None:
        performance = learn_performance(tally, pairs, units, plan, doing)
    time_notes: Iterable[str] = ()
    if plan is not None:
        time_notes = describe_time(plan, scan, units, tally.untimed, lessons.left_out)
    by_segment = {name: summaries[name] for name in segments}
    total, rest = summaries[""], summaries[REST]
    built = Reference(
        profile=profile,
        schema_digest=schema.digest,
        total=total,
        segments=by_segment,
        rest=rest,
        columns=describe_columns(schema, data_pass.readers[0].places, profile, scan, total),
        notes=(
            *time_notes,
            *describe_data(scan, by_segment, rest),
            *describe_performance(labels, data_pass.labelled, scan.rows, pairs, performance),
        ),
        source=shlex.join(map(str, data)),
        created=created.isoformat(timespec="seconds") if created else "",
        digest="",
        learned=lessons.learned,
        block_ms=None if plan is None else plan.block,
        by_rows=plan is not None and plan.by_rows,
        pages=None if plan is None else plan.pages,
        page_blocks=None if plan is None else plan.page_blocks,
        days=None if scan.span is None else scan.span.days,
        records_per_block=lessons.records_per_block,
        performance=None if performance is None else performance.known,
    )
    return replace(built, digest=reference_digest(built))


def _readers(
    schema: Schema,
    data: Sequence[Path],
    plan: Plan | None,
    labels: LabelSchema | None,
    column: str | None,
) -> Iterator[Reader]:
    time = schema.time
    if column is not None:
        unit = TimeUnit.ISO8601 if time is None else time.unit
        time = TimeField(tuple(column.split(".")), unit)
    if plan is None or plan.by_rows:
        time = None
    for table in open_tables(data):
        reader = Reader.of(schema, table)
        if time is not None:
            reader = reader.timed(time, required=column is not None)
        yield reader if labels is None else reader.labelled(labels)


@dataclass(frozen=True, slots=True)
class _Pass:
    """Reads all rows of all tables, and tells how far it is."""

    readers: Sequence[Reader]
    progress: Progress
    second: bool = False

    @property
    def labelled(self) -> bool:
        """Whether any table has a column of labels."""
        return any(reader.labels is not None for reader in self.readers)

    def again(self, found: PairScan | None) -> "_Pass":
        """Return the second pass, with the probabilities of the classes that were found."""
        readers = self.readers
        if found is not None and found.task.kind is PredictionKind.PROBABILITIES:
            readers = [replace(reader, classes=found.task.classes) for reader in readers]
        return replace(self, readers=readers, second=True)

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
    width = len(schema.monitored) + 1 + sum(field.size for field in schema.embeddings)
    return max(1, min(MOST_BATCH_ROWS, BATCH_VALUES // width))


def _scan(schema: Schema, first: _Pass, key: int) -> Scanner:
    scanner = Scanner(schema, key)
    for read in first.read():
        scanner.add(read)
    if not scanner.rows:
        files = ", ".join(str(reader.table.path) for reader in first.readers)
        raise DataError(f"{files}: {_why_no_rows(scanner)}")
    return scanner


def _why_no_rows(scanner: Scanner) -> str:
    if scanner.no_prediction:
        return (
            "no row has a usable prediction; write the model's answers beside the features, for "
            "what it predicts is monitored too"
        )
    if scanner.retests:
        return (
            "every row bears a mark of re-tests (records.marks); build from what users sent, or "
            "correct the marks"
        )
    return "there are no rows"


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


def _units(plan: Plan | None, scan: Scan, profile: Profile, segments: int) -> Units | None:
    """Return the units that rows are counted in for a calibration, None where there is none."""
    if plan is None or shortage(plan, scan) is not None:
        return None
    first, last = 0, scan.rows - 1
    if scan.span is not None:
        first, last = scan.span.first_ms, scan.span.last_ms
    return Units.of(plan.block, plan.by_rows, first, last, most_units(profile, segments))
