"""The types that features have on the wire: values are rounded to them before they are scored."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from detectors.counts import FloatArray
from detectors.robustness.space import Feature, Space, Values
from detectors.robustness.table import Column, Table
from monitor.config.endpoint import Datatype, EndpointConfig
from monitor.retest.model import EndpointError

FLOATS = {Datatype.FP16: np.float16, Datatype.FP32: np.float32, Datatype.FP64: np.float64}

NUMBERS = (Values.NUMERIC, Values.EMBEDDING)


@dataclass(frozen=True, slots=True)
class WireTypes:
    """The type of each feature on the wire, by its name.

    finite: whether the wire holds no infinity, as JSON does not.
    """

    space: Space
    types: Mapping[str, Datatype]
    finite: bool = True

    @classmethod
    def of(
        cls, config: EndpointConfig, space: Space, told: Mapping[str, Datatype], finite: bool = True
    ) -> "WireTypes":
        """Return the types: configured, else as the endpoint told, else by what features are.

        Raises EndpointError for a configured feature that there is not.
        """
        names = [each.name for each in space.features]
        for name in config.datatypes:
            if name not in names:
                raise EndpointError(
                    "configuration",
                    f"endpoint.datatypes.{name}: is no feature; one of {', '.join(names)}",
                )
        types = {each.name: _default(each, config.datatype) for each in space.features}
        return cls(space, {**types, **told, **config.datatypes}, finite)

    @property
    def all_numbers(self) -> bool:
        """Whether one tensor of numbers can hold a record."""
        return all(each.values in (*NUMBERS, Values.BOOLEAN) for each in self.space.features)

    @property
    def width(self) -> int:
        """How many numbers a record is, in one tensor."""
        return sum(each.size or 1 for each in self.space.features)

    def in_one(self, datatype: Datatype) -> "WireTypes":
        """Return the types of features that lie in one tensor.

        Raises EndpointError where a feature is no number.
        """
        for each in self.space.features:
            if each.values not in (*NUMBERS, Values.BOOLEAN):
                raise EndpointError(
                    "configuration",
                    f"endpoint.layout: a tensor holds numbers, and feature {each.name} is "
                    f"{each.values}; set layout: columns",
                )
        types = {
            # Whole numbers in a tensor of floats stay whole.
            each.name: Datatype.INT64 if each.integer and datatype in FLOATS else datatype
            for each in self.space.features
        }
        return WireTypes(self.space, types, self.finite)

    def cast(self, table: Table) -> Table:
        """Return the table as it arrives; values that a schema fault made stay as they are."""
        return Table(
            {
                each.name: self._cast(each, table.columns[each.name])
                for each in self.space.features
                if each.name in table.columns
            }
        )

    def _cast(self, feature: Feature, column: Column) -> Column:
        if feature.values not in NUMBERS or column.dtype == object:
            return column
        cast = _rounded(column.astype(np.float64), self.types[feature.name])
        return np.where(np.isfinite(cast), cast, np.nan) if self.finite else cast

    def plain(self, name: str, column: Column) -> list[Any]:
        """Return a column that was cast as values of JSON: whole numbers as such, None for nan."""
        if column.dtype == object:
            return [None if value != value else value for value in column.tolist()]
        if self.types[name] in FLOATS or self.types[name] is Datatype.BYTES:
            return column.tolist()  # type: ignore[no-any-return]  # nan is written as null
        made = bool if self.types[name] is Datatype.BOOL else int
        return [_made(value, made) for value in column.tolist()]

    def rows(self, table: Table) -> list[list[Any]]:
        """Return records as lists of plain values; an embedding's numbers stand among them."""
        columns = []
        for name, column in table.columns.items():
            plain = self.plain(name, column)
            if column.ndim == 2:
                columns += [list(each) for each in zip(*plain, strict=True)]
            else:
                columns.append(plain)
        return [list(row) for row in zip(*columns, strict=True)]

    def objects(self, table: Table) -> list[dict[str, Any]]:
        """Return records as objects of plain values by feature."""
        names = list(table.columns)
        columns = [self.plain(name, column) for name, column in table.columns.items()]
        return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _default(feature: Feature, numbers: Datatype | None) -> Datatype:
    if feature.values is Values.BOOLEAN:
        return Datatype.BOOL
    if feature.values not in NUMBERS:
        return Datatype.BYTES
    return Datatype.INT64 if feature.integer else numbers or Datatype.FP64


def _rounded(values: FloatArray, datatype: Datatype) -> FloatArray:
    if datatype in FLOATS:
        with np.errstate(over="ignore"):
            return values.astype(FLOATS[datatype]).astype(np.float64)
    if datatype is Datatype.BOOL:
        return np.where(np.isnan(values), np.nan, (values != 0).astype(np.float64))
    if datatype is Datatype.BYTES:
        return values
    low, high = _limits(datatype)
    return np.clip(np.rint(values), low, high)


def _limits(datatype: Datatype) -> tuple[float, float]:
    """Return the least and largest float64 that an integer type holds."""
    limits = np.iinfo(datatype.value.lower())
    high = float(limits.max)
    return float(limits.min), high if int(high) <= limits.max else float(np.nextafter(high, 0))


def _made(value: Any, made: type) -> Any:
    if isinstance(value, list):
        return [_made(each, made) for each in value]
    return None if value != value else made(value)
