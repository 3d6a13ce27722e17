"""Records outside the reference's support are told, with how far out they are."""

import numpy as np
import pytest
from hypothesis import given

from detectors.support import excess
from tests.detectors.strategies import Table, columns_of, profile_of, summary_of, tables

REFERENCE = Table(
    {"x": np.array([0.0, 1.0, 2.0, 3.0, 4.0]), "y": np.array([0.0, 10.0, 20.0, 30.0, 40.0])},
    {"plan": list("aabbc")},
)


def test_the_farthest_value_says_how_far_out_a_record_lies():
    profile = profile_of(REFERENCE)
    x, y = profile.scale
    table = Table(
        {"x": np.array([2.0, 5.0, 4.0, -1.0, np.nan]), "y": np.array([1.0, 1.0, 41.0, 70.0, 0.0])},
        {"plan": list("abcab")},
    )
    distances, features = excess(profile, columns_of(profile, table))
    assert distances == pytest.approx([0, 1 / x, 1 / y, 30 / y, 0])
    assert features.tolist() == [-1, 0, 1, 1, -1]


def test_a_category_never_seen_lies_farther_out_than_any_value():
    profile = profile_of(REFERENCE)
    table = Table({"x": np.array([1e300, 1.0]), "y": np.array([1.0, 1.0])}, {"plan": ["new", None]})
    distances, features = excess(profile, columns_of(profile, table))
    assert distances.tolist() == [np.inf, 0]
    assert features.tolist() == [2, -1]


@given(tables(), tables())
def test_a_summary_counts_the_records_that_lie_outside(reference, table):
    profile = profile_of(reference)
    distances, features = excess(profile, columns_of(profile, table))
    assert (distances[features < 0] == 0).all()
    assert summary_of(profile, table).outlying == np.count_nonzero(features >= 0)


@given(tables())
def test_no_record_of_the_reference_lies_outside(reference):
    assert summary_of(profile_of(reference), reference).outlying == 0
