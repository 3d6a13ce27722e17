"""Small tables in the formats that references are built from, and schemas for them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import csv, parquet

from detectors.directions import DerivedSums
from detectors.prediction_kind import PredictionKind
from monitor.reference.build import build_reference
from monitor.reference.file import Reference
from monitor.schema import Field, Kind, Prediction, Schema

DERIVED = tuple(field.name for field in fields(DerivedSums))
SCORE = Prediction(("score",), PredictionKind.REGRESSION)


def a_schema(
    prediction: Prediction = SCORE, segment: str | None = None, **kinds: Kind | Field
) -> Schema:
    """A schema with features of some kinds, each at the path of its name."""
    features = [
        kind if isinstance(kind, Field) else Field(name, (name,), kind)
        for name, kind in kinds.items()
    ]
    return Schema(tuple(features), prediction, segment=(segment,) if segment else None)


def mixed_table(rows: int, seed: int = 0) -> pa.Table:
    """Columns of every kind, with missing values; texts and numbers that CSV keeps apart."""
    rng = np.random.default_rng(seed)
    gone = rng.random(rows) < 0.1
    plans = np.array(["free", "pro", 'größte, "beste"', "x\ny"])[rng.integers(4, size=rows)]
    return pa.table(
        {
            "income": pa.array(rng.lognormal(8, 1, rows), mask=gone),
            "age": pa.array(rng.integers(18, 90, rows), mask=rng.random(rows) < 0.05),
            "plan": pa.array(plans.tolist(), mask=rng.random(rows) < 0.2),
            "active": pa.array(rng.random(rows) < 0.7),
            "country": pa.array(
                np.array(["DE", "FR", "AT"])[rng.choice(3, rows, p=[0.6, 0.3, 0.1])]
            ),
            "face": pa.array(rng.normal(size=(rows, 3)).tolist(), mask=rng.random(rows) < 0.1),
            "score": pa.array(rng.random(rows)),
        }
    )


MIXED = a_schema(
    segment="country",
    income=Kind.NUMERIC,
    age=Field("age", ("age",), Kind.NUMERIC, integer=True, low=0, high=80),
    plan=Kind.CATEGORICAL,
    active=Kind.BOOLEAN,
    face=Field("face", ("face",), Kind.EMBEDDING, size=3),
)


def write_parquet(path: Path, table: pa.Table, row_group: int | None = None) -> Path:
    """Write a table as Parquet."""
    parquet.write_table(table, path, row_group_size=row_group)
    return path


def write_csv(path: Path, table: pa.Table) -> Path:
    """Write a table as CSV: missing values are empty, lists are written as JSON."""
    columns = {
        name: pa.array([None if each is None else json.dumps(each) for each in column.to_pylist()])
        if pa.types.is_list(column.type)
        else column
        for name, column in zip(table.column_names, table.columns, strict=True)
    }
    csv.write_csv(pa.table(columns), path)
    return path


def write_jsonl(path: Path, records: Sequence[Mapping[str, Any]] | pa.Table) -> Path:
    """Write records, or a table's rows without their missing values, as JSON Lines."""
    if isinstance(records, pa.Table):
        records = [
            {key: value for key, value in row.items() if value is not None}
            for row in records.to_pylist()
        ]
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def build_from(
    folder: Path, schema: Schema, columns: Mapping[str, Any], **options: Any
) -> Reference:
    """The reference of columns, written as Parquet; a score is added if there is none."""
    rows = len(next(iter(columns.values())))
    table = pa.table({"score": np.linspace(0, 1, rows), **columns})
    return build_reference(schema, [write_parquet(folder / "data.parquet", table)], **options)


def column_notes(reference: Reference, name: str) -> str:
    """What a reference says of a feature."""
    return "\n".join(next(each.notes for each in reference.columns if each.name == name))


def same_summary(one: Any, other: Any) -> bool:
    """Whether two summaries are equal, bit for bit."""
    names = [name for name in one.__slots__ if name not in ("sample", "derived")]
    derived = [(getattr(one.derived, name), getattr(other.derived, name)) for name in DERIVED]
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in names) and all(
        np.array_equal(*each) for each in derived
    )
