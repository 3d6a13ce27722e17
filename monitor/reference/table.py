"""The seam between data files and the build: tables whose columns are read in batches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

import pyarrow as pa

from monitor.schema import Field

Place = tuple[str, ...]
"""Where a column lies in a row: a column's name, then the names inside nested columns."""


class DataError(Exception):
    """Data cannot be built into a reference; the message says where and what to do."""


@dataclass(frozen=True, slots=True)
class RawBatch:
    """Consecutive rows of a file.

    columns: one for each place asked for; an Arrow array, or a list of mixed values.
    position: bytes of the file that lie before the next row, roughly.
    """

    rows: int
    columns: Sequence[pa.Array | list[Any]]
    position: int


class Table(Protocol):
    """One data file. Reading raises DataError where the file is damaged.

    parse: whether a text may stand for a number, a boolean or a vector, as in CSV, where
    everything is text. JSON's types are what live records will have, so there it may not.
    """

    parse: ClassVar[bool]

    @property
    def path(self) -> Path:
        """The file."""
        ...

    def places(self) -> list[Place]:
        """Return where values lie, outer columns before those nested in them."""
        ...

    def read(self, places: Sequence[Place], rows: int) -> Iterator[RawBatch]:
        """Yield the columns at some places, in batches of about so many rows."""
        ...


def find_columns(table: Table, fields: Sequence[Field]) -> list[Place]:
    """Return where each field lies in a table.

    A field is looked for as a column named by its dotted path, as a nested column at its path,
    as a column of its own name, and as one named by the last key of its path.
    Raises DataError, with the columns that are there, if one is in none of these places, or
    if its column is there twice.
    """
    there = table.places()
    found = [_find(field, there) for field in fields]
    twice = sorted({".".join(place) for place in found if place and there.count(place) > 1})
    if twice:
        raise DataError(f"{table.path}: more than one column is named {', '.join(twice)}")
    missing = [_told(field) for field, place in zip(fields, found, strict=True) if place is None]
    if missing:
        raise DataError(
            f"{table.path}: no column for {', '.join(missing)}; there are: {_names(there)}"
        )
    return [place for place in found if place is not None]


def find_column(table: Table, path: Place, required: bool) -> Place | None:
    """Return where a column lies in a table that may have none, such as the rows' time.

    It is looked for as a column named by its dotted path, as a nested column at its path, and
    as one named by the path's last key. Raises DataError if that column is there twice, or if it
    is required and not there.
    """
    there = table.places()
    wanted: list[Place] = [(".".join(path),), path, (path[-1],)]
    found = next((place for place in wanted if place in there), None)
    if found is not None and there.count(found) > 1:
        raise DataError(f"{table.path}: more than one column is named {'.'.join(found)}")
    if found is None and required:
        raise DataError(f"{table.path}: no column {'.'.join(path)}; there are: {_names(there)}")
    return found


def _find(field: Field, there: Sequence[Place]) -> Place | None:
    wanted: list[Place] = [
        (".".join(field.path),),
        field.path,
        (field.name,),
        (field.path[-1],),
    ]
    return next((place for place in wanted if place in there), None)


def _names(there: Sequence[Place]) -> str:
    return ", ".join(sorted({".".join(place) for place in there}))


def _told(field: Field) -> str:
    path = ".".join(field.path)
    return field.name if path == field.name else f"{field.name} ({path})"
