"""Quantiles of latencies with their intervals, the sustained rate and the knee."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.retest.load.findings import StepFindings, knee, latency_quantile, sustained

SEEDS = st.integers(0, 2**32 - 1)


def _step(offered: float, achieved: float, failed: int = 0):
    count = 1_000
    return StepFindings(
        offered=offered,
        seconds=(count - failed) / achieved,
        latency_s=np.full(count, 0.01),
        reasons={"http_500": failed} if failed else {},
        lag_s=0.0,
    )


@given(SEEDS, st.integers(1, 3_000), st.sampled_from([0.5, 0.9, 0.99]))
def test_an_interval_holds_its_quantile(seed, count, share):
    latencies = np.random.default_rng(seed).exponential(size=count)
    found = latency_quantile(latencies, share)
    assert found.low <= found.value <= found.high


@pytest.mark.parametrize("share", [0.5, 0.99])
def test_nineteen_of_twenty_intervals_hold_the_true_quantile(share):
    rng = np.random.default_rng(1)
    true = -np.log(1 - share)
    found = [latency_quantile(rng.exponential(size=1_200), share) for _ in range(2_000)]
    held = np.mean([each.low <= true <= each.high for each in found])
    assert 0.94 <= held <= 0.99


def test_the_p99_of_a_thousand_lies_between_about_the_984th_and_the_996th():
    # By the normal approximation 990 ± 1.96 √9.9; the exact ranks are a little further out.
    found = latency_quantile(np.arange(1, 1_001, dtype=float), 0.99)
    assert found.value == 990
    assert (found.low, found.high) == (983, 997)


def test_of_too_few_latencies_the_upper_end_is_not_known():
    assert latency_quantile(np.ones(50), 0.99).high == np.inf
    assert np.isnan(latency_quantile(np.ones(0), 0.5).value)


def test_requests_without_an_answer_are_the_slowest():
    latencies = np.concatenate([np.full(980, 0.01), np.full(20, np.inf)])
    assert latency_quantile(latencies, 0.5).value == 0.01
    assert latency_quantile(latencies, 0.99).value == np.inf


def test_the_sustained_rate_is_the_last_before_the_first_step_that_does_not_hold():
    steps = [_step(10, 10), _step(20, 19.5), _step(40, 30), _step(80, 80)]
    assert sustained(steps) == 20
    assert sustained(steps[2:]) is None


@pytest.mark.parametrize("step", [_step(20, 18), _step(20, 20, failed=10)])
def test_lost_throughput_and_failures_each_break_a_step(step):
    assert not step.holds
    assert _step(20, 20, failed=9).holds


def test_the_knee_is_where_more_load_brings_little_more():
    offered = [10, 20, 30, 40, 50, 60, 80]
    steps = [_step(each, min(each, 40) + each / 100) for each in offered]
    assert knee(steps) == 40


def test_a_line_has_no_knee():
    assert knee([_step(each, each) for each in (10, 20, 40, 80)]) is None
    assert knee([_step(10, 10), _step(20, 12)]) is None
