"""What a model answers."""

from enum import StrEnum


class PredictionKind(StrEnum):
    """What a model answers: a class, the probability of one, those of all, or a number."""

    CLASS = "class"
    PROBABILITY = "probability"
    PROBABILITIES = "probabilities"
    REGRESSION = "regression"
