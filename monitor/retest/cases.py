"""Records that a model failed on, as a Parquet file to learn from."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from detectors.robustness.perturbations.perturbation import LabelRule

PREFIX = "retest_"
"""Of the columns about a case, which the features' own names stand beside."""

EXACT_AS_FLOAT = 2**53


class CaseKind(StrEnum):
    """Why a record is kept.

    FAILING: its answer is wrong or another than its parent's. MINIMAL: the least change found that
    makes it so. EDGE: a generated edge case with an answer that it must not have.
    """

    FAILING = "failing"
    MINIMAL = "minimal"
    EDGE = "edge"


@dataclass(frozen=True, slots=True)
class Case:
    """A changed record and what became of it.

    run: the run's id. trial: in words. parent_id: of the record that it was made of, "" where
    there is none. label: the parent's, None where there is none. label_rule: whether it is the
    case's too. perturbation, variant, severity: what was done. answer: the model's, None where
    there was none; expected: the one that it should have given. features: the whole record as
    it was sent. changed: the names of those that are not the parent's.
    """

    run: str
    trial: str
    parent_id: str
    label: object
    label_rule: LabelRule
    severity: float
    perturbation: str
    variant: str
    answer: object
    expected: object
    features: Mapping[str, object]
    changed: tuple[str, ...] = ()
    kind: CaseKind = CaseKind.FAILING


def write_cases(path: Path, cases: Sequence[Case]) -> None:
    """Write cases as Parquet, a row each, in one rename.

    Features have columns of their own names; what is told of a case has columns that begin with
    ``retest_``. A column of values of several types, as faults make them, holds JSON texts, which
    its field's metadata say (``driftd: json``). Text that UTF-8 cannot hold is escaped. Raises
    ValueError where a feature has the name of one of the other columns.
    """
    about = [each.name for each in fields(Case) if each.name != "features"]
    names = list(dict.fromkeys(name for case in cases for name in case.features))
    clashing = sorted({f"{PREFIX}{name}" for name in about} & set(names))
    if clashing:
        raise ValueError(
            f"feature {clashing[0]!r} has the name of a column about the case; rename the feature"
        )
    columns = {
        f"{PREFIX}{name}": [_plain(getattr(case, name)) for case in cases] for name in about
    } | {name: [_plain(case.features.get(name)) for case in cases] for name in names}
    built = [_column(name, values) for name, values in columns.items()]
    table = pa.Table.from_arrays(
        [array for _, array in built], schema=pa.schema([field for field, _ in built])
    )
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    parquet.write_table(table, unfinished, compression="zstd")
    unfinished.replace(path)


def _plain(value: object) -> Any:
    """Return a value as Python's own: no numpy scalar or array, no enum, text that has a UTF-8."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, str):
        return str(value).encode("utf-8", "backslashreplace").decode()
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value


def _column(name: str, values: list[Any]) -> tuple[pa.Field, pa.Array]:
    """Return a column of the narrowest type that holds the values as they are."""
    if name == f"{PREFIX}changed":
        kind: pa.DataType | None = pa.list_(pa.string())
    elif name == f"{PREFIX}severity":
        kind = pa.float64()
    else:
        kind = _type_of([value for value in values if value is not None])
    if kind is None:
        told = [None if value is None else _json(value) for value in values]
        return pa.field(name, pa.string(), metadata={"driftd": "json"}), pa.array(told, pa.string())
    return pa.field(name, kind), pa.array(values, kind)


def _type_of(values: list[Any]) -> pa.DataType | None:
    """Return the type of all values, None where they have none in common."""
    kinds = {type(value) for value in values}
    if not kinds:
        return pa.string()
    if kinds == {bool}:
        return pa.bool_()
    if kinds == {str}:
        return pa.string()
    if kinds == {list}:
        inner = _type_of([each for value in values for each in value if each is not None])
        return None if inner is None else pa.list_(inner)
    if kinds <= {int, float} and all(_exact(value) for value in values):
        return pa.int64() if kinds == {int} else pa.float64()
    return None


def _exact(value: float) -> bool:
    return isinstance(value, float) or abs(value) <= EXACT_AS_FLOAT


def _json(value: Any) -> str:
    return json.dumps(value, default=repr)
