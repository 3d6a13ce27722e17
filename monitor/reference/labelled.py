"""Rows with labels: what the model said of them, and what turned out to be true."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detectors.counts import FloatArray, IntArray
from detectors.performance.pairs import Pairs
from detectors.prediction_kind import PredictionKind
from monitor.reference.labels import Labels
from monitor.reference.rows import Rows
from monitor.reference.values import Texts
from monitor.schema import CONFIDENCE, PREDICTION, Schema


@dataclass(frozen=True, slots=True)
class Labelled:
    """The rows of a batch that have a label, not coded yet.

    places: (n,), of the rows in their batch. predicted, actual: their predictions and labels.
    confidence: (n,), as in Pairs.
    """

    places: IntArray
    predicted: Labels
    actual: Labels
    confidence: FloatArray

    @classmethod
    def of(cls, schema: Schema, rows: Rows) -> "Labelled":
        """Return the rows with a label."""
        found = rows.labels
        if found is None:
            places = np.zeros(0, dtype=np.int64)
        elif isinstance(found, Texts):
            places = np.flatnonzero(found.codes >= 0)
        else:
            places = np.flatnonzero(~np.isnan(found))
        numeric = [field.name for field in schema.numeric]
        confidence = np.full(len(places), np.nan)
        if CONFIDENCE in numeric:
            confidence = rows.numeric[places, numeric.index(CONFIDENCE)]
        predicted: Labels
        if PREDICTION in numeric:
            predicted = rows.numeric[places, numeric.index(PREDICTION)]
        else:
            categorical = [field.name for field in schema.categorical]
            predicted = rows.texts[categorical.index(PREDICTION)].only(places)
        nothing = np.zeros(0)
        actual = nothing if found is None else _only(found, places)
        return cls(places, predicted, actual, confidence)


def pairs_of(
    kind: PredictionKind,
    classes: Sequence[str],
    levels: Sequence[str],
    predicted: Labels,
    actual: Labels,
    confidence: FloatArray,
) -> Pairs:
    """Return labelled rows as joined pairs.

    classes: of the task. levels: of the prediction, that a live one can be told to be. A prediction
    of another class has code K, for K classes, a label of another one K + 1; where both are so,
    nothing can be told and the label is nan.
    """
    if isinstance(predicted, Texts):
        known = {name: code for code, name in enumerate(classes)}
        other = len(classes)
        said = {name: known[name] for name in levels if name in known}
        predicted = predicted.mapped(said, other, other).astype(np.float64)
        assert isinstance(actual, Texts), "labels of classes are texts"
        actual = actual.mapped(known, other + 1, other + 1).astype(np.float64)
        actual[(predicted == other) & (actual > other)] = np.nan
    assert not isinstance(actual, Texts), "labels of numbers are numbers"
    if kind is not PredictionKind.PROBABILITIES:
        confidence = np.full(len(predicted), np.nan)
    places = np.arange(len(predicted))
    return Pairs(
        predicted=predicted,
        actual=actual,
        confidence=confidence,
        hashes=places.astype(np.uint64),
        times=places,
        partitions=places,
        offsets=places,
    )


def _only(labels: Labels, places: IntArray) -> Labels:
    return labels.only(places) if isinstance(labels, Texts) else labels[places]
