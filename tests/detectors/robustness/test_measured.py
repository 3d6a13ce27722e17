"""Measures and what they decide, with records that got no answer."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.robustness.measured import Drop, Mean, Quantile, Share
from detectors.robustness.verdict import Verdict


def test_a_share_passes_fails_or_is_not_decided():
    many = Share(counted=2, unknown=0, records=1000)
    assert many.decide(0.05, True, 0.01).verdict is Verdict.PASSED
    assert many.decide(0.0001, True, 0.01).verdict is Verdict.FAILED
    few = Share(counted=0, unknown=0, records=5)
    assert few.decide(0.05, True, 0.01).verdict is Verdict.INCONCLUSIVE


def test_records_without_an_answer_leave_open_what_they_could_turn():
    answered = Share(counted=10, unknown=0, records=1000)
    silent = Share(counted=10, unknown=200, records=1000)
    assert answered.decide(0.05, True, 0.01).verdict is Verdict.PASSED
    assert silent.decide(0.05, True, 0.01).verdict is Verdict.INCONCLUSIVE
    assert silent.interval().value == pytest.approx(10 / 800)


@given(st.integers(0, 2**32), st.floats(0.0, 0.3))
def test_a_fall_is_that_of_the_two_shares(seed, silent):
    rng = np.random.default_rng(seed)
    before, after = rng.random(200) < 0.9, rng.random(200) < 0.8
    unknown = rng.random(200) < silent
    found = Drop(before, after & ~unknown, unknown).interval()
    known = ~unknown
    assert found.value == pytest.approx(before[known].mean() - after[known].mean())
    assert found.low <= found.value <= found.high


def test_a_fall_is_failed_only_if_it_would_be_with_all_silent_records_good():
    before = np.ones(400, dtype=bool)
    after = np.arange(400) >= 100
    nothing = np.zeros(400, dtype=bool)
    assert Drop(before, after, nothing).decide(0.1, True, 0.01).verdict is Verdict.FAILED
    assert Drop(before, after, ~after).decide(0.1, True, 0.01).verdict is Verdict.INCONCLUSIVE


def test_a_median_is_too_near_where_more_than_half_of_the_records_are():
    near = Quantile(np.concatenate([np.full(700, 0.1), np.full(300, np.inf)]), 0.5)
    assert near.decide(0.3, False, 0.01).verdict is Verdict.FAILED
    far = Quantile(np.concatenate([np.full(300, 0.1), np.full(700, np.inf)]), 0.5)
    assert far.decide(0.3, False, 0.01).verdict is Verdict.PASSED
    assert np.isinf(far.interval().value)


@given(st.lists(st.floats(0, 10), min_size=1, max_size=200), st.sampled_from([0.1, 0.5, 0.99]))
def test_a_quantile_lies_in_its_interval(values, quantile):
    found = Quantile(np.array(values), quantile).interval()
    assert found.low <= found.value <= found.high
    assert found.value in values


@pytest.mark.parametrize("quantile", [0.5, 0.99])
def test_nineteen_of_twenty_intervals_hold_the_true_quantile(quantile):
    rng = np.random.default_rng(1)
    true = -np.log(1 - quantile)
    found = [Quantile(rng.exponential(size=1_200), quantile).interval() for _ in range(2_000)]
    held = np.mean([each.low <= true <= each.high for each in found])
    assert 0.94 <= held <= 0.99


def test_the_p99_of_a_thousand_lies_between_about_the_984th_and_the_996th():
    # By the normal approximation 990 ± 1.96 √9.9; the exact ranks are a little further out.
    found = Quantile(np.arange(1, 1_001, dtype=float), 0.99).interval()
    assert found.value == 990
    assert (found.low, found.high) == (983, 997)


def test_of_too_few_values_the_ends_of_a_quantile_are_those_of_what_can_be():
    found = Quantile(np.full(3, 0.2), 0.5).interval()
    assert (found.low, found.value, found.high) == (0.0, 0.2, np.inf)
    assert np.isnan(Quantile(np.full(3, np.nan), 0.5).interval().value)


def test_a_mean_without_an_answer_is_taken_for_the_best_and_the_worst():
    rng = np.random.default_rng(3)
    values = rng.normal(0.01, 0.02, 2000)
    assert Mean(values, -1.0, 1.0).decide(0.1, True, 0.01).verdict is Verdict.PASSED
    values[:400] = np.nan
    assert Mean(values, -1.0, 1.0).decide(0.1, True, 0.01).verdict is Verdict.INCONCLUSIVE
