"""Parquet files, read page by page so that a huge row group needs no huge memory."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from monitor.reference.table import DataError, Place, RawBatch

BUFFER_BYTES = 1 << 18
"""Bytes read ahead in each column, instead of the column's whole chunk."""


@dataclass(frozen=True, slots=True)
class ParquetTable:
    """A Parquet file; columns may lie inside structs."""

    path: Path
    parse: ClassVar[bool] = True

    def places(self) -> list[Place]:
        """Return the columns and the fields of structs, at any depth."""
        try:
            schema = parquet.read_schema(self.path)
        except (pa.ArrowException, OSError) as error:
            raise DataError(f"{self.path}: is no sound Parquet file: {error}") from error
        return [place for field in schema for place in _within(field)]

    def read(self, places: Sequence[Place], rows: int) -> Iterator[RawBatch]:
        """Yield the columns at some places, ``rows`` rows at a time or fewer."""
        size = self.path.stat().st_size
        done = 0
        try:
            with parquet.ParquetFile(self.path, buffer_size=BUFFER_BYTES, pre_buffer=False) as file:
                columns = list(dict.fromkeys(".".join(place) for place in places))
                for batch in file.iter_batches(rows, columns=columns):
                    done += batch.num_rows
                    yield RawBatch(
                        batch.num_rows,
                        [_column(batch, place) for place in places],
                        size * done // file.metadata.num_rows,
                    )
        except (pa.ArrowException, OSError) as error:
            raise DataError(f"{self.path}: cannot be read: {error}") from error


def _within(field: pa.Field) -> Iterator[Place]:
    yield (field.name,)
    if pa.types.is_struct(field.type):
        for inner in field.type:
            yield from ((field.name, *place) for place in _within(inner))


def _column(batch: pa.RecordBatch, place: Place) -> pa.Array:
    column = batch.column(batch.schema.get_field_index(place[0]))
    return pc.struct_field(column, list(place[1:])) if len(place) > 1 else column
