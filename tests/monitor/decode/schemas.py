"""Schemas that use every kind of field, and profiles for them, for the decoder's tests."""

import numpy as np

from detectors.prediction_kind import PredictionKind
from detectors.profile import Profile
from monitor.schema import (
    Field,
    Kind,
    Prediction,
    Schema,
    TimeField,
    TimeUnit,
)
from tests.detectors.strategies import Table, profile_of

SEGMENTS = ("DE", "7", "true")
NUMBERS = np.linspace(-3.0, 3.0, 50)
LEVELS = ["pro", "pro", "true", "true", "5", "5", "0.5", "basic", "é", *map(str, range(100, 112))]
"""More than a profile's top levels, so that some are others."""

FEATURES = (
    Field("income", ("features", "income"), Kind.NUMERIC),
    Field("plan", ("features", "plan"), Kind.CATEGORICAL),
    Field("age", ("features", "age"), Kind.NUMERIC, integer=True, low=0, high=120),
    Field("vip", ("features", "vip"), Kind.BOOLEAN),
    Field("vector", ("features", "vector"), Kind.EMBEDDING, size=2),
)


def score(kind: PredictionKind, *classes: str) -> Prediction:
    """A prediction that lies at ``score``."""
    return Prediction(("score",), kind, classes)


def at(unit: TimeUnit) -> TimeField:
    """An event time that lies at ``ts``."""
    return TimeField(("ts",), unit)


CREDIT = Schema(
    features=FEATURES,
    prediction=score(PredictionKind.PROBABILITY),
    id=("id",),
    time=at(TimeUnit.MILLISECONDS),
    version=("version",),
    segment=("country",),
)

SCHEMAS = {
    "probability": CREDIT,
    "regression without anything else": Schema(FEATURES, score(PredictionKind.REGRESSION)),
    "class and ISO times": Schema(FEATURES, score(PredictionKind.CLASS), time=at(TimeUnit.ISO8601)),
    "probabilities as lists": Schema(
        FEATURES,
        score(PredictionKind.PROBABILITIES, "pro", "5", "new"),
        time=at(TimeUnit.SECONDS),
        segment=("features", "plan"),
    ),
    "probabilities as objects": Schema(
        FEATURES, score(PredictionKind.PROBABILITIES), time=at(TimeUnit.NANOSECONDS)
    ),
    "a number that is the segment, the version and the id too": Schema(
        FEATURES,
        score(PredictionKind.PROBABILITY),
        id=("features", "income"),
        time=at(TimeUnit.MICROSECONDS),
        version=("features", "vip"),
        segment=("features", "income"),
    ),
    "an object that is a value too": Schema(
        FEATURES, score(PredictionKind.PROBABILITY), version=("features",)
    ),
    "features at the top": Schema(
        tuple(
            Field(each.name, each.path[1:], each.kind, each.integer, size=each.size)
            for each in sorted(FEATURES, key=lambda field: field.kind)
        ),
        score(PredictionKind.REGRESSION),
        time=at(TimeUnit.MILLISECONDS),
        version=("version",),
    ),
    "nothing but a prediction": Schema((), score(PredictionKind.PROBABILITY)),
}


def profile_for(schema: Schema) -> Profile:
    """Return the profile of a small reference of a schema's records."""
    count = len(NUMBERS)
    levels = (LEVELS * count)[:count]
    return profile_of(
        Table(
            numeric={field.name: NUMBERS for field in schema.numeric},
            categorical={field.name: levels for field in schema.categorical},
            embeddings={field.name: np.zeros((count, field.size)) for field in schema.embeddings},
        ),
        components=4,
    )
