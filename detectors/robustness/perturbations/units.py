"""Numbers written in another way: unit, gain, offset, sign, digits, range, or the wrong column."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np

from detectors.counts import FloatArray
from detectors.robustness.perturbations.perturbation import (
    LabelRule,
    PerturbationError,
    Variant,
)
from detectors.robustness.perturbations.selection import (
    features_to_change,
    require_count,
    require_factor,
    require_on,
)
from detectors.robustness.space import Feature, Space, Values
from detectors.robustness.table import Column, Sample


@dataclass(frozen=True, slots=True)
class Scaling:
    """All numbers are multiplied by the severity, as by a gain that is set wrongly."""

    name: ClassVar[str] = "scaling"
    unit: ClassVar[str] = "times"
    severities: ClassVar[tuple[float, ...]] = (1.01, 1.05, 1.1, 1.5, 2.0)
    label: ClassVar[LabelRule] = LabelRule.KEPT
    features: tuple[str, ...] = ()

    def __call__(
        self,
        sample: Sample,
        space: Space,
        severity: float,
        rng: np.random.Generator,  # noqa: ARG002 - as Perturbation
    ) -> Sequence[Variant]:
        """Return one variant within the ranges; the severity 1 changes nothing."""
        require_factor(severity)
        return _everywhere(sample, space, self.features, lambda _, old: _times(old, severity))


@dataclass(frozen=True, slots=True)
class Offset:
    """All numbers are moved by the severity in sd, upwards where it is positive.

    On a linear model w·x + b in scaled units the score moves by severity · sum(w).
    """

    name: ClassVar[str] = "offset"
    unit: ClassVar[str] = "sd"
    severities: ClassVar[tuple[float, ...]] = (0.1, 0.25, 0.5, 1.0, 2.0)
    label: ClassVar[LabelRule] = LabelRule.KEPT
    features: tuple[str, ...] = ()

    def __call__(
        self,
        sample: Sample,
        space: Space,
        severity: float,
        rng: np.random.Generator,  # noqa: ARG002 - as Perturbation
    ) -> Sequence[Variant]:
        """Return one variant within the ranges."""
        if not math.isfinite(severity):
            raise ValueError(f"severity: {severity}, a finite number of sd is needed")
        return _everywhere(
            sample, space, self.features, lambda each, old: old + severity * each.scale
        )


@dataclass(frozen=True, slots=True)
class Quantisation:
    """All numbers are rounded to so many significant digits."""

    name: ClassVar[str] = "quantisation"
    unit: ClassVar[str] = "significant digits"
    severities: ClassVar[tuple[float, ...]] = (6.0, 4.0, 3.0, 2.0, 1.0)
    label: ClassVar[LabelRule] = LabelRule.KEPT
    features: tuple[str, ...] = ()

    def __call__(
        self,
        sample: Sample,
        space: Space,
        severity: float,
        rng: np.random.Generator,  # noqa: ARG002 - as Perturbation
    ) -> Sequence[Variant]:
        """Return one variant within the ranges; a larger severity changes less."""
        digits = require_count(severity, least=1)
        return _everywhere(sample, space, self.features, lambda _, old: _with_digits(old, digits))


@dataclass(frozen=True, slots=True)
class Clipping:
    """Numbers beyond the reference's quantiles q and 1 - q are set to these; q is the severity.

    Quantiles are interpolated between the reference's hundredths.
    """

    name: ClassVar[str] = "clipping"
    unit: ClassVar[str] = "quantile"
    severities: ClassVar[tuple[float, ...]] = (0.001, 0.005, 0.01, 0.05, 0.1)
    label: ClassVar[LabelRule] = LabelRule.KEPT
    features: tuple[str, ...] = ()

    def __call__(
        self,
        sample: Sample,
        space: Space,
        severity: float,
        rng: np.random.Generator,  # noqa: ARG002 - as Perturbation
    ) -> Sequence[Variant]:
        """Return one variant; integers are set to the nearest whole number beyond."""
        if not 0 <= severity < 0.5:
            raise ValueError(f"severity: {severity}, a quantile from 0 to below 0.5 is needed")
        chosen = features_to_change(space, self.features, Values.NUMERIC)
        changed: dict[str, Column] = {}
        for each in chosen:
            low, high = quantile(each, severity), quantile(each, 1 - severity)
            changed[each.name] = np.clip(sample.table.columns[each.name], low, high)
        table = space.repaired(sample.table.changed(changed), sample.table)
        return [Variant("", table, np.arange(len(sample)))]


@dataclass(frozen=True, slots=True)
class UnitError:
    """One feature's numbers arrive in another unit: they are multiplied by the severity.

    10, 100 and 1000 are wrong prefixes, 60 and 3600 minutes and hours. Values may leave the range.
    """

    name: ClassVar[str] = "unit_error"
    unit: ClassVar[str] = "times"
    severities: ClassVar[tuple[float, ...]] = (10.0, 60.0, 100.0, 1000.0, 3600.0)
    label: ClassVar[LabelRule] = LabelRule.KEPT
    features: tuple[str, ...] = ()

    def __call__(
        self,
        sample: Sample,
        space: Space,
        severity: float,
        rng: np.random.Generator,  # noqa: ARG002 - as Perturbation
    ) -> Sequence[Variant]:
        """Return one variant a feature, of its name; the severity 1 changes nothing."""
        require_factor(severity)
        return _one_by_one(sample, space, self.features, lambda _, old: _times(old, severity))


@dataclass(frozen=True, slots=True)
class Fahrenheit:
    """One feature's numbers arrive in °F for °C; integers are rounded."""

    name: ClassVar[str] = "fahrenheit"
    unit: ClassVar[str] = ""
    severities: ClassVar[tuple[float, ...]] = (1.0,)
    label: ClassVar[LabelRule] = LabelRule.KEPT
    features: tuple[str, ...] = ()

    def __call__(
        self,
        sample: Sample,
        space: Space,
        severity: float,
        rng: np.random.Generator,  # noqa: ARG002 - as Perturbation
    ) -> Sequence[Variant]:
        """Return one variant a feature, of its name."""
        require_on(severity)
        return _one_by_one(sample, space, self.features, _fahrenheit)


