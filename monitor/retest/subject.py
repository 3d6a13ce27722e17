"""What a re-test must know of a model: its input's space and its task."""

from collections.abc import Sequence

import numpy as np

from detectors.cells import TOP_LEVELS, VALUE_BINS
from detectors.counts import FloatArray, IntArray
from detectors.performance.task import NEGATIVE_AND_POSITIVE
from detectors.prediction_kind import PredictionKind
from detectors.robustness.answers import Task
from detectors.robustness.space import QUANTILES, Feature, Space, Values
from monitor.config.model import ModelConfig
from monitor.config.retests import RetestConfig
from monitor.reference.file import Reference
from monitor.schema import PREDICTION, Kind

TOLERANCE_SD = 0.1
IMAGE_RANGE = (0.0, 1.0)


def space_of(model: ModelConfig, reference: Reference) -> Space:
    """Return the features of a model's input, as the configuration and the reference tell."""
    return Space(tuple(_feature(name, model, reference) for name in model.features))


def task_of(model: ModelConfig, retest: RetestConfig, reference: Reference) -> Task:
    """Return what the model is asked for."""
    prediction = model.schema.prediction
    match prediction.kind:
        case PredictionKind.REGRESSION:
            row = reference.profile.numeric.index(PREDICTION)
            default = TOLERANCE_SD * float(reference.profile.scale[row])
            return Task(tolerance=retest.tolerance or default)
        case PredictionKind.PROBABILITY:
            return Task(NEGATIVE_AND_POSITIVE, prediction.threshold)
    return Task(_classes(prediction.classes, reference))


def _classes(configured: Sequence[str], reference: Reference) -> tuple[str, ...]:
    if configured:
        return tuple(configured)
    if reference.performance is not None:
        return reference.performance.task.classes
    row = reference.profile.categorical.index(PREDICTION)
    return tuple(sorted(reference.profile.levels[row]))


def _feature(name: str, model: ModelConfig, reference: Reference) -> Feature:
    configured, profile = model.features[name], reference.profile
    values = Values(configured.kind.value)
    immutable, group = configured.immutable, configured.one_hot or ""
    if configured.kind is Kind.NUMERIC:
        row = profile.numeric.index(name)
        low, high = float(profile.low[row]), float(profile.high[row])
        return Feature(
            name,
            values,
            integer=configured.integer,
            low=low,
            high=high,
            immutable=immutable,
            group=group,
            centre=float(profile.centre[row]),
            scale=float(profile.scale[row]),
            quantiles=_quantiles(profile.edges[row], reference.total.counts[row, :VALUE_BINS]),
        )
    if configured.kind in (Kind.CATEGORICAL, Kind.BOOLEAN):
        row = profile.categorical.index(name)
        levels = profile.levels[row]
        counts = reference.total.counts[len(profile.numeric) + row, : min(len(levels), TOP_LEVELS)]
        shares = counts / max(counts.sum(), 1)
        return Feature(name, values, immutable=immutable, levels=levels, shares=shares)
    if configured.kind is Kind.EMBEDDING:
        place = profile.embeddings.index(name)
        low, high = configured.range or (IMAGE_RANGE if configured.shape else (-np.inf, np.inf))
        scale = 1.0 if configured.shape else float(profile.embedding_scale[place].mean())
        return Feature(
            name,
            values,
            low=low,
            high=high,
            immutable=immutable,
            scale=scale,
            size=configured.size or 0,
            shape=configured.shape or (),
        )
    return Feature(name, values, immutable=immutable)


def _quantiles(edges: FloatArray, counts: IntArray) -> FloatArray:
    """Return a feature's quantiles by the counts below its bins' edges; empty without a value.

    counts: (VALUE_BINS,), as many as ``edges`` and one more.
    """
    known = edges[np.isfinite(edges)]
    if not len(known):
        return np.zeros(0)
    below = np.cumsum(counts)[: len(known)] / max(int(counts.sum()), 1)
    found: FloatArray = np.interp(np.linspace(0.0, 1.0, QUANTILES), below, known)
    return found
