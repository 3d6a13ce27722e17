"""Two models on the same records."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from detectors.robustness.drop import drop_bounds
from detectors.robustness.paired import mcnemar, paired_difference


@given(st.integers(0, 200), st.integers(0, 200))
def test_mcnemars_test_is_a_binomial_test_of_one_half(b, c):
    expected = binomtest(b, b + c).pvalue if b + c else 1.0
    assert mcnemar(b, c) == pytest.approx(expected, abs=1e-12)
    assert mcnemar(b, c) == mcnemar(c, b)
    assert mcnemar(b, c, mid=True) <= mcnemar(b, c)


@pytest.mark.parametrize(
    ("pair", "expected"),
    [((5, 15), 0.041389), ((10, 25), 0.016674), ((0, 6), 0.03125)],
)
def test_mcnemars_test_matches_the_computed_values(pair, expected):
    assert round(mcnemar(*pair), 6) == expected


def test_the_mid_p_value_leaves_out_half_of_the_chance_of_what_was_seen():
    assert round(mcnemar(5, 15, mid=True), 6) == 0.026604


def test_a_difference_has_the_interval_of_its_standard_error():
    # (50 - 20) / 1000 with the standard error sqrt(70 - 900 / 1000) / 1000 = 0.0083126.
    value, low, high = paired_difference(50, 20, 1000, 0.05)
    assert (value, low, high) == pytest.approx((0.03, 0.0137076, 0.0462924), abs=1e-6)


def test_a_difference_of_few_discordant_records_has_exact_bounds():
    value, low, high = paired_difference(5, 1, 100, 0.05)
    assert value == pytest.approx(0.04)
    assert (low, high) == drop_bounds(5, 1, 100, 0.025, 0.025)


def test_without_a_record_no_difference_is_known():
    value, low, high = paired_difference(0, 0, 0, 0.05)
    assert math.isnan(value)
    assert (low, high) == (-1.0, 1.0)