@dataclass(frozen=True, slots=True)
class SignFlip:
    """One feature's numbers arrive with the other sign, as from a sensor wired the wrong way."""

    name: ClassVar[str] = "sign_flip"
    unit: ClassVar[str] = ""
    severities: ClassVar[tuple[float, ...]] = (1.0,)
    label: ClassVar[LabelRule] = LabelRule.KEPT
    features: tuple[str, ...] = ()

    def __call__(
        self,
        sample: Sample,
        space: Space,
        severity: float,
        rng: np.random.Generator,  # noqa: ARG002 - as Perturbation
    ) -> Sequence[Variant]:
        """Return one variant a feature, of its name."""
        require_on(severity)
        # 0 - x and not -x: a zero has no sign to flip.
        return _one_by_one(sample, space, self.features, lambda _, old: 0.0 - old)


@dataclass(frozen=True, slots=True)
class SwappedColumns:
    """Two neighbouring numeric columns change places, as where a writer's order has changed."""

    name: ClassVar[str] = "swapped_columns"
    unit: ClassVar[str] = ""
    severities: ClassVar[tuple[float, ...]] = (1.0,)
    label: ClassVar[LabelRule] = LabelRule.KEPT
    features: tuple[str, ...] = ()

    def __call__(
        self,
        sample: Sample,
        space: Space,
        severity: float,
        rng: np.random.Generator,  # noqa: ARG002 - as Perturbation
    ) -> Sequence[Variant]:
        """Return one variant for each two neighbours among the features, "a, b" by name."""
        require_on(severity)
        chosen = features_to_change(space, self.features, Values.NUMERIC, fault=True)
        if len(chosen) < 2:
            raise PerturbationError(
                f"features: only {chosen[0].name!r} could be swapped; name two numeric ones"
            )
        columns = sample.table.columns
        variants = []
        for first, second in pairwise(chosen):
            swapped = {first.name: columns[second.name], second.name: columns[first.name]}
            table = sample.table.changed(swapped)
            variants.append(Variant(f"{first.name}, {second.name}", table, np.arange(len(sample))))
        return variants


def quantile(feature: Feature, share: float) -> float:
    """Return a quantile of the reference's values; raises PerturbationError if none are known."""
    if not feature.quantiles.size:
        raise PerturbationError(
            f"features: the reference knows no quantiles of {feature.name!r}; name others"
        )
    at = np.linspace(0.0, 1.0, feature.quantiles.size)
    return float(np.interp(share, at, feature.quantiles))


def _everywhere(
    sample: Sample,
    space: Space,
    names: Sequence[str],
    change: Callable[[Feature, FloatArray], FloatArray],
) -> Sequence[Variant]:
    """Return one variant with every number changed, within the ranges."""
    chosen = features_to_change(space, names, Values.NUMERIC, Values.EMBEDDING)
    columns = {each.name: change(each, sample.table.columns[each.name]) for each in chosen}
    table = space.repaired(sample.table.changed(columns), sample.table)
    return [Variant("", table, np.arange(len(sample)))]


def _one_by_one(
    sample: Sample,
    space: Space,
    names: Sequence[str],
    change: Callable[[Feature, FloatArray], FloatArray],
) -> Sequence[Variant]:
    """Return one variant a feature with its numbers changed, wherever that leads."""
    chosen = features_to_change(space, names, Values.NUMERIC, fault=True)
    tables = [
        sample.table.changed({each.name: change(each, sample.table.columns[each.name])})
        for each in chosen
    ]
    places = np.arange(len(sample))
    return [Variant(each.name, table, places) for each, table in zip(chosen, tables, strict=True)]


def _times(values: FloatArray, factor: float) -> FloatArray:
    """Multiply, to the largest float at most: no request can hold an infinite number."""
    largest = np.finfo(np.float64).max
    with np.errstate(over="ignore"):
        product: FloatArray = np.clip(values * factor, -largest, largest)
    return product


def _fahrenheit(feature: Feature, celsius: FloatArray) -> FloatArray:
    degrees = _times(celsius, 1.8) + 32.0
    return np.round(degrees) if feature.integer else degrees


def _with_digits(values: FloatArray, digits: int) -> FloatArray:
    """Round to significant digits; 0, nan, and what a float can hardly hold stay."""
    usable = (np.abs(values) > 1e-290) & (np.abs(values) < 1e290)
    sizes = np.floor(np.log10(np.abs(values), where=usable, out=np.zeros_like(values)))
    decimals = digits - 1 - sizes
    # Two powers, none below 1, because 0.1 and its powers are no floats.
    up, down = 10.0 ** np.maximum(decimals, 0), 10.0 ** np.maximum(-decimals, 0)
    scaled = np.where(usable, values, 0.0) / down * up
    return np.where(usable, np.round(scaled) / up * down, values)
