"""What the values of a model's features may be, and in which units changes are counted."""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from detectors.counts import FloatArray, IntArray
from detectors.robustness.table import Column, Table

QUANTILES = 101


class Values(StrEnum):
    """What a feature's values are."""

    NUMERIC = "numeric"
    CATEGORICAL = "categorical"
    BOOLEAN = "boolean"
    EMBEDDING = "embedding"
    TEXT = "text"


def _nothing() -> FloatArray:
    return np.zeros(0)


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature of the model's input.

    integer: whether a number has no fraction. low, high: range of a number, both included; -inf
    and inf where there is none. immutable: whether no change may touch it. group: of one-hot
    columns, of which exactly one is 1; "" for none.
    centre, scale: the reference's median and robust sd. quantiles: (QUANTILES,), of the
    reference's values, from minimum to maximum; empty where not numeric.
    levels: the reference's categories, most frequent first. shares: (levels,), how frequent.
    size: of an embedding. shape: (height, width) or (height, width, channels) of an embedding
    that is an image, with values in [low, high]; empty otherwise.
    """

    name: str
    values: Values
    integer: bool = False
    low: float = -np.inf
    high: float = np.inf
    immutable: bool = False
    group: str = ""
    centre: float = 0.0
    scale: float = 1.0
    quantiles: FloatArray = field(default_factory=_nothing)
    levels: tuple[str, ...] = ()
    shares: FloatArray = field(default_factory=_nothing)
    size: int = 0
    shape: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Space:
    """The features of a model's input, in the order of the configuration."""

    features: tuple[Feature, ...]

    def __getitem__(self, name: str) -> Feature:
        """Return a feature by name; raises KeyError if there is none."""
        for each in self.features:
            if each.name == name:
                return each
        raise KeyError(name)

    def mutable(self, *values: Values) -> tuple[Feature, ...]:
        """Return the features of some kinds that a change may touch, all kinds if none is named."""
        return tuple(
            each
            for each in self.features
            if not each.immutable and (not values or each.values in values)
        )

    @property
    def groups(self) -> dict[str, tuple[Feature, ...]]:
        """The columns of each one-hot group, by the group's name."""
        found: dict[str, list[Feature]] = {}
        for each in self.features:
            if each.group:
                found.setdefault(each.group, []).append(each)
        return {name: tuple(columns) for name, columns in found.items()}

    def repaired(self, table: Table, parents: Table) -> Table:
        """Return changed records as records that could be: the nearest that keep the rules.

        parents: what each was changed from; of the same length. Immutable features get their
        parent's value; integers are rounded towards the parent's, so that no change grows;
        numbers are clipped to their range widened to the parent's own value; in a one-hot group
        that was changed the largest column is 1 and the others 0. Missing values and schema
        faults stay as they are.

        Source: the repair step of CAPGD (Simonetto et al. 2024), without its relations.
        """
        columns: dict[str, Column] = {}
        for each in self.features:
            new, old = table.columns[each.name], parents.columns[each.name]
            if each.immutable:
                columns[each.name] = old
            elif each.values in (Values.NUMERIC, Values.EMBEDDING) and new.dtype != object:
                columns[each.name] = _numbers(each, new, old)
        for group in self.groups.values():
            if not any(each.immutable for each in group):
                columns |= _one_hot(group, table, parents)
        return table.changed(columns)


def _numbers(feature: Feature, new: Column, old: Column) -> Column:
    if old.dtype == object or new is old:
        return new
    if feature.integer:
        towards = np.where(new > old, np.floor(new), np.ceil(new))
        new = np.where(new == old, old, np.where(np.isnan(old), np.round(new), towards))
    low = np.fmin(feature.low, old)
    high = np.fmax(feature.high, old)
    return np.clip(new, low, high)


def _one_hot(group: tuple[Feature, ...], table: Table, parents: Table) -> dict[str, Column]:
    new = np.column_stack([table.columns[each.name] for each in group])
    old = np.column_stack([parents.columns[each.name] for each in group])
    if new.dtype == object or old.dtype == object:
        return {}
    changed = ((new != old) & ~np.isnan(new)).any(axis=1) & ~np.isnan(new).any(axis=1)
    if not changed.any():
        return {}
    best: IntArray = np.argmax(new[changed], axis=1)
    new[changed] = np.eye(len(group))[best]
    return {each.name: new[:, place] for place, each in enumerate(group)}
