"""Answers of any form are read as the task means them, or not at all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from detectors.prediction_kind import PredictionKind
from detectors.robustness.answers import Task
from monitor.retest.endpoints.reading import Reader
from monitor.retest.endpoints.wire import Reply, RequestError

BINARY = Task(("0", "1"), threshold=0.5)
COLOURS = Task(("blue", "green", "red"))

PROBABILITY = Reader(BINARY, PredictionKind.PROBABILITY)
CLASS = Reader(COLOURS, PredictionKind.CLASS)
CHANCES = Reader(COLOURS, PredictionKind.PROBABILITIES)
NUMBER = Reader(Task(tolerance=0.1), PredictionKind.REGRESSION)

anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=12,
)


@given(anything, st.sampled_from([PROBABILITY, CLASS, CHANCES, NUMBER]), st.integers(1, 4))
def test_whatever_a_server_says_is_read_or_refused(values, reader, records):
    try:
        read = reader(Reply(values), records)
    except RequestError:
        return
    assert len(read.outcome) == len(read.chances) == len(read.reasons) == records
    assert_array_equal(np.isnan(read.outcome), read.reasons != "")


@given(st.lists(st.floats(0, 1), min_size=1, max_size=9))
def test_one_probability_is_read_like_two(positive):
    one = PROBABILITY(Reply(positive), len(positive))
    nested = PROBABILITY(Reply([[value] for value in positive]), len(positive))
    both = PROBABILITY(Reply([[1 - value, value] for value in positive]), len(positive))
    for each in (nested, both):
        assert_allclose(each.chances, one.chances)
        assert_array_equal(each.outcome, one.outcome)


@pytest.mark.parametrize(
    "values",
    [
        ["red", "blue"],
        [["red"], ["blue"]],
        [2, 0],
        [[2.0], [0.0]],
        np.array([[2], [0]]),
        [{"red": 0.7, "blue": 0.2, "green": 0.1}, {"blue": 1.0, "green": 0.0, "red": 0.0}],
        [[0.2, 0.1, 0.7], [1, 0, 0]],
    ],
    ids=str,
)
def test_a_class_may_be_told_in_many_ways(values):
    assert_array_equal(CLASS(Reply(values), 2).outcome, [2.0, 0.0])


def test_truth_values_are_classes_0_and_1():
    read = PROBABILITY(Reply([True, False]), 2)
    assert_array_equal(read.outcome, [1.0, 0.0])
    assert read.chances.shape == (2, 0)


def test_whole_numbers_of_a_typed_wire_are_labels_and_those_of_json_probabilities():
    assert PROBABILITY(Reply(np.array([1, 0]), labels=True), 2).chances.shape == (2, 0)
    assert_array_equal(PROBABILITY(Reply([1, 0]), 2).chances, [[0.0, 1.0], [1.0, 0.0]])


def test_one_answer_of_another_width_fails_alone():
    read = CHANCES(Reply([[0.2, 0.3, 0.5], [0.5, 0.5], [1.0, 0.0, 0.0]]), 3)
    assert list(read.reasons) == ["", "wrong_shape", ""]
    assert_array_equal(read.outcome, [2.0, np.nan, 0.0])


@pytest.mark.parametrize(
    ("values", "reason"),
    [([None], "nan"), ([[0.5, 0.5]], "wrong_shape"), (["x"], "wrong_type"), ([1e400], "nan")],
    ids=str,
)
def test_a_regression_wants_a_number(values, reason):
    assert list(NUMBER(Reply(values), 1).reasons) == [reason]
