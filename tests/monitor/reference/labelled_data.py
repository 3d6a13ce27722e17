"""Tables of predictions with labels, of each kind of prediction, and schemas for them."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from detectors.prediction_kind import PredictionKind
from monitor.schema import Kind, LabelSchema, Prediction, Schema
from tests.monitor.reference.data import a_schema

CLASSES = ("cat", "dog", "owl")


def labels_of(kind: PredictionKind, positive: str | None = None) -> LabelSchema:
    """Labels in column ``y``."""
    return LabelSchema(("y",), ("id",), None, kind, positive)


def schema_of(kind: PredictionKind, segment: str | None = "country") -> Schema:
    """Two features and a prediction in column ``score``."""
    return a_schema(
        Prediction(("score",), kind),
        segment,
        x=Kind.NUMERIC,
        plan=Kind.CATEGORICAL,
    )


def labelled_table(kind: PredictionKind, rows: int, seed: int = 0) -> pa.Table:
    """Rows of a fair model; a tenth of them have no label, and a few kinds of classes are rare."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=rows)
    chance = 1 / (1 + np.exp(-x))
    scores, truth = pa.array(chance), pa.array((rng.random(rows) < chance).astype(int).tolist())
    if kind is PredictionKind.REGRESSION:
        scores, truth = pa.array(2 * x), pa.array(2 * x + rng.normal(size=rows))
    elif kind is not PredictionKind.PROBABILITY:
        label = rng.choice(3, rows, p=[0.5, 0.3, 0.2])
        told = np.where(rng.random(rows) < 0.3, rng.integers(0, 3, rows), label)
        names = np.array([*CLASSES, "yak"])
        truth = pa.array(names[np.where(rng.random(rows) < 0.01, 3, label)].tolist())
        scores = pa.array(names[told].tolist())
        if kind is PredictionKind.PROBABILITIES:
            table = np.full((rows, 3), 0.15)
            table[np.arange(rows), told] = 0.7
            scores = pa.array([dict(zip(CLASSES, each, strict=True)) for each in table.tolist()])
    gone = pa.array(rng.random(rows) < 0.1)
    return pa.table(
        {
            "x": x,
            "plan": np.array(["free", "pro"])[rng.integers(2, size=rows)].tolist(),
            "country": np.array(["DE", "FR", "AT"])[rng.integers(3, size=rows)].tolist(),
            "score": scores,
            "y": pc.if_else(gone, None, truth),
        }
    )
