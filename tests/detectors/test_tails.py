"""How far the values in a long bin reach."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import expon, lognorm, norm, t

from detectors.tails import mean_place, reach_beyond, reach_within

lengths = st.floats(1e-6, 1e12)
records = st.integers(1, 10**9)


def arrays_of(*values):
    return [np.array([float(value)]) for value in values]


@given(lengths, lengths, records)
def test_the_mean_place_lies_within_the_tail(near, length, n):
    assert 0 < mean_place(*arrays_of(near, length, n))[0] <= 1


@given(lengths, records, st.integers(-30, 30))
def test_the_unit_of_length_does_not_matter(length, n, power):
    place, scaled = (mean_place(*arrays_of(u, length * u, n))[0] for u in (1.0, 2.0**power))
    assert place == pytest.approx(scaled, rel=1e-9)


@pytest.mark.parametrize(("length", "n"), [(0.1, 50), (3.0, 50), (49.0, 50), (1e4, 50), (7.0, 2)])
def test_the_mean_place_is_the_integral_of_the_power_law(length, n):
    exponent = np.log(n) / np.log1p(length)
    mean, _ = quad(lambda x: x**-exponent, 1, 1 + length)
    assert mean_place(*arrays_of(1, length, n)) == pytest.approx([mean / length], rel=1e-6)


def test_a_single_value_lies_at_the_end():
    assert mean_place(*arrays_of(2, 5, 1)) == pytest.approx([1.0])


@pytest.mark.parametrize("n", [20_000, 1_000_000])
@pytest.mark.parametrize(
    "law", [norm(), expon(), t(3), lognorm(1.0), lognorm(1.5)], ids=lambda law: str(law.dist.name)
)
def test_the_tail_of_a_known_law_has_about_its_mean(law, n):
    # The last of 32 quantile bins, which would otherwise count as evenly filled to its end.
    sd = (law.ppf(0.75) - law.ppf(0.25)) / 1.349
    start, end = law.ppf(31 / 32), law.ppf(1 - 1 / n)
    excess = quad(law.sf, start, np.inf)[0] * 32
    near = start - law.ppf(0.5) + sd
    told = mean_place(*arrays_of(near, end - start, n / 32))[0] * (end - start)
    assert 1 / 2 < told / excess < 2


def test_values_within_the_range_are_spread_evenly_at_most_to_its_end():
    assert reach_within(*arrays_of(1, 10, 2)) == pytest.approx([1.0])
    assert reach_within(*arrays_of(1, 1e9, 1000))[0] < 0.01


def test_one_far_value_among_many_does_not_pull_the_others():
    # A thousand values just beyond the range and one at 1e9, among a hundred thousand.
    part = reach_beyond(*arrays_of(5, 1e9, 1001, 0.01))[0]
    assert part / 2 * 1000 < 10
    assert reach_beyond(*arrays_of(5, 1e9, 1, 1e-5)) == pytest.approx([0.0])


def test_a_body_that_moved_out_of_the_range_is_spread_evenly():
    assert reach_beyond(*arrays_of(5, 40, 1e5, 1.0)) == pytest.approx([1.0], abs=1e-4)


@given(lengths, lengths, records, st.floats(0, 1))
def test_values_beyond_the_range_reach_a_part_of_the_way(near, length, n, share):
    assert 0 <= reach_beyond(*arrays_of(near, length, n, share))[0] <= 1
