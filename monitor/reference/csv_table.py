"""CSV files, read as text so that one odd value does not spoil a column."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
from pyarrow import csv as arrow_csv

from monitor.reference.table import DataError, Place, RawBatch

BLOCK_BYTES = 1 << 20
"""Bytes parsed at a time; no row may be longer."""


@dataclass(frozen=True, slots=True)
class CsvTable:
    """A CSV file in UTF-8 with a header. An empty field is a missing value."""

    path: Path
    parse: ClassVar[bool] = True

    def places(self) -> list[Place]:
        """Return the names in the header."""
        with self.path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            try:
                names = next(csv.reader(file), [])
            except csv.Error as error:
                raise DataError(f"{self.path}: the header cannot be read: {error}") from error
        return [(name,) for name in names]

    def read(self, places: Sequence[Place], rows: int) -> Iterator[RawBatch]:  # noqa: ARG002
        """Yield the columns at some places; a batch has the rows of a block of text."""
        names = list(dict.fromkeys(place[0] for place in places))
        order = [names.index(place[0]) for place in places]
        options = arrow_csv.ConvertOptions(
            include_columns=names,
            column_types=dict.fromkeys(names, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
        )
        try:
            with (
                self.path.open("rb") as file,
                arrow_csv.open_csv(
                    file,
                    read_options=arrow_csv.ReadOptions(block_size=BLOCK_BYTES),
                    parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
                    convert_options=options,
                ) as reader,
            ):
                for batch in reader:
                    columns = [batch.column(place) for place in order]
                    yield RawBatch(batch.num_rows, columns, file.tell())
        except pa.ArrowInvalid as error:
            raise DataError(f"{self.path}: {_in_words(error)}") from error


def _in_words(error: pa.ArrowInvalid) -> str:
    if "straddl" in str(error):
        return f"a quote is never closed, or a row is longer than {BLOCK_BYTES:,} bytes"
    return str(error)
