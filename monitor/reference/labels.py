"""From a column of a data file to labels, as the label decoder would make them of live ones."""

import numpy as np

from detectors.counts import FloatArray
from detectors.prediction_kind import PredictionKind
from monitor.decode.label_values import label_value
from monitor.reference.values import Column, Texts, distinct, in_any_spelling, numbers, texts
from monitor.schema import LabelSchema

Labels = FloatArray | Texts
"""Labels of n rows: numbers, nan where a row has none, or the names of classes."""


def labels(schema: LabelSchema, column: Column, parse: bool) -> Labels:
    """Return a column as labels: values of a regression, 1 and 0 of a probability, or classes.

    parse: whether a text may stand for a number or a boolean.
    """
    match schema.kind:
        case PredictionKind.REGRESSION:
            return numbers(column, False, parse)[0]
        case PredictionKind.PROBABILITY:
            return _outcomes(schema, column, parse)
    return texts(column, False, parse)[0]


def _outcomes(schema: LabelSchema, column: Column, parse: bool) -> FloatArray:
    codes, values = distinct(column)
    if parse and schema.positive is None:
        values = [in_any_spelling(value) for value in values]
    value_of = label_value(schema, ())
    return np.array([*map(value_of, values), np.nan])[codes]
