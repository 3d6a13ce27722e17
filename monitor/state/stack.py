"""Summaries as a few stacked arrays, for files."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.directions import DerivedSums
from detectors.sample import Sample
from detectors.summary import Summary

Arrays = dict[str, NDArray[Any]]

_ARRAYS = (
    "counts",
    "invalid",
    "outside",
    "sums",
    "squares",
    "low",
    "high",
    "kernel",
    "kernel_records",
)
_DERIVED = tuple(field.name for field in fields(DerivedSums))
_SAMPLE = tuple(field.name for field in fields(Sample))


def stack(summaries: Sequence[Summary]) -> Arrays:
    """Return one or more summaries of one profile as arrays with a leading axis for them.

    Integers are stored in as few bytes as they need. Samples, which differ in length, lie
    end to end, with their lengths beside them.
    """
    arrays: Arrays = {
        name: _narrow(np.stack([getattr(each, name) for each in summaries])) for name in _ARRAYS
    }
    arrays["records"] = np.array([each.records for each in summaries], dtype=np.int64)
    arrays["late"] = np.array([each.late for each in summaries], dtype=np.int64)
    arrays["sampled"] = np.array([len(each.sample.hashes) for each in summaries], dtype=np.int64)
    for name in _DERIVED:
        stacked = np.stack([getattr(each.derived, name) for each in summaries])
        arrays[f"derived_{name}"] = _narrow(stacked)
    for name in _SAMPLE:
        parts = [getattr(each.sample, name) for each in summaries]
        arrays[f"sample_{name}"] = _narrow(np.concatenate(parts))
    return arrays


def unstack(arrays: Mapping[str, NDArray[Any]]) -> list[Summary]:
    """Return the summaries that ``stack`` made the arrays from."""
    ends = np.cumsum(arrays["sampled"]).tolist()
    starts = [0, *ends[:-1]]
    wide = {name: _widen(arrays[name]) for name in _ARRAYS}
    derived = {name: _widen(arrays[f"derived_{name}"]) for name in _DERIVED}
    sample = {name: _widen(arrays[f"sample_{name}"]) for name in _SAMPLE}
    return [
        Summary(
            records=int(arrays["records"][at]),
            late=int(arrays["late"][at]),
            derived=DerivedSums(**{name: derived[name][at] for name in _DERIVED}),
            sample=Sample(**{name: sample[name][start:end] for name in _SAMPLE}),
            **{name: wide[name][at] for name in _ARRAYS},
        )
        for at, (start, end) in enumerate(zip(starts, ends, strict=True))
    ]


def _narrow(values: NDArray[Any]) -> NDArray[Any]:
    if values.dtype.kind != "i":
        return values
    low, high = int(values.min(initial=0)), int(values.max(initial=0))
    for kind in (np.int8, np.int16, np.int32):
        if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max:
            return values.astype(kind)
    return values.astype(np.int64)


def _widen(values: NDArray[Any]) -> NDArray[Any]:
    return values.astype(np.int64) if values.dtype.kind == "i" else values
