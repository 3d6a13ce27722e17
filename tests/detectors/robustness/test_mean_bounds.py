"""Bounds of a mean of bounded values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from scipy.special import ndtri

from detectors.robustness.mean_bounds import mean_bounds

VALUES = arrays(float, st.integers(1, 60), elements=st.floats(-1, 1))


@given(VALUES, st.sampled_from([0.05, 1e-5]))
def test_bounds_hold_the_mean_seen_and_mirror_those_of_the_negative(values, alpha):
    low, high = mean_bounds(values, alpha, alpha, -1, 1)
    assert -1 <= low <= high <= 1
    assert_allclose(mean_bounds(-values, alpha, alpha, -1, 1), (-high, -low), atol=1e-5)


@given(VALUES, st.floats(0.1, 10), st.floats(-5, 5))
def test_bounds_move_with_the_unit_of_the_values(values, scale, shift):
    low, high = mean_bounds(values, 0.01, 0.05, -1, 1)
    other = mean_bounds(values * scale + shift, 0.01, 0.05, shift - scale, shift + scale)
    assert_allclose(other, (low * scale + shift, high * scale + shift), atol=1e-4)


@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
def test_a_bound_misses_the_true_mean_seldom_also_of_rare_values(share):
    rng = np.random.default_rng(8)
    alpha, runs = 0.05, 400
    values = (rng.random((runs, 150)) < share).astype(float)
    bounds = np.array([mean_bounds(each, alpha, alpha) for each in values])
    # 20 expected at most; more than 34 has a chance of 0.001 at 5 %.
    assert (bounds[:, 0] > share).sum() <= 34
    assert (bounds[:, 1] < share).sum() <= 34


def test_bounds_of_many_values_are_about_as_narrow_as_the_normal_ones():
    values = np.clip(np.random.default_rng(9).normal(0.02, 0.2, 4000), -1, 1)
    low, high = mean_bounds(values, 0.0017, 0.0017, -1, 1)
    normal = -2 * ndtri(0.0017) * values.std() / np.sqrt(len(values))
    assert normal < high - low < 1.3 * normal


def test_without_a_record_only_the_range_is_known():
    assert mean_bounds(np.zeros(0), 0.01, 0.05, -1, 1) == (-1.0, 1.0)


@pytest.mark.parametrize("wrong", [1.5, np.nan])
def test_a_value_outside_of_its_range_is_refused(wrong):
    with pytest.raises(ValueError, match=r"is outside of 0\.0\.\.1\.0"):
        mean_bounds(np.array([0.2, wrong]), 0.01, 0.05)
