"""Event times: from what a record says to whole milliseconds since 1970."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import repeat
from operator import floordiv, sub
from typing import Any

import numpy as np

from detectors.counts import FloatArray, IntArray
from monitor.schema import TimeUnit

END_MS = 7_258_118_400_000
"""The year 2200. Times before 1970 or from then on are taken for wrong units or clocks."""

INVALID, MISSING = -1, -2
"""What stands for a time that cannot be used, and for one that is not there."""

PER_SECOND = {
    TimeUnit.SECONDS: 1,
    TimeUnit.MILLISECONDS: 1_000,
    TimeUnit.MICROSECONDS: 1_000_000,
    TimeUnit.NANOSECONDS: 1_000_000_000,
}

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def milliseconds(value: Any, unit: TimeUnit) -> int:
    """Return a time as whole milliseconds since 1970, INVALID or MISSING.

    Fractions of a millisecond are dropped; a float is first rounded to the microsecond, for
    0.001 s is no float. ISO 8601 without an offset is UTC.
    """
    if value is None:
        return MISSING
    if unit is TimeUnit.ISO8601:
        found = _parse(value)
    elif isinstance(value, float):
        found = _of_float(value, unit)
    else:
        found = value * 1_000 // PER_SECOND[unit]
    return found if 0 <= found < END_MS else INVALID


def column_of(values: Sequence[Any], unit: TimeUnit) -> IntArray:
    """Return ``milliseconds`` of each value, much faster; shape (values,)."""
    kinds = set(map(type, values))
    try:
        if kinds == {int}:
            return _of_integers(np.fromiter(values, np.int64, len(values)), unit)
        if kinds == {float}:
            return _of_floats(np.fromiter(values, np.float64, len(values)), unit)
        if kinds == {str}:
            return _of_texts(values)
    except (ValueError, TypeError, OverflowError):
        pass  # a single value is the cause; the others have to be told from it
    return np.array([milliseconds(value, unit) for value in values], dtype=np.int64)


def column_of_log(timestamps: IntArray | None, count: int) -> IntArray:
    """Return the log's own times of ``count`` records as event times; shape (count,).

    timestamps: (count,) in ms, negative where the log keeps none; None if it never does.
    """
    if timestamps is None:
        return np.full(count, MISSING)
    return np.where(timestamps < 0, MISSING, np.where(timestamps < END_MS, timestamps, INVALID))


def times_of_log(timestamps: IntArray | None, count: int, now_ms: int) -> tuple[IntArray, IntArray]:
    """Return the log's own times as event times, and the wall clock that judges them.

    timestamps: as in column_of_log. now_ms: the wall clock.
    """
    return column_of_log(timestamps, count), np.full(count, now_ms)


def times_of_records(
    values: Iterable[Any], unit: TimeUnit, timestamps: IntArray | None, now_ms: int
) -> tuple[IntArray, IntArray]:
    """Return the times that records say, and what judges them: the log's times or the clock.

    values: one of each record. timestamps, now_ms: as in times_of_log.
    """
    times = column_of(list(values), unit)
    if timestamps is None:
        return times, np.full(len(times), now_ms)
    return times, np.where(timestamps < 0, now_ms, timestamps)


def _of_float(value: float, unit: TimeUnit) -> int:
    micros = value * (1e6 / PER_SECOND[unit])
    return round(micros) // 1_000 if abs(micros) < END_MS * 1_000 else INVALID


def _parse(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return (aware - EPOCH) // MILLISECOND
    except (ValueError, OverflowError):
        return INVALID


def _of_integers(values: IntArray, unit: TimeUnit) -> IntArray:
    per = PER_SECOND[unit]
    valid = (values >= 0) & (values < END_MS // 1_000 * per)
    scaled = values // (per // 1_000) if per >= 1_000 else values * (1_000 // per)
    return np.where(valid, scaled, INVALID)


def _of_floats(values: FloatArray, unit: TimeUnit) -> IntArray:
    micros = np.rint(values * (1e6 / PER_SECOND[unit]))
    valid = (micros >= 0) & (micros < END_MS * 1_000)
    return np.where(valid, np.where(valid, micros, 0.0).astype(np.int64) // 1_000, INVALID)


def _of_texts(values: Sequence[str]) -> IntArray:
    since = map(sub, map(datetime.fromisoformat, values), repeat(EPOCH))
    found = np.fromiter(map(floordiv, since, repeat(MILLISECOND)), np.int64, len(values))
    return np.where((found >= 0) & (found < END_MS), found, INVALID)
