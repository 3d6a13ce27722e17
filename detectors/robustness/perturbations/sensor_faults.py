"""Faults of sensors, on records in order of time; each sensor (feature) fails by itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
    require_amount,
    require_count,
    require_share,
)
from detectors.robustness.perturbations.units import quantile
from detectors.robustness.space import Feature, Space, Values
from detectors.robustness.table import Sample


@dataclass(frozen=True, slots=True)
class SensorStuck:
    """Each sensor repeats a value for as many records as the severity says, over and over.

    Every record lies in such a run, because what the model does meanwhile is the question. Where
    a run begins is drawn for each sensor; until a sensor's first run begins it tells its oldest
    value. A sensor that is read too seldom does the same.
    """

    name: ClassVar[str] = "sensor_stuck"
    unit: ClassVar[str] = "records"
    severities: ClassVar[tuple[float, ...]] = (5.0, 10.0, 20.0, 50.0, 100.0)
    label: ClassVar[LabelRule] = LabelRule.KEPT
    features: tuple[str, ...] = ()

    def __call__(
        self, sample: Sample, space: Space, severity: float, rng: np.random.Generator
    ) -> Sequence[Variant]:
        """Return one variant; the severity 1 changes nothing."""
        length = require_count(severity, least=1)
        at = np.arange(len(sample))

        def stuck(_: Feature, values: FloatArray) -> FloatArray:
            phase = int(rng.random() * length)
            told: FloatArray = values[np.maximum((at + phase) // length * length - phase, 0)]
            return told

        return _faulty(sample, space, self.features, stuck)


@dataclass(frozen=True, slots=True)
class SensorDropout:
    """Each sensor tells nothing in one gap; the severity is the gap's share of the records."""

    name: ClassVar[str] = "sensor_dropout"
    unit: ClassVar[str] = "share"
    severities: ClassVar[tuple[float, ...]] = (0.01, 0.05, 0.1, 0.2, 0.4)
    label: ClassVar[LabelRule] = LabelRule.KEPT
    features: tuple[str, ...] = ()

    def __call__(
        self, sample: Sample, space: Space, severity: float, rng: np.random.Generator
    ) -> Sequence[Variant]:
        """Return one variant; a gap begins at the drawn place and goes on at the first record."""
        require_share(severity)
        size = round(severity * len(sample))

        def dropped(_: Feature, values: FloatArray) -> FloatArray:
            start = int(rng.random() * len(values))
            told = values.copy()
            told[(start + np.arange(size)) % len(values)] = np.nan
            return told

        return _faulty(sample, space, self.features, dropped)


@dataclass(frozen=True, slots=True)
class SensorSpike:
    """In a share of the records, drawn at random, all sensors jump up or down by ``sd`` sd at once.

    So a surge of the supply shows; outliers hit each value by itself.
    """

    name: ClassVar[str] = "sensor_spike"
    unit: ClassVar[str] = "share"
    severities: ClassVar[tuple[float, ...]] = (0.001, 0.005, 0.01, 0.05, 0.1)
    label: ClassVar[LabelRule] = LabelRule.KEPT
    features: tuple[str, ...] = ()
    sd: float = 8.0

    def __call__(
        self, sample: Sample, space: Space, severity: float, rng: np.random.Generator
    ) -> Sequence[Variant]:
        """Return one variant; what jumps at one severity jumps as far at a larger one."""
        require_share(severity)
        hit = rng.random(len(sample)) < severity

        def jumped(feature: Feature, values: FloatArray) -> FloatArray:
            jump = self.sd * feature.scale * rng.choice((-1.0, 1.0), len(values))
            return np.where(hit, values + jump, values)

        return _faulty(sample, space, self.features, jumped)


@dataclass(frozen=True, slots=True)
class SensorDrift:
    """Each sensor drifts evenly from no error at the first record to the severity at the last.

    Whether it drifts up or down is drawn for each sensor.
    """

    name: ClassVar[str] = "sensor_drift"
    unit: ClassVar[str] = "sd"
    severities: ClassVar[tuple[float, ...]] = (0.1, 0.25, 0.5, 1.0, 2.0)
    label: ClassVar[LabelRule] = LabelRule.KEPT
    features: tuple[str, ...] = ()

    def __call__(
        self, sample: Sample, space: Space, severity: float, rng: np.random.Generator
    ) -> Sequence[Variant]:
        """Return one variant."""
        require_amount(severity)
        ramp = np.linspace(0.0, 1.0, len(sample))

        def drifted(feature: Feature, values: FloatArray) -> FloatArray:
            most = float(rng.choice((-1.0, 1.0))) * severity * feature.scale
            return values + most * ramp

        return _faulty(sample, space, self.features, drifted)


@dataclass(frozen=True, slots=True)
class SensorLag:
    """Each sensor is late: it tells the value of so many records before."""

    name: ClassVar[str] = "sensor_lag"
    unit: ClassVar[str] = "records"
    severities: ClassVar[tuple[float, ...]] = (1.0, 2.0, 5.0, 10.0, 50.0)
    label: ClassVar[LabelRule] = LabelRule.KEPT
    features: tuple[str, ...] = ()

    def __call__(
        self,
        sample: Sample,
        space: Space,
        severity: float,
        rng: np.random.Generator,  # noqa: ARG002 - as Perturbation
    ) -> Sequence[Variant]:
        """Return one variant, without the first records, before which there is none."""
        late = require_count(severity, least=0)
        if late >= len(sample):
            raise PerturbationError(
                f"severity: {late} records late, but there are only {len(sample)} records; "
                "lower it or raise the records of the re-test"
            )
        places = np.arange(late, len(sample))
        chosen = features_to_change(space, self.features, Values.NUMERIC, fault=True)
        table = sample.table.take(places).changed(
            {each.name: sample.table.columns[each.name][places - late] for each in chosen}
        )
        return [Variant("", table, places)]


@dataclass(frozen=True, slots=True)
class SensorSaturation:
    """Each sensor tells nothing above a quantile of its reference values, only that quantile."""

    name: ClassVar[str] = "sensor_saturation"
    unit: ClassVar[str] = "quantile"
    severities: ClassVar[tuple[float, ...]] = (0.99, 0.95, 0.9, 0.8, 0.7)
    label: ClassVar[LabelRule] = LabelRule.KEPT
    features: tuple[str, ...] = ()

    def __call__(
        self,
        sample: Sample,
        space: Space,
        severity: float,
        rng: np.random.Generator,  # noqa: ARG002 - as Perturbation
    ) -> Sequence[Variant]:
        """Return one variant; a larger severity changes less."""
        require_share(severity)

        def saturated(feature: Feature, values: FloatArray) -> FloatArray:
            most = quantile(feature, severity)
            return np.minimum(values, np.floor(most) if feature.integer else most)

        return _faulty(sample, space, self.features, saturated)


def _faulty(
    sample: Sample,
    space: Space,
    names: Sequence[str],
    fault: Callable[[Feature, FloatArray], FloatArray],
) -> Sequence[Variant]:
    """Return one variant with every sensor's values as its fault tells them, integers whole."""
    chosen = features_to_change(space, names, Values.NUMERIC, fault=True)
    told = {each.name: fault(each, sample.table.columns[each.name]) for each in chosen}
    whole = {each.name: np.round(told[each.name]) for each in chosen if each.integer}
    return [Variant("", sample.table.changed(told | whole), np.arange(len(sample)))]
