"""Confidence intervals of a share."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.stats import binom, binomtest

from detectors.robustness.intervals import clopper_pearson, lower_bound, upper_bound, wilson

ALPHAS = st.sampled_from([0.05, 0.0017, 1e-5])
SHARES = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))

PUBLISHED = {
    (90, 100): ((0.8256, 0.9448), (0.8238, 0.9510)),
    (50, 50): ((0.9287, 1.0), (0.9289, 1.0)),
    (990, 1000): ((0.9817, 0.9946), (0.9817, 0.9952)),
}


@given(SHARES, ALPHAS)
def test_exact_and_score_intervals_are_scipys(share, alpha):
    k, n = share
    test = binomtest(k, n)
    exact = test.proportion_ci(1 - alpha, method="exact")
    score = test.proportion_ci(1 - alpha, method="wilson")
    assert_allclose(clopper_pearson(k, n, alpha), (exact.low, exact.high), atol=1e-9)
    assert_allclose(wilson(k, n, alpha), (score.low, score.high), atol=1e-9)


@pytest.mark.parametrize(("share", "expected"), PUBLISHED.items())
def test_intervals_match_the_computed_values(share, expected):
    assert tuple(np.round(wilson(*share, 0.05), 4)) == expected[0]
    assert tuple(np.round(clopper_pearson(*share, 0.05), 4)) == expected[1]


@given(SHARES, ALPHAS)
def test_the_bounds_of_a_share_mirror_those_of_its_complement(share, alpha):
    k, n = share
    assert_allclose(lower_bound(k, n, alpha), 1 - upper_bound(n - k, n, alpha), atol=1e-12)


@pytest.mark.parametrize("alpha", [0.05, 0.0017, 1e-5])
@pytest.mark.parametrize("n", [1, 20, 300])
def test_a_bound_misses_the_true_share_with_a_chance_of_alpha_at_most(n, alpha):
    counts = np.arange(n + 1)
    low, high = lower_bound(counts, n, alpha), upper_bound(counts, n, alpha)
    for share in np.linspace(0, 1, 101):
        chances = binom.pmf(counts, n, share)
        assert chances[low > share].sum() <= alpha * (1 + 1e-9)
        assert chances[high < share].sum() <= alpha * (1 + 1e-9)


def test_no_failure_bounds_the_share_by_the_root_of_alpha():
    # 1 - 0.05^(1/n) for n = 100, 300, 1000, 3000.
    found = upper_bound(0, [100, 300, 1000, 3000], 0.05)
    assert_allclose(found, [0.0295, 0.0099, 0.0030, 0.0010], atol=6e-5)


def test_without_a_record_nothing_is_known():
    assert [float(end) for end in clopper_pearson(0, 0, 0.05)] == [0.0, 1.0]
    assert [float(end) for end in wilson(0, 0, 0.05)] == [0.0, 1.0]


def test_a_count_above_the_records_is_refused():
    with pytest.raises(ValueError, match="7 of 5 records"):
        lower_bound(7, 5, 0.05)


def test_an_alpha_that_is_no_chance_is_refused():
    with pytest.raises(ValueError, match=r"alpha is 5"):
        upper_bound(1, 5, 5)
