"""Values that break the schema: unseen categories, wrong types, spaces, case, lost ends."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from detectors.counts import BoolArray, IntArray
from detectors.robustness.perturbations.perturbation import LabelRule, Variant
from detectors.robustness.perturbations.selection import (
    features_to_change,
    require_share,
)
from detectors.robustness.perturbations.written import as_written
from detectors.robustness.space import Space, Values
from detectors.robustness.table import Column, Sample

SHARES = (0.01, 0.05, 0.1, 0.2, 0.4)


@dataclass(frozen=True, slots=True)
class UnseenCategory:
    """A share of all categories is one that the reference has never seen.

    level: the one; underscores are added to it until the reference does not know it.
    """

    name: ClassVar[str] = "unseen_category"
    unit: ClassVar[str] = "share"
    severities: ClassVar[tuple[float, ...]] = SHARES
    label: ClassVar[LabelRule] = LabelRule.KEPT
    features: tuple[str, ...] = ()
    level: str = "unseen"

    def __call__(
        self, sample: Sample, space: Space, severity: float, rng: np.random.Generator
    ) -> Sequence[Variant]:
        """Return one variant; what is unseen at one severity is unseen at a larger one."""
        require_share(severity)
        changed: dict[str, Column] = {}
        for each in features_to_change(space, self.features, Values.CATEGORICAL, fault=True):
            level = self.level
            while level in each.levels:
                level += "_"
            column = sample.table.columns[each.name].copy()
            column[rng.random(len(sample)) < severity] = level
            changed[each.name] = column
        return [Variant("", sample.table.changed(changed), np.arange(len(sample)))]


@dataclass(frozen=True, slots=True)
class WrongType:
    """A share of all values has another type: numbers as texts ("1.0"), true as 1, "3" as 3.

    Categories that are no number have no other type and stay as they are.
    """

    name: ClassVar[str] = "wrong_type"
    unit: ClassVar[str] = "share"
    severities: ClassVar[tuple[float, ...]] = SHARES
    label: ClassVar[LabelRule] = LabelRule.KEPT
    features: tuple[str, ...] = ()

    def __call__(
        self, sample: Sample, space: Space, severity: float, rng: np.random.Generator
    ) -> Sequence[Variant]:
        """Return one variant; what has a wrong type at one severity has it at a larger one."""
        require_share(severity)
        kinds = (Values.NUMERIC, Values.BOOLEAN, Values.CATEGORICAL)
        changed: dict[str, Column] = {}
        for each in features_to_change(space, self.features, *kinds, grouped=True, fault=True):
            hit = rng.random(len(sample)) < severity
            if not hit.any():
                continue
            old = sample.table.columns[each.name]
            column = old if old.dtype == object else as_written(each, old)
            changed[each.name] = _rewritten(column, hit, lambda value, _: _other_type(value))
        return [Variant("", sample.table.changed(changed), np.arange(len(sample)))]


@dataclass(frozen=True, slots=True)
class WhitespaceAndCase:
    """A share of all categories and texts has a space before or after it, or another case.

    Which of the four (space before, space after, upper, lower case) is drawn for each value.
    """

    name: ClassVar[str] = "whitespace_and_case"
    unit: ClassVar[str] = "share"
    severities: ClassVar[tuple[float, ...]] = SHARES
    label: ClassVar[LabelRule] = LabelRule.KEPT
    features: tuple[str, ...] = ()

    def __call__(
        self, sample: Sample, space: Space, severity: float, rng: np.random.Generator
    ) -> Sequence[Variant]:
        """Return one variant; what is changed at one severity is changed so at a larger one."""
        require_share(severity)
        changed: dict[str, Column] = {}
        for each in features_to_change(
            space, self.features, Values.CATEGORICAL, Values.TEXT, fault=True
        ):
            hit = rng.random(len(sample)) < severity
            way = rng.integers(4, size=len(sample))
            column = sample.table.columns[each.name]
            changed[each.name] = _rewritten(column, hit, _respaced, way)
        return [Variant("", sample.table.changed(changed), np.arange(len(sample)))]


@dataclass(frozen=True, slots=True)
class TruncatedText:
    """All categories and texts lose their end, as in a column that is too short.

    The severity is the share of the characters that is kept, rounded up.
    """

    name: ClassVar[str] = "truncated_text"
    unit: ClassVar[str] = "kept share"
    severities: ClassVar[tuple[float, ...]] = (0.9, 0.75, 0.5, 0.3, 0.1)
    label: ClassVar[LabelRule] = LabelRule.KEPT
    features: tuple[str, ...] = ()

    def __call__(
        self,
        sample: Sample,
        space: Space,
        severity: float,
        rng: np.random.Generator,  # noqa: ARG002 - as Perturbation
    ) -> Sequence[Variant]:
        """Return one variant; a larger severity changes less, and 1 nothing."""
        require_share(severity)
        everywhere = np.ones(len(sample), dtype=np.bool_)
        changed = {
            each.name: _rewritten(
                sample.table.columns[each.name],
                everywhere,
                lambda text, _: text[: math.ceil(round(len(text) * severity, 9))],
            )
            for each in features_to_change(
                space, self.features, Values.CATEGORICAL, Values.TEXT, fault=True
            )
        }
        return [Variant("", sample.table.changed(changed), np.arange(len(sample)))]


def _rewritten(
    column: Column, hit: BoolArray, write: Callable[[Any, int], Any], ways: IntArray | None = None
) -> Column:
    """Return a column of objects (n,) with the values that are hit, unless missing, rewritten."""
    written = column.copy()
    for place in np.flatnonzero(hit):
        if column[place] is not None:
            written[place] = write(column[place], 0 if ways is None else int(ways[place]))
    return written


def _other_type(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float):
        return str(value)
    try:
        number = float(value)
    except ValueError:
        return value
    if not math.isfinite(number):
        return value
    return int(number) if number.is_integer() else number


def _respaced(text: str, way: int) -> str:
    return (" " + text, text + " ", text.upper(), text.lower())[way]
