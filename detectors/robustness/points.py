"""Records as points that attacks move in scaled units, and points as records again."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.counts import BoolArray, FloatArray, IntArray
from detectors.robustness.space import Feature, Space, Values
from detectors.robustness.table import Column, Table
from detectors.robustness.threat import Norm, Threat

CODED = (Values.CATEGORICAL, Values.BOOLEAN)
MOVABLE = (Values.NUMERIC, Values.EMBEDDING, *CODED)


@dataclass(frozen=True, slots=True)
class Points:
    """The points of n records.

    features: that may change, in order of their columns; an embedding has ``size`` columns.
    parents: the records. origins: (n, d), their points: numbers less the centre, by the scale,
    and codes of categories; one-hot columns keep their 0 and 1. frozen: (n, d), what cannot be
    changed in a record: missing values, categories without a code, and faults; 0 in origins.
    """

    space: Space
    features: tuple[Feature, ...]
    parents: Table
    origins: FloatArray
    frozen: BoolArray

    @classmethod
    def of(
        cls, space: Space, parents: Table, features: Sequence[Feature] | None = None
    ) -> "Points":
        """Return the points of records; features: that may change, all mutable ones by default."""
        chosen = tuple(
            each
            for each in (space.mutable() if features is None else features)
            if each.values in MOVABLE and not each.immutable
        )
        read = [_read(each, parents.columns[each.name]) for each in chosen]
        origins = np.column_stack(read) if read else np.zeros((len(parents), 0))
        frozen = np.isnan(origins)
        return cls(space, chosen, parents, np.where(frozen, 0.0, origins), frozen)

    @property
    def columns(self) -> tuple[str, ...]:
        """The feature that each column belongs to; (d,)."""
        return tuple(each.name for each in self.features for _ in range(_width(each)))

    def table(self, points: FloatArray, places: IntArray) -> Table:
        """Return points (m, d) as records that could be: changed features of their parents.

        places: (m,), the parent of each. Values that a point does not change are the parent's to
        the bit.
        """
        parents = self.parents.take(places)
        moved = (points != self.origins[places]) & ~self.frozen[places]
        changed: dict[str, Column] = {}
        at = 0
        for each in self.features:
            own = slice(at, at + _width(each))
            at += _width(each)
            if moved[:, own].any():
                column = parents.columns[each.name]
                changed[each.name] = _written(each, points[:, own], moved[:, own], column)
        return self.space.repaired(parents.changed(changed), parents)

    def read(self, table: Table, places: IntArray) -> FloatArray:
        """Return the points (m, d) that records are, once sent; places: (m,), their parents."""
        read = [_read(each, table.columns[each.name]) for each in self.features]
        points = np.column_stack(read) if read else np.zeros((len(table), 0))
        same = self.frozen[places] | np.isnan(points)
        return np.where(same, self.origins[places], points)

    def threat(self, norm: Norm, epsilon: float) -> Threat:
        """Return what an attacker may do to the records within ``epsilon`` (scaled units)."""
        low, high, steps, levels = [], [], [], []
        for each in self.features:
            own = [_limits(each)] * _width(each)
            low += [limits[0] for limits in own]
            high += [limits[1] for limits in own]
            steps += [_step(each)] * _width(each)
            levels += [len(_levels(each))] * _width(each)
        lows = np.minimum(np.array(low), self.origins)
        highs = np.maximum(np.array(high), self.origins)
        names = self.columns
        groups = tuple(
            np.array([names.index(each.name) for each in group], dtype=np.int64)
            for group in self.space.groups.values()
            if all(each.name in names for each in group)
        )
        return Threat(
            norm=norm,
            epsilon=epsilon,
            low=np.where(self.frozen, 0.0, lows),
            high=np.where(self.frozen, 0.0, highs),
            steps=np.array(steps, dtype=np.float64),
            levels=np.array(levels, dtype=np.int64),
            groups=groups,
        )


def _width(feature: Feature) -> int:
    return feature.size if feature.values is Values.EMBEDDING else 1


def _levels(feature: Feature) -> tuple[object, ...]:
    if feature.values is Values.BOOLEAN:
        return (False, True)
    return feature.levels if feature.values is Values.CATEGORICAL else ()


def _unit(feature: Feature) -> tuple[float, float]:
    return (0.0, 1.0) if feature.group else (feature.centre, feature.scale)


def _limits(feature: Feature) -> tuple[float, float]:
    if feature.values in CODED:
        return 0.0, len(_levels(feature)) - 1.0
    centre, scale = _unit(feature)
    return (feature.low - centre) / scale, (feature.high - centre) / scale


def _step(feature: Feature) -> float:
    if feature.group:
        return 1.0
    return 1.0 / feature.scale if feature.integer else 0.0


def _read(feature: Feature, column: Column) -> FloatArray:
    """Return a feature's columns, nan where they hold no value that can be changed."""
    if feature.values in CODED:
        codes = {level: float(code) for code, level in enumerate(_levels(feature))}
        return np.array([codes.get(value, np.nan) for value in column.tolist()])
    if column.dtype == object:
        return np.full(column.shape, np.nan)
    centre, scale = _unit(feature)
    return (column - centre) / scale


def _written(feature: Feature, points: FloatArray, moved: BoolArray, column: Column) -> Column:
    if feature.values in CODED:
        written = column.copy()
        known: NDArray[np.object_] = np.array(_levels(feature), dtype=object)
        codes = np.clip(np.round(points[:, 0]), 0, len(known) - 1).astype(np.int64)
        written[moved[:, 0]] = known[codes[moved[:, 0]]]
        return written
    centre, scale = _unit(feature)
    values = points * scale + centre
    if feature.values is Values.EMBEDDING:
        return np.where(moved, values, column)
    return np.where(moved[:, 0], values[:, 0], column)
