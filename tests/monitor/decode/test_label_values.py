"""From labels to numbers: the same for equal labels, however JSON wrote them."""

import json
from math import inf, isnan, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.prediction_kind import PredictionKind
from monitor.decode.category import category_text, is_scalar
from monitor.decode.label_values import label_value
from monitor.schema import LabelSchema

CLASSES = ("cat", "5", "true")
texts = st.text(max_size=4)
scalars = st.one_of(
    st.booleans(),
    st.integers(-9, 9),
    st.floats(allow_nan=False, allow_infinity=False),
    texts,
    st.sampled_from([*CLASSES, "0", "1", "false"]),
)
no_labels = st.one_of(st.none(), st.sampled_from([nan, inf, -inf]), st.lists(scalars))


def value_of(kind, positive=None):
    return label_value(LabelSchema(("y",), ("id",), None, kind, positive), CLASSES)


@given(scalars)
def test_a_class_is_coded_by_its_text(label):
    text = category_text(label)
    expected = CLASSES.index(text) if text in CLASSES else len(CLASSES) + 1
    assert value_of(PredictionKind.CLASS)(label) == expected
    assert value_of(PredictionKind.PROBABILITIES)(label) == expected


@given(scalars, texts | st.sampled_from(["1", "true", "5"]))
def test_only_the_label_that_is_named_positive_is(label, positive):
    told = value_of(PredictionKind.PROBABILITY, positive)(label)
    assert told == float(category_text(label) == positive)


@given(scalars)
def test_without_a_name_the_labels_are_true_and_false(label):
    told = value_of(PredictionKind.PROBABILITY)(label)
    expected = {"1": 1.0, "true": 1.0, "0": 0.0, "false": 0.0}.get(category_text(label), nan)
    assert told == expected or (isnan(told) and isnan(expected))


@given(scalars)
def test_a_regressions_label_is_a_number_and_nothing_else(label):
    told = value_of(PredictionKind.REGRESSION)(label)
    if isinstance(label, (bool, str)):
        assert isnan(told)
    else:
        assert told == label


@pytest.mark.parametrize("kind", list(PredictionKind))
@given(label=no_labels)
def test_what_json_calls_no_value_is_no_label(kind, label):
    assert isnan(value_of(kind)(label))


@pytest.mark.parametrize("kind", list(PredictionKind))
@given(label=scalars)
def test_writing_a_label_and_reading_it_again_changes_nothing(kind, label):
    assert is_scalar(label)
    value, again = value_of(kind), json.loads(json.dumps(label))
    assert value(again) == value(label) or isnan(value(label))
