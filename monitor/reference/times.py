"""From a column of a data file to event times, however the file writes them."""

from contextlib import suppress
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from detectors.counts import IntArray
from monitor.decode.event_time import INVALID, PER_SECOND, column_of, milliseconds
from monitor.reference.values import Column
from monitor.schema import TimeUnit

ISO = TimeUnit.ISO8601


def times(column: Column, unit: TimeUnit) -> IntArray:
    """Return a column as whole milliseconds since 1970; (n,), negative where there is no time.

    unit: of numbers, which are in ms where it is ISO8601; Arrow's dates and timestamps have their
    own. A text may be ISO 8601, without an offset in UTC, or a number, whatever the unit.
    """
    if isinstance(column, pa.Array):
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        if pa.types.is_date(column.type) or pa.types.is_timestamp(column.type):
            return _of_moments(column)
        column = column.to_pylist()
    counted = unit if unit in PER_SECOND else None
    kinds = set(map(type, column))
    if kinds in ({int}, {float}):
        return column_of(column, counted or TimeUnit.MILLISECONDS)
    if kinds == {str} and counted is None:
        found = column_of(column, ISO)
        for row in np.flatnonzero(found < 0).tolist():
            found[row] = _of_text(column[row], counted)
        return found
    return np.array([_time(value, counted) for value in column], dtype=np.int64)


def _of_moments(column: pa.Array) -> IntArray:
    if pa.types.is_date(column.type):
        column = column.cast(pa.timestamp("ms"))
    numbers = column.cast(pa.int64()).fill_null(INVALID)
    return column_of(numbers.to_pylist(), TimeUnit(column.type.unit))


def _time(value: Any, unit: TimeUnit | None) -> int:
    return _of_text(value, unit) if isinstance(value, str) else _of_number(value, unit)


def _of_text(text: str, unit: TimeUnit | None) -> int:
    """Return a text as ISO 8601 or as a number; as a number first where those have a unit."""
    read = [milliseconds(text, ISO), _of_number(_read(text), unit)]
    return next((each for each in (read[::-1] if unit else read) if each >= 0), INVALID)


def _of_number(value: Any, unit: TimeUnit | None) -> int:
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return INVALID
    return milliseconds(value, unit or TimeUnit.MILLISECONDS)


def _read(text: str) -> int | float | None:
    for kind in (int, float):
        with suppress(ValueError):
            return kind(text)
    return None
