"""Shifts of the distribution: some records come more often than others, none is changed.

Records are kept or left out by their weights (von Neumann's rejection), not drawn with
replacement: what is kept are independent records of the shifted distribution, for which
confidence intervals hold, at the price of fewer of them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors.counts import BoolArray, FloatArray
from detectors.robustness.perturbations.perturbation import (
    LabelRule,
    Perturbation,
    PerturbationError,
    Variant,
)
from detectors.robustness.perturbations.selection import features_to_change
from detectors.robustness.space import Space, Values
from detectors.robustness.table import Sample

TIMES = (1.5, 2.0, 3.0, 5.0, 10.0)
MOST_CLASSES = 100
FURTHEST_SD = 2.0


@dataclass(frozen=True, slots=True)
class SegmentReweighting:
    """The records of one segment come so many times as often, beside those of the others."""

    name: ClassVar[str] = "segment_reweighting"
    unit: ClassVar[str] = "times"
    severities: ClassVar[tuple[float, ...]] = TIMES
    label: ClassVar[LabelRule] = LabelRule.KEPT

    def __call__(
        self,
        sample: Sample,
        space: Space,  # noqa: ARG002 - as Perturbation
        severity: float,
        rng: np.random.Generator,
    ) -> Sequence[Variant]:
        """Return one variant a segment, of its name; the severity 1 changes nothing."""
        _require_times(severity)
        if sample.segments is None:
            raise PerturbationError("the records have no segments; set segments for the model")
        names = sorted(set(sample.segments.tolist()))
        within = {name: sample.segments == name for name in names}
        return _more_often(sample, within, severity, rng)


@dataclass(frozen=True, slots=True)
class LabelShift:
    """The records of one class come so many times as often, beside those of the others.

    Records without a label are left out.

    Source: Lipton, Wang and Smola (2018), Detecting and correcting for label shift, ICML.
    """

    name: ClassVar[str] = "label_shift"
    unit: ClassVar[str] = "times"
    severities: ClassVar[tuple[float, ...]] = TIMES
    label: ClassVar[LabelRule] = LabelRule.KEPT

    def __call__(
        self,
        sample: Sample,
        space: Space,  # noqa: ARG002 - as Perturbation
        severity: float,
        rng: np.random.Generator,
    ) -> Sequence[Variant]:
        """Return one variant a class, of its code; the severity 1 leaves out no labelled one."""
        _require_times(severity)
        labels = sample.labels
        if labels is None or np.isnan(labels).all():
            raise PerturbationError("the records have no labels; give labelled ones")
        codes = np.unique(labels[~np.isnan(labels)])
        if len(codes) > MOST_CLASSES or (codes != np.floor(codes)).any():
            raise PerturbationError(
                "the labels are no classes; use covariate_shift for a regression"
            )
        within = {str(int(code)): labels == code for code in codes}
        return _more_often(sample, within, severity, rng, usable=~np.isnan(labels))


@dataclass(frozen=True, slots=True)
class CovariateShift:
    """One feature's distribution is tilted towards high values, by importance resampling.

    A record's weight is exp(severity · z), z its value in sd from the centre, counted up to 2 sd
    either way. A normal feature's mean would move by severity sd without that limit, but then a
    single far record had all the weight. A negative severity tilts towards low values.

    Source: Shimodaira (2000), Improving predictive inference under covariate shift, Journal of
    Statistical Planning and Inference 90(2).
    """

    name: ClassVar[str] = "covariate_shift"
    unit: ClassVar[str] = "sd"
    severities: ClassVar[tuple[float, ...]] = (0.1, 0.25, 0.5, 1.0, 2.0)
    label: ClassVar[LabelRule] = LabelRule.KEPT
    features: tuple[str, ...] = ()

    def __call__(
        self, sample: Sample, space: Space, severity: float, rng: np.random.Generator
    ) -> Sequence[Variant]:
        """Return one variant a feature, immutable or not, without the records that miss it."""
        if not math.isfinite(severity):
            raise ValueError(f"severity: {severity}, a finite number of sd is needed")
        chance = rng.random(len(sample))
        # Nothing of a record changes, so immutable features are as good to go along as others.
        names = self.features or tuple(
            each.name for each in space.features if each.values is Values.NUMERIC and not each.group
        )
        variants = []
        for each in features_to_change(space, names, Values.NUMERIC, fault=True):
            z = (sample.table.columns[each.name] - each.centre) / each.scale
            if np.isnan(z).all():
                continue
            log_weight = severity * np.clip(z, -FURTHEST_SD, FURTHEST_SD)
            share = np.nan_to_num(np.exp(log_weight - np.nanmax(log_weight)))
            variants.append(_kept(sample, each.name, chance < share))
        if not variants:
            raise PerturbationError(f"features: no record has {', '.join(names)}; name others")
        return variants


SHIFTS: tuple[type[Perturbation], ...] = (SegmentReweighting, CovariateShift, LabelShift)
"""Those that take records in other shares and change none of them."""


def _require_times(severity: float) -> None:
    if not (math.isfinite(severity) and severity >= 1):
        raise ValueError(f"severity: {severity}, how many times as often, at least 1, is needed")


def _more_often(
    sample: Sample,
    within: dict[str, BoolArray],
    times: float,
    rng: np.random.Generator,
    usable: BoolArray | None = None,
) -> Sequence[Variant]:
    """Return a variant for each set of records, with 1 of ``times`` of the others kept."""
    chance: FloatArray = rng.random(len(sample))
    others = chance < 1 / times
    if usable is not None:
        others &= usable
    return [_kept(sample, name, inside | others) for name, inside in within.items()]


def _kept(sample: Sample, name: str, kept: BoolArray) -> Variant:
    places = np.flatnonzero(kept)
    return Variant(name, sample.table.take(places), places, resampled=True)
