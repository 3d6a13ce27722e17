"""Rows of the data, typed as the decoder types live records."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import compress
from typing import Any

import numpy as np

from detectors.counts import BoolArray, FloatArray, IntArray
from detectors.prediction_kind import PredictionKind
from monitor.reference.labels import Labels, labels
from monitor.reference.retest_rows import RetestRows
from monitor.reference.table import Place, RawBatch, Table, find_column, find_columns
from monitor.reference.times import times
from monitor.reference.values import Column, Texts, chance_table, chances, numbers, texts, vectors
from monitor.schema import CONFIDENCE, PREDICTION, Field, Kind, LabelSchema, Schema, TimeField

SEGMENT = "segment"


@dataclass(frozen=True, slots=True)
class Rows:
    """Consecutive rows of a table, without those that have no usable prediction.

    numeric: (n, numeric), nan where missing. texts: one for each categorical feature.
    embeddings: one (n, size) array each. invalid: (k, 2), (row, feature) pairs, features
    numbered as in the schema's numeric, categorical and embeddings. segments: None where the
    schema has no segment. times: (n,) in ms, negative where a row has none that can be used;
    None where the table has no times. labels: None where the table has none. chances: (n, K), of
    the classes that the reader was told, nan where they cannot be used; None without them.
    """

    numeric: FloatArray
    texts: tuple[Texts, ...]
    embeddings: tuple[FloatArray, ...]
    invalid: IntArray
    segments: Texts | None
    times: IntArray | None = None
    labels: Labels | None = None
    chances: FloatArray | None = None

    def __len__(self) -> int:
        return len(self.numeric)


@dataclass(frozen=True, slots=True)
class Read:
    """Rows that were read, and what was left out of them.

    no_prediction: rows left out because live records like them would be rejected. retests: rows
    left out because re-tests caused them.
    examples: by name, the first value of a field that could not be used.
    position: bytes of the file that were read so far.
    """

    rows: Rows
    no_prediction: int
    examples: Mapping[str, Any]
    position: int
    retests: int = 0


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads a table's rows for a schema.

    places: where each of the fields lies in the table. time: of the rows, at its place in the
    table; None where the table has none, and so with labels. classes: of kind probabilities, those
    whose probabilities are wanted. retests: tells the rows that re-tests caused, which are left
    out before anything is judged by them.
    """

    schema: Schema
    table: Table
    places: Mapping[str, Place]
    retests: RetestRows
    time: TimeField | None = None
    labels: LabelSchema | None = None
    classes: tuple[str, ...] = ()

    @classmethod
    def of(cls, schema: Schema, table: Table) -> "Reader":
        """Find the schema's fields in a table; raises DataError if one is not there."""
        fields = [*schema.monitored, Field(PREDICTION, schema.prediction.path, Kind.NUMERIC)]
        if schema.segment:
            fields.append(Field(SEGMENT, schema.segment, Kind.CATEGORICAL))
        places = dict(zip((each.name for each in fields), find_columns(table, fields), strict=True))
        return cls(schema, table, places, RetestRows.of(schema, table))

    def timed(self, time: TimeField, required: bool) -> "Reader":
        """Return the same with the rows' time; raises DataError if it is required and not there."""
        place = find_column(self.table, time.path, required)
        return replace(self, time=None if place is None else TimeField(place, time.unit))

    def labelled(self, schema: LabelSchema) -> "Reader":
        """Return the same with the rows' labels, if the table has any."""
        place = find_column(self.table, schema.path, required=False)
        return replace(self, labels=None if place is None else replace(schema, path=place))

    def read(self, rows: int) -> Iterator[Read]:
        """Yield the table's rows, about so many at a time."""
        beside = [each.path for each in (self.time, self.labels) if each is not None]
        wanted = [*self.places.values(), *beside]
        for batch in self.table.read([*wanted, *self.retests.places], rows):
            marked = self.retests.marked(batch.columns[len(wanted) :], batch.rows)
            kept = _without(batch, marked) if marked.any() else batch
            yield replace(self._read(kept), retests=batch.rows - kept.rows)

    def _read(self, batch: RawBatch) -> Read:
        columns = dict(zip(self.places, batch.columns, strict=False))
        typed = _typed(self.schema, columns, self.table.parse)
        rows, answered = _rows(self.schema, typed, batch.rows)
        beside = list(batch.columns[len(self.places) :])
        if self.time is not None:
            rows = replace(rows, times=times(beside.pop(0), self.time.unit))
        if self.labels is not None:
            rows = replace(rows, labels=labels(self.labels, beside[0], self.table.parse))
        if self.classes:
            order = self.schema.prediction.classes
            table = chance_table(columns[PREDICTION], order, self.classes, self.table.parse)
            rows = replace(rows, chances=table)
        if not answered.all():
            rows = _only(rows, np.flatnonzero(answered))
        examples = {
            name: _value_at(columns[name], int(each.unusable.argmax()))
            for name, each in typed.items()
            if name in columns and each.unusable.any()
        }
        return Read(rows, batch.rows - len(rows), examples, batch.position)


