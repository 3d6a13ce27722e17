"""Confidence intervals by resampling records."""

import math

import numpy as np
import pytest
from scipy.stats import bootstrap

from detectors.robustness.bootstrap import bca


def corruption_error(values):
    return float(values[:, 0].sum() / values[:, 1].sum())


def test_the_interval_is_scipys_but_for_the_draw():
    values = np.random.default_rng(5).exponential(size=80)
    ours = bca(values, lambda v: float(v.mean()), 0.05, 9000, np.random.default_rng(1))
    theirs = bootstrap(
        (values,), np.mean, n_resamples=9000, method="BCa", rng=np.random.default_rng(2)
    ).confidence_interval
    width = theirs.high - theirs.low
    assert ours == pytest.approx((theirs.low, theirs.high), abs=0.03 * width)


def test_a_ratio_keeps_the_two_numbers_of_a_record_together():
    rng = np.random.default_rng(6)
    base = rng.random(100) + 0.5
    values = np.column_stack([0.8 * base, base])
    assert bca(values, corruption_error, 0.05) == pytest.approx((0.8, 0.8))


def test_the_interval_of_a_skewed_ratio_holds_it_about_as_often_as_it_says():
    rng = np.random.default_rng(7)
    held = 0
    for _ in range(60):
        values = (rng.random((200, 2)) < [0.3, 0.15]).astype(float)
        low, high = bca(values, corruption_error, 0.1, 300, rng)
        held += low <= 2 <= high
    # 54 expected; 45 or fewer has a chance of 0.001 at 90 %.
    assert held > 45


def test_censored_distances_have_an_interval_that_may_be_infinite():
    values = np.concatenate([np.linspace(0.1, 1, 50), np.full(50, np.inf)])
    median = bca(values, lambda v: float(np.quantile(v, 0.5, method="inverted_cdf")), 0.05)
    assert 0.7 < median[0] < 1
    assert math.isinf(median[1])


def test_equal_values_have_an_interval_without_width():
    assert bca(np.full(20, 0.3), lambda v: float(v.mean()), 0.05) == pytest.approx((0.3, 0.3))


def test_without_a_record_there_is_no_interval():
    low, high = bca(np.zeros(0), lambda v: float(v.mean()), 0.05)
    assert math.isnan(low)
    assert math.isnan(high)


def test_an_alpha_that_the_resamples_cannot_show_is_refused():
    with pytest.raises(ValueError, match="1e-05 with 2000 resamples"):
        bca(np.zeros(5), lambda v: float(v.mean()), 1e-5)
