"""From what a label says to the number that performance is told by."""

from collections.abc import Callable
from math import isfinite, nan

from detectors.prediction_kind import PredictionKind
from monitor.decode.category import category_text, is_scalar
from monitor.schema import LabelSchema

TRUE_OR_FALSE = {1: 1.0, "1": 1.0, "true": 1.0, 0: 0.0, "0": 0.0, "false": 0.0}
"""JSON's true and false are 1 and 0 here, and so are 1.0 and 0.0."""

LabelValue = Callable[[object], float]
"""From a label as JSON holds it to its number; nan for what cannot be one."""


def label_value(schema: LabelSchema, classes: tuple[str, ...]) -> LabelValue:
    """Return how labels become numbers.

    classes: of the reference, for kinds class and probabilities. A label's number is the value of
    a regression, 1 or 0 for a probability, and otherwise the code of the class, the number of
    classes plus one for a class that the reference lacks.
    """
    match schema.kind:
        case PredictionKind.REGRESSION:
            return _number
        case PredictionKind.PROBABILITY:
            positive = schema.positive
            return _true_or_false if positive is None else lambda label: _is(positive, label)
    codes = {name: float(code) for code, name in enumerate(classes)}
    other = float(len(classes) + 1)
    return lambda label: codes.get(category_text(label), other) if is_scalar(label) else nan


def label_words(schema: LabelSchema) -> str:
    """Return what a label must be, in words."""
    match schema.kind:
        case PredictionKind.REGRESSION:
            return "a finite number"
        case PredictionKind.PROBABILITY if schema.positive is None:
            return "1 or 0, or true or false"
    return "a string, number or boolean"


def _number(label: object) -> float:
    if isinstance(label, bool) or not isinstance(label, (int, float)):
        return nan
    return float(label) if isfinite(label) else nan


def _true_or_false(label: object) -> float:
    return TRUE_OR_FALSE.get(label, nan) if is_scalar(label) else nan


def _is(positive: str, label: object) -> float:
    return float(category_text(label) == positive) if is_scalar(label) else nan