def _without(batch: RawBatch, left_out: BoolArray) -> RawBatch:
    kept = ~left_out
    columns = [
        list(compress(column, kept)) if isinstance(column, list) else column.filter(kept)
        for column in batch.columns
    ]
    return RawBatch(int(kept.sum()), columns, batch.position)


@dataclass(frozen=True, slots=True)
class _Typed:
    """A field's values, missing ones marked as missing, and which values could not be used."""

    values: Any
    unusable: BoolArray


def _typed(schema: Schema, columns: Mapping[str, Column], parse: bool) -> dict[str, _Typed]:
    found = {}
    if schema.prediction.kind is PredictionKind.PROBABILITIES:
        classes = schema.prediction.classes
        confidence, names, unusable = chances(columns[PREDICTION], classes, parse)
        found = {CONFIDENCE: _Typed(confidence, unusable), PREDICTION: _Typed(names, unusable)}
    fields = [field for field in features_of(schema) if field.name not in found]
    found |= {field.name: _Typed(*_read(field, columns[field.name], parse)) for field in fields}
    if schema.segment:
        found[SEGMENT] = _Typed(*texts(columns[SEGMENT], False, parse))
    return found


def _read(field: Field, column: Column, parse: bool) -> tuple[Any, BoolArray]:
    match field.kind:
        case Kind.NUMERIC:
            return numbers(column, field.integer, parse)
        case Kind.EMBEDDING:
            return vectors(column, field.size, parse)
    return texts(column, field.kind is Kind.BOOLEAN, parse)


def _rows(schema: Schema, typed: Mapping[str, _Typed], rows: int) -> tuple[Rows, BoolArray]:
    """Return all rows, and which of them have a usable prediction."""
    numeric = np.empty((rows, len(schema.numeric)))
    for column, field in enumerate(schema.numeric):
        numeric[:, column] = typed[field.name].values
    wrong = [np.flatnonzero(typed[field.name].unusable) for field in features_of(schema)]
    feature = np.repeat(np.arange(len(wrong)), [len(each) for each in wrong])
    prediction = typed[PREDICTION].values
    found = Rows(
        numeric=numeric,
        texts=tuple(typed[field.name].values for field in schema.categorical),
        embeddings=tuple(typed[field.name].values for field in schema.embeddings),
        invalid=np.stack([np.concatenate(wrong), feature], axis=1),
        segments=typed[SEGMENT].values if schema.segment else None,
    )
    if isinstance(prediction, Texts):
        return found, prediction.codes >= 0
    return found, ~np.isnan(prediction)


def _only(rows: Rows, kept: IntArray) -> Rows:
    places = np.full(len(rows), -1)
    places[kept] = np.arange(len(kept))
    invalid = np.stack([places[rows.invalid[:, 0]], rows.invalid[:, 1]], axis=1)
    return Rows(
        numeric=rows.numeric[kept],
        texts=tuple(each.only(kept) for each in rows.texts),
        embeddings=tuple(each[kept] for each in rows.embeddings),
        invalid=invalid[invalid[:, 0] >= 0],
        segments=rows.segments and rows.segments.only(kept),
        times=None if rows.times is None else rows.times[kept],
        labels=None if rows.labels is None else _kept(rows.labels, kept),
        chances=None if rows.chances is None else rows.chances[kept],
    )


def _kept(labels: Labels, kept: IntArray) -> Labels:
    return labels.only(kept) if isinstance(labels, Texts) else labels[kept]


def features_of(schema: Schema) -> tuple[Field, ...]:
    """Return the fields in the order in which features are numbered."""
    return (*schema.numeric, *schema.categorical, *schema.embeddings)


def _value_at(column: Column, row: int) -> Any:
    value = column[row]
    return value if isinstance(column, list) else value.as_py()
