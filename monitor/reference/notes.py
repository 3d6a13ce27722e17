"""What is odd about the data of a reference, and what that means for monitoring."""

from collections.abc import Iterator, Mapping
from math import sqrt

import numpy as np

from detectors.cells import OTHER, TOP_LEVELS
from detectors.counts import FloatArray
from detectors.profile import Profile
from detectors.summary import Summary
from monitor.decode.reasons import shown
from monitor.reference.file import ColumnReport
from monitor.reference.levels import MOST_LEVELS
from monitor.reference.rows import features_of
from monitor.reference.scan import SAMPLED_TEXTS, Scan
from monitor.reference.table import Place
from monitor.schema import CONFIDENCE, PREDICTION, Field, Kind, Schema

FEW_ROWS = 1_000
MOSTLY = 0.5


def describe_columns(
    schema: Schema, places: Mapping[str, Place], profile: Profile, scan: Scan, total: Summary
) -> tuple[ColumnReport, ...]:
    """Return a report on each feature, in the order in which features are numbered."""
    reports = []
    for row, field in enumerate(features_of(schema)):
        place = places[PREDICTION if field.name == CONFIDENCE else field.name]
        notes = [
            *_on_values(_present(profile, total, row), total.records),
            *_on_invalid(field, int(total.invalid[row]), scan.examples.get(field.name)),
        ]
        if row < len(profile.numeric):
            notes += _on_numbers(field, scan.numeric[:, row], total, row)
        elif row < len(profile.features):
            notes += _on_levels(profile, total, row)
        reports.append(ColumnReport(field.name, field.kind, ".".join(place), tuple(notes)))
    return tuple(reports)


def describe_data(scan: Scan, segments: Mapping[str, Summary], rest: Summary) -> tuple[str, ...]:
    """Return notes on the rows as a whole and on their segments."""
    notes = []
    if scan.rows < FEW_ROWS:
        notes.append(
            f"few rows ({scan.rows:,}): a KS distance below {_ks_noise(scan.rows):.2f} says "
            "nothing, however much traffic there is; build from more rows if there are any"
        )
    if scan.no_prediction:
        notes.append(
            f"rows without a usable prediction: {scan.no_prediction:,}; they are left out, as live "
            "records without one are rejected"
        )
    if scan.retests:
        notes.append(
            f"rows that re-tests caused (records.marks): {scan.retests:,}; they are left out, as "
            "live ones are"
        )
    few = [name for name, summary in segments.items() if summary.records < FEW_ROWS]
    if few:
        notes.append(
            f"fewer than {FEW_ROWS:,} rows are of segment {', '.join(few)}: only large changes "
            "can be told there"
        )
    if segments and rest.records:
        notes.append(f"rows of other segments, which share one stream: {rest.records:,}")
    return tuple(notes)


def _present(profile: Profile, total: Summary, row: int) -> int:
    if row < len(profile.features):
        return total.records - int(total.missing[row])
    return int(total.kernel_records[1 + row - len(profile.features)])


def _on_values(present: int, rows: int) -> Iterator[str]:
    if not present:
        yield "no value in any row: only its share of missing values can be compared"
    elif present < MOSTLY * rows:
        yield (
            f"{1 - present / rows:.0%} of the rows have no value: what is said of its values "
            f"rests on the other {present:,}"
        )


def _on_invalid(field: Field, invalid: int, example: object) -> Iterator[str]:
    if not invalid:
        return
    wanted = {
        Kind.NUMERIC: "whole number" if field.integer else "finite number",
        Kind.CATEGORICAL: "category",
        Kind.BOOLEAN: "boolean",
        Kind.EMBEDDING: f"vector of {field.size} numbers",
    }
    yield (
        f"values that are no {wanted[field.kind]}: {invalid:,}, the first is {shown(example)}; "
        "they count as missing and as invalid"
    )


def _on_numbers(field: Field, sample: FloatArray, total: Summary, row: int) -> Iterator[str]:
    low, high = total.low[row], total.high[row]
    if low == high:
        yield f"always {low:g}: any other value will show, but not how far it moved"
    elif low < high:
        value, share = _most_frequent(sample)
        if share > MOSTLY:
            yield f"{share:.0%} of the values are {value:g}, which has a bin of its own"
    outside = int(total.outside[row])
    if outside:
        yield (
            f"values outside the configured range {_range(field)}: {outside:,} "
            f"(all go from {low:g} to {high:g}); live ones are counted as outside too"
        )


def _on_levels(profile: Profile, total: Summary, row: int) -> Iterator[str]:
    place = row - len(profile.numeric)
    levels, others = profile.levels[place], profile.others[place]
    if others is None:
        yield (
            f"too many levels to keep (over {MOST_LEVELS:,}, or very long): the "
            f"{TOP_LEVELS} most frequent ones are those of {SAMPLED_TEXTS:,} sampled rows, and a "
            "level never seen cannot be told; leave ids and free text out"
        )
    elif others:
        share = total.counts[row, OTHER] / (total.records - total.missing[row])
        yield (
            f"{len(levels) + len(others)} levels: the {TOP_LEVELS} most frequent ones are "
            f"compared one by one, the others, {share:.0%} of the values, as one"
        )
    elif len(levels) == 1:
        yield f"always {shown(levels[0])}: anything else counts as never seen"


def _most_frequent(sample: FloatArray) -> tuple[float, float]:
    """Return the most frequent value of a sample that has some, and its share."""
    values, counts = np.unique(sample[~np.isnan(sample)], return_counts=True)
    return float(values[counts.argmax()]), float(counts.max() / counts.sum())


def _range(field: Field) -> str:
    low = "-inf" if field.low is None else f"{field.low:g}"
    high = "inf" if field.high is None else f"{field.high:g}"
    return f"[{low}, {high}]"


def _ks_noise(rows: int) -> float:
    """Return the mean KS distance of so many rows to their distribution."""
    return 0.87 / sqrt(rows)
