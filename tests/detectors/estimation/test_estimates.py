"""Estimated values with their errors, and what is left when labels arrive."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from detectors.estimation.estimates import Comparison, Estimates

SHARE = st.floats(0, 1)


def comparison(reference, estimated, realised, error):
    values = (np.array([each]) for each in (estimated, error, 0.0, 0.0, 1.0))
    return Comparison(np.array([reference]), Estimates(*values), np.array([realised]))


@given(SHARE, SHARE, SHARE, st.floats(0, 1))
def test_a_change_is_what_is_explained_and_what_is_not(reference, estimated, realised, error):
    found = comparison(reference, estimated, realised, error)
    assert_allclose(found.explained + found.unexplained, realised - reference, atol=1e-12)
    low, high = found.estimated.interval
    assert 0 <= low[0] <= estimated <= high[0] <= 1
    assert 0 <= found.holds[0] <= 1
    if low[0] < realised < high[0]:
        assert found.holds[0] == 1


def test_both_sources_of_error_add_as_squares():
    ones = np.ones(1)
    assert_allclose(Estimates(0.5 * ones, 0.3 * ones, 0.4 * ones, 0 * ones, ones).error, 0.5)


def test_an_estimate_holds_by_the_part_of_the_change_that_it_saw():
    # Of a fall by .20 it saw .05; of the other .15, .03 may be noise.
    found = comparison(0.9, 0.85, 0.70, 0.01)
    assert_allclose(found.standard_errors, -15)
    assert_allclose(found.holds, 0.05 / (0.05 + 0.12))


def test_an_estimate_without_a_known_error_is_neither_trusted_nor_distrusted():
    found = comparison(0.9, 0.85, 0.70, np.nan)
    assert np.isnan(found.standard_errors[0])
    assert np.isnan(found.holds[0])
