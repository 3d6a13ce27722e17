"""Noise on numbers: every value moves a little at random, or a few values move far."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors.counts import FloatArray
from detectors.robustness.perturbations.perturbation import LabelRule, Variant
from detectors.robustness.perturbations.selection import (
    features_to_change,
    require_amount,
    require_share,
)
from detectors.robustness.space import Space, Values
from detectors.robustness.table import Column, Sample

SEVERITIES = (0.05, 0.1, 0.2, 0.4, 0.8)


@dataclass(frozen=True, slots=True)
class GaussianNoise:
    """Normal noise on numbers and embeddings; the severity is its sd in units of the feature's.

    On a linear model sign(w·x + b) in scaled units, a record at the signed distance
    m = y (w·x + b) keeps its label with the chance Phi(m / (severity ‖w‖₂)).

    Source: Hendrycks and Dietterich (2019), Benchmarking neural network robustness to common
    corruptions and perturbations, ICLR.
    """

    name: ClassVar[str] = "gaussian_noise"
    unit: ClassVar[str] = "sd"
    severities: ClassVar[tuple[float, ...]] = SEVERITIES
    label: ClassVar[LabelRule] = LabelRule.KEPT
    features: tuple[str, ...] = ()

    def __call__(
        self, sample: Sample, space: Space, severity: float, rng: np.random.Generator
    ) -> Sequence[Variant]:
        """Return one variant; integers that noise moves by less than 1 stay as they are."""
        return _noisy(sample, space, severity, self.features, rng.standard_normal)


@dataclass(frozen=True, slots=True)
class UniformNoise:
    """Uniform noise on numbers and embeddings; the severity is its sd in units of the feature's.

    No value moves by more than severity √3 sd.
    """

    name: ClassVar[str] = "uniform_noise"
    unit: ClassVar[str] = "sd"
    severities: ClassVar[tuple[float, ...]] = SEVERITIES
    label: ClassVar[LabelRule] = LabelRule.KEPT
    features: tuple[str, ...] = ()

    def __call__(
        self, sample: Sample, space: Space, severity: float, rng: np.random.Generator
    ) -> Sequence[Variant]:
        """Return one variant; integers that noise moves by less than 1 stay as they are."""
        bound = np.sqrt(3.0)
        return _noisy(
            sample, space, severity, self.features, lambda shape: rng.uniform(-bound, bound, shape)
        )


@dataclass(frozen=True, slots=True)
class LaplaceNoise:
    """Laplace noise on numbers and embeddings; the severity is its sd in units of the feature's.

    Its tails are heavier than normal ones: a few values move far. It is also the noise of
    differentially private releases (Dwork et al. 2006).
    """

    name: ClassVar[str] = "laplace_noise"
    unit: ClassVar[str] = "sd"
    severities: ClassVar[tuple[float, ...]] = SEVERITIES
    label: ClassVar[LabelRule] = LabelRule.KEPT
    features: tuple[str, ...] = ()

    def __call__(
        self, sample: Sample, space: Space, severity: float, rng: np.random.Generator
    ) -> Sequence[Variant]:
        """Return one variant; integers that noise moves by less than 1 stay as they are."""
        scale = 1 / np.sqrt(2.0)
        return _noisy(
            sample, space, severity, self.features, lambda shape: rng.laplace(0.0, scale, shape)
        )


@dataclass(frozen=True, slots=True)
class Outliers:
    """A share of all numbers, each drawn by itself, jumps up or down by ``sd`` sd.

    They are faults and may leave the range; integers stay whole.
    """

    name: ClassVar[str] = "outliers"
    unit: ClassVar[str] = "share"
    severities: ClassVar[tuple[float, ...]] = (0.001, 0.005, 0.01, 0.05, 0.1)
    label: ClassVar[LabelRule] = LabelRule.KEPT
    features: tuple[str, ...] = ()
    sd: float = 10.0

    def __call__(
        self, sample: Sample, space: Space, severity: float, rng: np.random.Generator
    ) -> Sequence[Variant]:
        """Return one variant; what jumps at one severity jumps as far at a larger one."""
        require_share(severity)
        changed: dict[str, Column] = {}
        for each in features_to_change(space, self.features, Values.NUMERIC, fault=True):
            hit = rng.random(len(sample)) < severity
            jump = self.sd * each.scale * rng.choice((-1.0, 1.0), len(sample))
            old = sample.table.columns[each.name]
            new = old + jump
            changed[each.name] = np.where(hit, np.round(new) if each.integer else new, old)
        return [Variant("", sample.table.changed(changed), np.arange(len(sample)))]


def _noisy(
    sample: Sample,
    space: Space,
    severity: float,
    names: Sequence[str],
    draw: Callable[[tuple[int, ...]], FloatArray],
) -> Sequence[Variant]:
    """Return one variant with noise of mean 0 and sd 1, times severity and scale, added."""
    require_amount(severity)
    changed: dict[str, Column] = {}
    for each in features_to_change(space, names, Values.NUMERIC, Values.EMBEDDING):
        old = sample.table.columns[each.name]
        changed[each.name] = old + severity * each.scale * draw(old.shape)
    table = space.repaired(sample.table.changed(changed), sample.table)
    return [Variant("", table, np.arange(len(sample)))]
