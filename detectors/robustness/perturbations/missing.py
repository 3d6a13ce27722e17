"""Missing values: one feature at a time, at random, and more often where values are high."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.stats import rankdata

from detectors.counts import BoolArray, FloatArray
from detectors.robustness.perturbations.perturbation import LabelRule, Variant
from detectors.robustness.perturbations.selection import (
    features_to_change,
    require_on,
    require_share,
)
from detectors.robustness.perturbations.written import as_written
from detectors.robustness.space import Feature, Space, Values
from detectors.robustness.table import Column, Sample

RANKED = (Values.NUMERIC, Values.CATEGORICAL, Values.BOOLEAN)


@dataclass(frozen=True, slots=True)
class MissingOne:
    """Each feature is missing from all records, one feature at a time.

    sentinel: what stands for a missing value, such as "" or -999; None for nothing (null).
    """

    name: ClassVar[str] = "missing_one"
    unit: ClassVar[str] = ""
    severities: ClassVar[tuple[float, ...]] = (1.0,)
    label: ClassVar[LabelRule] = LabelRule.KEPT
    features: tuple[str, ...] = ()
    sentinel: float | str | None = None

    def __call__(
        self,
        sample: Sample,
        space: Space,
        severity: float,
        rng: np.random.Generator,  # noqa: ARG002 - as Perturbation
    ) -> Sequence[Variant]:
        """Return one variant a feature, of its name."""
        require_on(severity)
        everywhere = np.ones(len(sample), dtype=np.bool_)
        variants = []
        for each in features_to_change(space, self.features, *Values, grouped=True, fault=True):
            column = _without(each, sample.table.columns[each.name], everywhere, self.sentinel)
            table = sample.table.changed({each.name: column})
            variants.append(Variant(each.name, table, np.arange(len(sample))))
        return variants


@dataclass(frozen=True, slots=True)
class MissingAtRandom:
    """A share of all values is missing, whatever they are, each drawn by itself.

    sentinel: what stands for a missing value, such as "" or -999; None for nothing (null).

    Source: Rubin (1976), Inference and missing data, Biometrika 63(3); completely at random.
    """

    name: ClassVar[str] = "missing_at_random"
    unit: ClassVar[str] = "share"
    severities: ClassVar[tuple[float, ...]] = (0.01, 0.05, 0.1, 0.2, 0.4)
    label: ClassVar[LabelRule] = LabelRule.KEPT
    features: tuple[str, ...] = ()
    sentinel: float | str | None = None

    def __call__(
        self, sample: Sample, space: Space, severity: float, rng: np.random.Generator
    ) -> Sequence[Variant]:
        """Return one variant; what is missing at one severity is missing at a larger one."""
        require_share(severity)
        changed: dict[str, Column] = {}
        for each in features_to_change(space, self.features, *Values, grouped=True, fault=True):
            lost = rng.random(len(sample)) < severity
            changed[each.name] = _without(
                each, sample.table.columns[each.name], lost, self.sentinel
            )
        return [Variant("", sample.table.changed(changed), np.arange(len(sample)))]


@dataclass(frozen=True, slots=True)
class MissingNotAtRandom:
    """A share of each feature's values is missing, high and rare ones more often.

    The chance to be drawn first is in proportion to the rank of a number (of n records 1 to n),
    and of a category to the rank of its rarity; so the values hide what they were (self-masking).
    Embeddings and texts have no rank and stay.
    sentinel: what stands for a missing value, such as "" or -999; None for nothing (null).

    Source: Rubin (1976), Inference and missing data, Biometrika 63(3); drawn without
    replacement by Efraimidis and Spirakis (2006), Information Processing Letters 97(5).
    """

    name: ClassVar[str] = "missing_not_at_random"
    unit: ClassVar[str] = "share"
    severities: ClassVar[tuple[float, ...]] = (0.01, 0.05, 0.1, 0.2, 0.4)
    label: ClassVar[LabelRule] = LabelRule.KEPT
    features: tuple[str, ...] = ()
    sentinel: float | str | None = None

    def __call__(
        self, sample: Sample, space: Space, severity: float, rng: np.random.Generator
    ) -> Sequence[Variant]:
        """Return one variant; what is missing at one severity is missing at a larger one."""
        require_share(severity)
        changed: dict[str, Column] = {}
        for each in features_to_change(space, self.features, *RANKED, grouped=True, fault=True):
            column = sample.table.columns[each.name]
            arrival = rng.exponential(size=len(sample)) / _ranks(each, column)
            lost = np.zeros(len(sample), dtype=np.bool_)
            lost[np.argsort(arrival, kind="stable")[: round(severity * len(sample))]] = True
            changed[each.name] = _without(each, column, lost, self.sentinel)
        return [Variant("", sample.table.changed(changed), np.arange(len(sample)))]


def _without(
    feature: Feature, column: Column, lost: BoolArray, sentinel: float | str | None
) -> Column:
    """Return a column without the lost values."""
    if column.dtype != object and not isinstance(sentinel, str):
        gone = lost.reshape(-1, *[1] * (column.ndim - 1))
        return np.where(gone, np.nan if sentinel is None else float(sentinel), column)
    if column.ndim > 1 or column.dtype != object:
        written = as_written(feature, column)
    else:
        written = column.copy()
    written[lost] = sentinel
    return written


def _ranks(feature: Feature, column: Column) -> FloatArray:
    """Return the rank of each value from 1, the largest or rarest last; shape (n,)."""
    if column.dtype != object:
        value = column
    elif feature.values is Values.BOOLEAN:
        value = np.array([value is True for value in column.tolist()], dtype=np.float64)
    else:
        order = {level: float(place) for place, level in enumerate(feature.levels)}
        value = np.array([order.get(each, float(len(order))) for each in column.tolist()])
    ranks: FloatArray = rankdata(np.nan_to_num(value, nan=-np.inf), method="average")
    return ranks
