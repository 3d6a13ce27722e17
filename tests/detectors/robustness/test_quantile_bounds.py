"""Bounds of a quantile by ranks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from detectors.robustness.quantile_bounds import quantile_bounds


@given(
    st.integers(0, 300),
    st.floats(0.01, 0.99),
    st.sampled_from([0.05, 0.0017, 1e-5]),
)
def test_bounds_are_the_narrowest_ranks_that_miss_with_a_chance_of_alpha_at_most(
    n, quantile, alpha
):
    # Of the values 1 .. n the bounds are ranks.
    low, high = quantile_bounds(np.arange(1.0, n + 1), quantile, alpha, alpha)
    if np.isfinite(low):
        assert binom.cdf(low - 1, n, quantile) <= alpha
    assert binom.cdf(max(low, 0), n, quantile) > alpha
    if np.isfinite(high):
        assert binom.sf(high - 1, n, quantile) <= alpha * (1 + 1e-9)
    assert binom.sf(min(high, n + 1) - 2, n, quantile) > alpha * (1 - 1e-9)


def test_the_99th_percentile_of_1000_lies_between_the_984th_and_the_997th():
    # np +- 1.96 sqrt(np(1 - p)) = 990 +- 6.2; exact ranks are a little wider.
    low, high = quantile_bounds(np.arange(1.0, 1001), 0.99, 0.025, 0.025)
    assert low == pytest.approx(984, abs=1)
    assert high == pytest.approx(996, abs=1)


def test_a_few_distances_do_not_bound_a_percentile():
    low, high = quantile_bounds(np.arange(10.0), 0.99, 0.05, 0.05)
    assert high == np.inf
    assert 0 < low < 9


def test_distances_that_were_not_found_count_as_larger_than_all():
    values = np.concatenate([np.arange(1.0, 31), np.full(70, np.inf)])
    low, high = quantile_bounds(values, 0.5, 0.05, 0.05)
    assert low == np.inf
    assert high == np.inf


def test_a_nan_is_refused():
    with pytest.raises(ValueError, match="nan"):
        quantile_bounds(np.array([1.0, np.nan]), 0.5, 0.05, 0.05)
