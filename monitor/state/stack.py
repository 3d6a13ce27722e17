"""Summaries as a few stacked arrays, for files."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.counts import FloatArray, IntArray
from detectors.directions import DerivedSums
from detectors.evidence.observed import Observed
from detectors.grids import SUM_GRID
from detectors.places import NOWHERE, Places
from detectors.sample import Sample
from detectors.summary import Summary
from detectors.windows import Bucket

Arrays = dict[str, NDArray[Any]]

_HALF = 16
"""Bits of a count that are stored of every summary; the others of those that have any."""

_ARRAYS = (
    "invalid",
    "outside",
    "sums",
    "squares",
    "low",
    "high",
    "kernel",
    "kernel_records",
)
_OUTLYING = "outlying"
_PLACED, _PLACES = "placed", "places"
_DERIVED = tuple(field.name for field in fields(DerivedSums))
_SAMPLE = tuple(field.name for field in fields(Sample))


def stack(summaries: Sequence[Summary]) -> Arrays:
    """Return one or more summaries of one profile as arrays with a leading axis for them.

    Integers are stored in as few bytes as they need. Samples, which differ in length, lie
    end to end, with their lengths beside them.
    """
    arrays: Arrays = {
        name: narrowed(np.stack([getattr(each, name) for each in summaries])) for name in _ARRAYS
    }
    arrays |= _split_counts(np.stack([each.counts for each in summaries]))
    arrays["records"] = np.array([each.records for each in summaries], dtype=np.int64)
    arrays["late"] = np.array([each.late for each in summaries], dtype=np.int64)
    if any(each.outlying for each in summaries):  # files were written before it was counted
        arrays[_OUTLYING] = np.array([each.outlying for each in summaries], dtype=np.int64)
    for name in _DERIVED:
        stacked = np.stack([getattr(each.derived, name) for each in summaries])
        arrays[f"derived_{name}"] = narrowed(stacked)
    if any(each.places.ranges for each in summaries):
        arrays |= stack_places([each.places for each in summaries])
    return arrays | stack_samples([each.sample for each in summaries])


def unstack(arrays: Mapping[str, NDArray[Any]]) -> list[Summary]:
    """Return the summaries that ``stack`` made the arrays from."""
    samples = unstack_samples(arrays)
    wide = {name: widened(arrays[name]) for name in _ARRAYS} | {"counts": _joined_counts(arrays)}
    derived = {name: widened(arrays[f"derived_{name}"]) for name in _DERIVED}
    outlying = arrays.get(_OUTLYING, np.zeros(len(samples), dtype=np.int64))
    places = unstack_places(arrays) if _PLACED in arrays else [NOWHERE] * len(samples)
    return [
        Summary(
            records=int(arrays["records"][at]),
            late=int(arrays["late"][at]),
            outlying=int(outlying[at]),
            derived=DerivedSums(**{name: derived[name][at] for name in _DERIVED}),
            sample=sample,
            places=places[at],
            **{name: each[at] for name, each in wide.items()},
        )
        for at, sample in enumerate(samples)
    ]


def stack_samples(samples: Sequence[Sample]) -> Arrays:
    """Return one or more samples end to end, with their lengths beside them."""
    arrays: Arrays = {"sampled": np.array([len(each.hashes) for each in samples], dtype=np.int64)}
    for name in _SAMPLE:
        parts = [getattr(each, name) for each in samples]
        arrays[f"sample_{name}"] = narrowed(np.concatenate(parts))
    return arrays


def unstack_samples(arrays: Mapping[str, NDArray[Any]]) -> list[Sample]:
    """Return the samples that ``stack_samples`` made the arrays from."""
    ends = np.cumsum(arrays["sampled"]).tolist()
    parts = {name: widened(arrays[f"sample_{name}"]) for name in _SAMPLE}
    return [
        Sample(**{name: parts[name][start:end] for name in _SAMPLE})
        for start, end in zip([0, *ends[:-1]], ends, strict=True)
    ]


def stack_places(places: Sequence[Places]) -> Arrays:
    """Return the ranges of one or more places end to end, with their numbers beside them."""
    rows = [each.rows for each in places]
    return {
        _PLACED: np.array([len(each) for each in rows], dtype=np.int64),
        _PLACES: np.array([row for each in rows for row in each], dtype=np.int64),
    }


def unstack_places(arrays: Mapping[str, NDArray[Any]]) -> list[Places]:
    """Return the places that ``stack_places`` made the arrays from."""
    ends = np.cumsum(arrays[_PLACED])[:-1]
    return [Places.of_rows(rows.tolist()) for rows in np.split(arrays[_PLACES], ends)]


def stack_sums(buckets: Sequence[Bucket[Any] | Observed]) -> Arrays:
    """Return what buckets hold beside their summaries; extra sums lie on the grid of SUM_GRID."""
    extra = np.stack([bucket.extra for bucket in buckets])
    return {
        "clock": np.stack([bucket.clock for bucket in buckets]),
        "extra": narrowed((extra * SUM_GRID).astype(np.int64)),
    }


def unstack_sums(arrays: Mapping[str, NDArray[Any]]) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Yield the clock and the extra sums of each bucket that ``stack_sums`` took."""
    yield from zip(arrays["clock"], arrays["extra"] / SUM_GRID, strict=True)


def _split_counts(counts: NDArray[Any]) -> Arrays:
    """Return counts in two parts, as most buckets of a histogram hold small ones."""
    wide = counts.astype(np.int64)
    high = wide >> _HALF
    large = np.flatnonzero(high.any(axis=(1, 2)))
    return {
        "counts": (wide & ((1 << _HALF) - 1)).astype(np.uint16),
        "counts_high": narrowed(high[large]),
        "counts_high_of": large,
    }


def _joined_counts(arrays: Mapping[str, NDArray[Any]]) -> IntArray:
    counts = arrays["counts"].astype(np.int64)
    counts[arrays["counts_high_of"]] += widened(arrays["counts_high"]) << _HALF
    return counts


def narrowed(values: NDArray[Any]) -> NDArray[Any]:
    """Return integers in as few bytes as they need, and all else as it is."""
    if values.dtype.kind != "i":
        return values
    low, high = int(values.min(initial=0)), int(values.max(initial=0))
    for kind in (np.int8, np.int16, np.int32):
        if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max:
            return values.astype(kind)
    return values.astype(np.int64)


def widened(values: NDArray[Any]) -> NDArray[Any]:
    """Return integers in eight bytes, and all else as it is."""
    return values.astype(np.int64) if values.dtype.kind == "i" else values
