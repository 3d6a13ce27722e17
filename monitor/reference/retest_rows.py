"""Rows of logged traffic that re-tests caused, told as the decoder tells live records."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from detectors.counts import BoolArray
from monitor.reference.table import Place, Table, find_column
from monitor.reference.values import Column
from monitor.schema import Path, Schema


@dataclass(frozen=True, slots=True)
class RetestRows:
    """Where the marks of re-tests lie in a table; a place is None where it has no such column.

    id: of a row, which a re-test's begins with ``id_prefix``. field: that is there, and neither
    null nor false, for re-tests only. parse: as a Table's.
    """

    id_prefix: str
    id: Place | None
    field: Place | None
    parse: bool

    @classmethod
    def of(cls, schema: Schema, table: Table) -> "RetestRows":
        """Find the marks; raises DataError where a column of them is there twice."""
        if schema.marks is None:
            return cls("", None, None, table.parse)
        marks = schema.marks
        record_id, field = _find(table, schema.id), _find(table, marks.field)
        return cls(marks.id_prefix, record_id, field, table.parse)

    @property
    def places(self) -> list[Place]:
        """Return the columns that it takes to tell."""
        return [place for place in (self.id, self.field) if place is not None]

    def marked(self, columns: Sequence[Column], rows: int) -> BoolArray:
        """Tell which rows bear a mark; columns: those at ``places``, of so many rows."""
        left, found = list(columns), np.zeros(rows, np.bool_)
        if self.id is not None:
            found |= _begins_with(left.pop(0), self.id_prefix)
        if self.field is not None:
            found |= _is_set(left.pop(0), self.parse)
        return found


def _find(table: Table, path: Path | None) -> Place | None:
    if path is None:
        return None
    found = find_column(table, path, required=False)
    # A field of JSON that re-tests alone have need not show in the first records.
    return path if found is None and not table.parse else found


def _begins_with(column: Column, prefix: str) -> BoolArray:
    if isinstance(column, list):
        found = [isinstance(value, str) and value.startswith(prefix) for value in column]
        return np.array(found, dtype=np.bool_)
    column = _plain(column)
    if not _is_text(column):
        return np.zeros(len(column), dtype=np.bool_)
    return _as_bools(pc.starts_with(column, prefix))


def _is_set(column: Column, parse: bool) -> BoolArray:
    if isinstance(column, list):
        found = [value is not None and value is not False for value in column]
        return np.array(found, dtype=np.bool_)
    column = _plain(column)
    if pa.types.is_boolean(column.type):
        return _as_bools(column)
    there = _as_bools(column.is_valid())
    if parse and _is_text(column):
        there &= ~_as_bools(pc.equal(pc.utf8_lower(column), "false"))
    return there


def _plain(column: pa.Array) -> pa.Array:
    """Return a column without dictionary, and texts in the one type that all functions take."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return column.cast(pa.string()) if pa.types.is_string_view(column.type) else column


def _is_text(column: pa.Array) -> bool:
    return bool(pa.types.is_string(column.type) or pa.types.is_large_string(column.type))


def _as_bools(column: pa.Array) -> BoolArray:
    found: BoolArray = np.array(pc.fill_null(column, False).to_numpy(zero_copy_only=False))
    return found
