"""The records that a re-test begins from: the evaluation set, or recent production records."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from detectors.counts import FloatArray
from detectors.robustness.answers import Task
from detectors.robustness.space import Space, Values
from detectors.robustness.table import Column, Sample, Table
from monitor.config.model import ModelConfig
from monitor.reference.data_files import open_tables
from monitor.reference.labels import labels
from monitor.reference.table import DataError, Place, RawBatch, find_column, find_columns
from monitor.reference.table import Table as DataFile
from monitor.reference.values import Column as Raw
from monitor.reference.values import Texts, numbers, texts, vectors
from monitor.schema import Field, Kind, LabelSchema

ROWS_AT_ONCE = 1 << 14
MOST_ROWS = 1_000_000
"""Of an evaluation set; more would only wait in memory to be left out."""


def evaluation_sample(
    model: ModelConfig, task: Task, most: int, rng: np.random.Generator
) -> Sample:
    """Return a sample of the evaluation set, in the order of its rows.

    Raises DataError where it cannot be read, has no such columns, or no row with a label.
    """
    if model.evaluation is None:
        raise DataError("evaluation: no evaluation set is configured; name its data")
    schema = model.evaluation_labels
    files = open_tables([model.evaluation.data])
    found = _joined([_sample(model, task, schema, file) for file in files])
    if found.labels is not None and np.isnan(found.labels).all():
        raise DataError(f"{model.evaluation.data}: no row has a label that can be used")
    if found.labels is not None:
        found = found.take(np.flatnonzero(~np.isnan(found.labels)))
    return _some(found, most, rng)


def production_sample(
    file: Path, model: ModelConfig, task: Task, most: int, rng: np.random.Generator
) -> Sample:
    """Return a sample of recent production records, without labels.

    file: of raw records, one a line. Raises DataError where there is none yet.
    """
    if not file.exists() or not file.stat().st_size:
        raise DataError("there are no recent production records yet; wait for traffic")
    return _some(
        _joined([_sample(model, task, None, each) for each in open_tables([file])]), most, rng
    )


def out_of_distribution(sample: Sample, space: Space) -> Sample:
    """Return the records with a number outside of its range in the reference."""
    found = np.zeros(len(sample), dtype=np.bool_)
    for each in space.features:
        column = sample.table.columns[each.name]
        if each.values is Values.NUMERIC and column.dtype != object:
            found |= (column < each.low) | (column > each.high)
    return sample.take(np.flatnonzero(found))


def _some(sample: Sample, most: int, rng: np.random.Generator) -> Sample:
    if len(sample) <= most:
        return sample
    return sample.take(np.sort(rng.choice(len(sample), most, replace=False)))


def _sample(model: ModelConfig, task: Task, schema: LabelSchema | None, file: DataFile) -> Sample:
    fields = list(model.schema.features)
    places = find_columns(file, fields)
    beside = {
        "id": None if model.records.id is None else find_column(file, model.records.id, False),
        "label": None if schema is None else find_column(file, schema.path, True),
        "segment": _segment_place(model, file),
    }
    wanted = [place for place in beside.values() if place is not None]
    read: list[RawBatch] = []
    for batch in file.read([*places, *wanted], ROWS_AT_ONCE):
        read.append(batch)
        if sum(each.rows for each in read) > MOST_ROWS:
            raise DataError(f"{file.path}: more than {MOST_ROWS:,} rows; keep fewer for re-tests")
    columns = [_whole([batch.columns[at] for batch in read]) for at in range(len(places + wanted))]
    typed = {
        field.name: _typed(field, column, file.parse)
        for field, column in zip(fields, columns, strict=False)
    }
    names = [name for name, place in beside.items() if place is not None]
    others = dict(zip(names, columns[len(places) :], strict=True))
    rows = sum(each.rows for each in read)
    found_labels = None
    if schema is not None:
        found_labels = _codes(labels(schema, others["label"], file.parse), task, rows)
    return Sample(
        ids=_ids(others.get("id"), rows),
        table=Table(typed),
        labels=found_labels,
        segments=_texts(others["segment"], rows) if "segment" in others else None,
    )


def _segment_place(model: ModelConfig, file: DataFile) -> Place | None:
    segment = model.records.segment
    return None if segment is None else find_column(file, segment.field, False)


def _whole(parts: Sequence[Raw]) -> Raw:
    arrays = [part for part in parts if isinstance(part, pa.Array)]
    if arrays and len(arrays) == len(parts) and len({each.type for each in arrays}) == 1:
        return pa.concat_arrays(arrays)
    values: list[Any] = []
    for part in parts:
        values += part.to_pylist() if isinstance(part, pa.Array) else part
    return values


def _typed(field: Field, column: Raw, parse: bool) -> Column:
    match field.kind:
        case Kind.NUMERIC:
            return numbers(column, field.integer, parse)[0]
        case Kind.EMBEDDING:
            return vectors(column, field.size, parse)[0]
        case Kind.BOOLEAN:
            read = texts(column, True, parse)[0]
            said = read.at(np.arange(len(read.codes)))
            truth = {"true": True, "false": False}
            return np.array([truth.get(value) for value in said], dtype=object)
    return _texts(column, len(column))


def _texts(column: Raw, rows: int) -> NDArray[np.object_]:
    return texts(column, False, False)[0].at(np.arange(rows))


def _ids(column: "Raw | None", rows: int) -> NDArray[np.object_]:
    numbered = np.array([f"row-{row}" for row in range(rows)], dtype=object)
    if column is None:
        return numbered
    told = _texts(column, rows)
    return np.where(told == None, numbered, told)  # noqa: E711  # elementwise


def _codes(found: FloatArray | Texts, task: Task, rows: int) -> FloatArray:
    """Return labels as outcomes; a class that the task lacks is one that is never answered."""
    if not isinstance(found, Texts):
        return found
    codes = {name: code for code, name in enumerate(task.classes)}
    mapped = found.mapped(codes, len(task.classes), -1).astype(np.float64)
    mapped[mapped < 0] = np.nan
    assert len(mapped) == rows
    return mapped


def _joined(samples: Sequence[Sample]) -> Sample:
    if len(samples) == 1:
        return samples[0]
    with_labels = [each.labels for each in samples if each.labels is not None]
    with_segments = [each.segments for each in samples if each.segments is not None]
    return Sample(
        ids=np.concatenate([each.ids for each in samples]),
        table=Table.joined([each.table for each in samples]),
        labels=np.concatenate(with_labels) if len(with_labels) == len(samples) else None,
        segments=np.concatenate(with_segments) if len(with_segments) == len(samples) else None,
    )
