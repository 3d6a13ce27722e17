"""Joined pairs: which can be judged, and the codes of their classes."""

import doctest

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detectors.performance import pairs
from detectors.performance.pairs import class_codes
from detectors.prediction_kind import PredictionKind
from tests.detectors.performance.joined import pairs_of

NAMES = st.sampled_from(["cat", "dog", "emu", "fox"])


def test_the_examples_hold():
    assert doctest.testmod(pairs).failed == 0


@given(st.lists(st.tuples(NAMES, NAMES), max_size=20))
def test_a_pair_has_equal_codes_where_its_classes_are_equal_and_only_there(names):
    predicted, actual = [said for said, _ in names], [was for _, was in names]
    said, was = class_codes({"cat": 0, "dog": 1}, predicted, actual)
    assert (said == was).tolist() == [a == b for a, b in names]
    assert not len(said) or (said.max() <= 2 and was.max() <= 3)


def test_a_probability_is_usable_from_0_to_1_and_a_value_wherever_it_is_finite():
    columns = [0.0, 1.0, -0.1, 1.1, np.nan, np.inf]
    some = pairs_of(columns, [1.0] * 6)
    assert some.usable(PredictionKind.PROBABILITY).offsets.tolist() == [0, 1]
    assert some.usable(PredictionKind.REGRESSION).offsets.tolist() == [0, 1, 2, 3]
    sure = pairs_of([0.0] * 6, [1.0] * 6, confidence=np.array(columns))
    assert sure.usable(PredictionKind.PROBABILITIES).offsets.tolist() == [0, 1]


def test_pairs_that_can_all_be_judged_are_not_copied():
    whole = pairs_of([0.2, 0.4], [0, 1])
    assert whole.usable(PredictionKind.PROBABILITY) is whole
