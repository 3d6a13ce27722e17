"""Inputs of a model as columns of what a request holds, and a sample of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.counts import FloatArray, IntArray

Column = NDArray[Any]
"""One feature of n records.

Numeric: float64 (n,), nan where missing. Embedding: float64 (n, size), a row of nan where
missing. Categorical and text: object (n,) of str, None where missing; boolean: of bool.
A schema fault makes a column an object (n,) of whatever JSON can hold.
"""


@dataclass(frozen=True, slots=True)
class Table:
    """Inputs of n records, one column a feature, in the order of the configuration."""

    columns: Mapping[str, Column]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()))) if self.columns else 0

    def take(self, places: IntArray) -> "Table":
        """Return the records at some places, which may repeat."""
        return Table({name: column[places] for name, column in self.columns.items()})

    def changed(self, columns: Mapping[str, Column]) -> "Table":
        """Return the same records with some columns in place of their own.

        Raises KeyError for a column that the table does not have.
        """
        for name in columns:
            if name not in self.columns:
                raise KeyError(name)
        return Table({**self.columns, **columns})

    @classmethod
    def joined(cls, tables: Sequence["Table"]) -> "Table":
        """Return the records of all tables, one table after the other; at least one."""
        first = tables[0]
        return cls(
            {
                name: np.concatenate([each.columns[name] for each in tables])
                for name in first.columns
            }
        )


@dataclass(frozen=True, slots=True)
class Sample:
    """The records that a re-test begins from.

    ids: object (n,) of str. labels: (n,), codes of the task's classes or values of a regression,
    nan where a record has none; None where none has one. segments: object (n,) of str; None
    where the model has no segments. Records are in order of time where they have any.
    """

    ids: NDArray[np.object_]
    table: Table
    labels: FloatArray | None = None
    segments: NDArray[np.object_] | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, places: IntArray) -> "Sample":
        """Return the records at some places, which may repeat."""
        return replace(
            self,
            ids=self.ids[places],
            table=self.table.take(places),
            labels=None if self.labels is None else self.labels[places],
            segments=None if self.segments is None else self.segments[places],
        )
