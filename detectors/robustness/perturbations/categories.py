"""Categories that are others: swapped by how frequent they are, or replaced by rare ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from detectors.counts import BoolArray, FloatArray, IntArray
from detectors.robustness.perturbations.perturbation import (
    LabelRule,
    PerturbationError,
    Variant,
)
from detectors.robustness.perturbations.selection import features_to_change, require_share
from detectors.robustness.space import Feature, Space, Values
from detectors.robustness.table import Column, Sample

SHARES = (0.01, 0.05, 0.1, 0.2, 0.4)


@dataclass(frozen=True, slots=True)
class CategorySwap:
    """A share of all categories is another one, drawn by its frequency in the reference.

    Booleans, and one-hot groups of which all columns may change, are swapped too; a group's
    frequencies are those of the sample. The truth is taken to stay what it was, as after an
    error of who entered the data (attribute noise).

    Source: Zhu and Wu (2004), Class noise vs. attribute noise, Artificial Intelligence Review 22.
    """

    name: ClassVar[str] = "category_swap"
    unit: ClassVar[str] = "share"
    severities: ClassVar[tuple[float, ...]] = SHARES
    label: ClassVar[LabelRule] = LabelRule.KEPT
    features: tuple[str, ...] = ()

    def __call__(
        self, sample: Sample, space: Space, severity: float, rng: np.random.Generator
    ) -> Sequence[Variant]:
        """Return one variant; what is swapped at one severity is so at a larger one."""
        require_share(severity)
        single, groups = _categories(space, self.features)
        changed: dict[str, Column] = {}
        for each in single:
            hit = rng.random(len(sample)) < severity
            column = sample.table.columns[each.name]
            changed[each.name] = _swapped(column, *_levels(each), hit, rng)
        for group in groups:
            hit = rng.random(len(sample)) < severity
            hot = np.column_stack([sample.table.columns[each.name] for each in group])
            hot = _swapped_hot(hot, hit, rng)
            changed |= {each.name: hot[:, place] for place, each in enumerate(group)}
        return [Variant("", sample.table.changed(changed), np.arange(len(sample)))]


@dataclass(frozen=True, slots=True)
class RareCategory:
    """A share of all categories is a rare one of the reference.

    below: the share of the reference below which a level is rare; where none is, the least
    frequent one counts as rare. All rare ones are drawn alike.
    """

    name: ClassVar[str] = "rare_category"
    unit: ClassVar[str] = "share"
    severities: ClassVar[tuple[float, ...]] = SHARES
    label: ClassVar[LabelRule] = LabelRule.UNKNOWN
    features: tuple[str, ...] = ()
    below: float = 0.05

    def __call__(
        self, sample: Sample, space: Space, severity: float, rng: np.random.Generator
    ) -> Sequence[Variant]:
        """Return one variant; what is rare at one severity is so at a larger one."""
        require_share(severity)
        changed: dict[str, Column] = {}
        for each in features_to_change(space, self.features, Values.CATEGORICAL):
            levels, shares = _levels(each)
            rare = shares < self.below
            if not rare.any():
                rare = shares == shares.min(initial=1.0)
            hit = rng.random(len(sample)) < severity
            column = sample.table.columns[each.name]
            changed[each.name] = _swapped(column, levels, rare.astype(np.float64), hit, rng)
        return [Variant("", sample.table.changed(changed), np.arange(len(sample)))]


def _categories(
    space: Space, names: Sequence[str]
) -> tuple[list[Feature], list[tuple[Feature, ...]]]:
    """Return the categories and booleans to swap, and the one-hot groups."""
    kinds = (Values.CATEGORICAL, Values.BOOLEAN, Values.NUMERIC)
    chosen = features_to_change(space, names, *kinds, grouped=True)
    found = {each.name for each in chosen}
    groups = [group for group in space.groups.values() if found.issuperset(_names(group))]
    hot = {name for group in groups for name in _names(group)}
    single = [each for each in chosen if each.values is not Values.NUMERIC]
    for each in chosen:
        if names and each.values is Values.NUMERIC and each.name not in hot:
            raise PerturbationError(
                f"features: {each.name!r} is no category; name categories, booleans and "
                "all columns of a one-hot group"
            )
    if not single and not groups:
        raise PerturbationError("no mutable feature is a category; drop the requirement")
    return single, groups


def _names(group: Sequence[Feature]) -> list[str]:
    return [each.name for each in group]


def _swapped(
    column: Column,
    levels: NDArray[np.object_],
    shares: FloatArray,
    hit: BoolArray,
    rng: np.random.Generator,
) -> Column:
    """Return a column with other levels, drawn by their shares, where it is hit."""
    new = _drawn(_codes(column, levels), shares, rng)
    swapped = column.copy()
    usable = hit & (new >= 0)
    swapped[usable] = levels[new[usable]]
    return swapped


def _swapped_hot(hot: FloatArray, hit: BoolArray, rng: np.random.Generator) -> FloatArray:
    """Return one-hot columns (n, k) with another one hot where they are hit."""
    missing = np.isnan(hot).any(axis=1)
    codes = np.where(missing, -2, np.argmax(np.nan_to_num(hot), axis=1))
    new = _drawn(codes, np.nansum(hot, axis=0), rng)
    usable = hit & (new >= 0)
    swapped = hot.copy()
    swapped[usable] = np.eye(hot.shape[1])[new[usable]]
    return swapped


def _levels(feature: Feature) -> tuple[NDArray[np.object_], FloatArray]:
    """Return the levels of a category and their shares; of a boolean both alike."""
    if feature.values is Values.BOOLEAN:
        return np.array([False, True], dtype=object), np.array([0.5, 0.5])
    if not feature.levels:
        raise PerturbationError(
            f"features: the reference knows no levels of {feature.name!r}; name others"
        )
    return np.array(feature.levels, dtype=object), np.asarray(feature.shares, dtype=np.float64)


def _codes(column: Column, levels: NDArray[np.object_]) -> IntArray:
    """Return the code of each value; -1 of a level that is not known, and -2 where missing."""
    known = {level: code for code, level in enumerate(levels.tolist())}
    return np.array(
        [-2 if each is None else known.get(each, -1) for each in column.tolist()], dtype=np.int64
    )


def _drawn(codes: IntArray, shares: FloatArray, rng: np.random.Generator) -> IntArray:
    """Return another level for each record, drawn by the shares; (n,).

    -1 where the value is missing, or no other level has a share.
    """
    weights = np.tile(shares, (len(codes), 1))
    known = np.flatnonzero(codes >= 0)
    weights[known, codes[known]] = 0.0
    weights[codes == -2] = 0.0
    steps = np.cumsum(weights, axis=1)
    drawn = rng.random(len(codes)) * steps[:, -1]
    new: IntArray = np.argmax(steps > drawn[:, None], axis=1)
    return np.where(steps[:, -1] > 0, new, -1)
