"""Exact bounds of a drop between two accuracies on the same records."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.special import ndtri
from scipy.stats import multinomial

from detectors.robustness.drop import drop_bounds
from detectors.robustness.intervals import upper_bound

ALPHAS = st.sampled_from([0.05, 0.0017, 1e-5])


@st.composite
def tables(draw):
    n = draw(st.integers(1, 400))
    b = draw(st.integers(0, n))
    return b, draw(st.integers(0, n - b)), n


@pytest.mark.parametrize("alpha", [0.05, 0.0017, 1e-5])
@pytest.mark.parametrize("n", [4, 13])
def test_a_bound_misses_the_true_drop_with_a_chance_of_alpha_at_most(n, alpha):
    tables = np.array([(b, c, n - b - c) for b in range(n + 1) for c in range(n + 1 - b)])
    bounds = np.array([drop_bounds(b, c, n, alpha, alpha) for b, c, _ in tables])
    for discordant in np.linspace(0.02, 1, 15):
        for drop in np.linspace(-discordant, discordant, 17):
            shares = [(discordant + drop) / 2, (discordant - drop) / 2, 1 - discordant]
            chances = multinomial.pmf(tables, n, shares)
            assert chances[bounds[:, 0] > drop + 1e-9].sum() <= alpha
            assert chances[bounds[:, 1] < drop - 1e-9].sum() <= alpha


def test_a_bound_misses_the_true_drop_of_many_records_as_seldom():
    # 1000 records of which a tenth is discordant; all outcomes that matter, by their line.
    n, alpha, drop, discordant = 1000, 0.0017, 0.02, 0.08
    missed = 0.0
    for pairs in range(40, 125, 6):
        wrong = np.arange(pairs + 1)
        low, high = 0, pairs + 1
        while low < high:
            middle = (low + high) // 2
            above = drop_bounds(middle, pairs - middle, n, alpha, 0.05)[0] > drop
            low, high = (low, middle) if above else (middle + 1, high)
        tables = np.column_stack([wrong, pairs - wrong, np.full(pairs + 1, n - pairs)])
        shares = [(discordant + drop) / 2, (discordant - drop) / 2, 1 - discordant]
        missed += 6 * multinomial.pmf(tables, n, shares)[low:].sum()
    assert 0.5 * alpha < missed < alpha


@settings(max_examples=40, deadline=None)
@given(tables(), ALPHAS)
def test_bounds_hold_the_drop_seen_and_mirror_those_of_the_gain(table, alpha):
    b, c, n = table
    low, high = drop_bounds(b, c, n, alpha, alpha)
    assert -1 <= low <= (b - c) / n <= high <= 1
    assert drop_bounds(c, b, n, alpha, alpha) == (-high, -low)


@settings(max_examples=20, deadline=None)
@given(tables())
def test_a_smaller_alpha_gives_wider_bounds(table):
    wide, narrow = drop_bounds(*table, 1e-5, 1e-5), drop_bounds(*table, 0.05, 0.05)
    assert wide[0] <= narrow[0] + 1e-6
    assert wide[1] >= narrow[1] - 1e-6


@pytest.mark.parametrize("alpha", [0.05, 0.0017])
def test_bounds_tend_to_those_by_the_standard_error(alpha):
    b, c, n = 300, 200, 5000
    half = -ndtri(alpha) * np.sqrt(b + c - (b - c) ** 2 / n) / n
    assert_allclose(
        drop_bounds(b, c, n, alpha, alpha), [0.02 - half, 0.02 + half], atol=0.04 * half
    )


def test_no_discordant_record_bounds_the_drop_about_as_no_failure_bounds_a_share():
    low, high = drop_bounds(0, 0, 1000, 0.05, 0.05)
    assert high == -low
    assert float(upper_bound(0, 1000, 0.05)) <= high <= float(upper_bound(0, 1000, 0.04))


def test_without_a_record_nothing_is_known():
    assert drop_bounds(0, 0, 0, 0.01, 0.05) == (-1.0, 1.0)


def test_more_discordant_records_than_records_are_refused():
    with pytest.raises(ValueError, match="6 and 7 discordant of 10 records"):
        drop_bounds(6, 7, 10, 0.01, 0.05)
