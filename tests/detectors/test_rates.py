"""Shares of missing, invalid, out-of-range and never-seen values."""

from dataclasses import replace

import numpy as np
from numpy.testing import assert_allclose

from detectors.rates import rates
from detectors.summary import Summary
from tests.detectors.strategies import Table, profile_of, summary_of

REFERENCE = Table(
    numeric={"x": np.arange(10.0)},
    categorical={"plan": ["a", "b"] * 5, "country": ["DE"] * 10},
    embeddings={"text": np.ones((10, 2))},
)
PROFILE = profile_of(REFERENCE)


def test_shares_are_of_all_records_and_stand_in_the_order_of_the_entries():
    window = Table(
        numeric={"x": np.array([1.0, np.nan, -5.0, 99.0])},
        categorical={"plan": ["a", "new", "new", None], "country": [None] * 4},
        embeddings={"text": np.array([[1.0, 1.0], [np.nan, 1.0], [0.0, 0.0], [0.0, 1.0]])},
        invalid=np.array([[1, 0], [0, 2], [1, 3]]),
    )
    told = rates(summary_of(PROFILE, window), PROFILE)
    none = np.nan
    assert_allclose(told.missing, [0.25, 0.25, 1.0, 0.25, none])
    assert_allclose(told.invalid, [0.25, 0.0, 0.25, 0.25, none])
    assert_allclose(told.out_of_range, [0.5, none, none, none, none])
    assert_allclose(told.unseen, [none, 0.5, 0.0, none, none])


def test_never_seen_cannot_be_told_where_the_references_levels_were_too_many():
    profile = replace(PROFILE, others=(None, frozenset()))
    told = rates(summary_of(profile, REFERENCE), profile)
    assert_allclose(told.unseen, [np.nan, np.nan, 0.0, np.nan, np.nan])


def test_a_window_without_records_has_no_rates():
    told = rates(Summary.empty(PROFILE), PROFILE)
    for each in (told.missing, told.invalid, told.out_of_range, told.unseen):
        assert np.isnan(each).all()
