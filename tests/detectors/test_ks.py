"""Kolmogorov-Smirnov distance on ordered bins."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from scipy.stats import ks_2samp

from detectors.bins import count_into, quantile_edges
from detectors.counts import Counts
from detectors.ks import KS
from tests.detectors.strategies import counts, drift_free, mean_and_error, numbers

columns = arrays(np.float64, st.integers(2, 150), elements=numbers(missing=False))


def binned(values, edges):
    return Counts(count_into(values[:, None], edges[None]))


def edges_of(values):
    return quantile_edges(values, values.min(), values.max())


def test_ks_matches_the_hand_computed_value():
    # Cumulated shares .5 against .75 at the first of two ordered bins.
    assert KS()(Counts([[50, 50]]), Counts([[75, 25]])).tolist() == [0.25]


@given(counts(1, 6, most=60), counts(1, 6, most=60))
def test_ks_of_one_value_a_bin_is_scipys(a, b):
    data = [np.repeat(np.arange(6), each.values[0]) for each in (a, b)]
    assert_allclose(KS()(a, b), [ks_2samp(*data, method="asymp").statistic], atol=1e-12)


@given(columns, columns)
def test_ks_of_bins_is_below_that_of_the_data_by_no_more_than_its_error(reference, window):
    edges = edges_of(reference)
    a, b = binned(reference, edges), binned(window, edges)
    exact = ks_2samp(reference, window, method="asymp").statistic
    value, error = KS()(a, b)[0], KS().binning_error(a, edges[None])[0]
    assert value - 1e-9 <= exact <= value + error + 1e-9


@given(counts(3, 8), counts(3, 8))
def test_ks_is_at_most_one(a, b):
    assert (KS()(a, b) <= 1).all()


def test_ks_of_disjoint_data_is_one():
    assert KS()(Counts([[3, 0, 7, 0, 0]]), Counts([[0, 0, 0, 1, 2]])).tolist() == [1.0]


def test_the_error_of_quantile_bins_is_the_share_of_one():
    values = np.random.default_rng(0).normal(size=3200)
    edges = edges_of(values)
    assert KS().binning_error(binned(values, edges), edges[None]) == pytest.approx(1 / 32)


def test_a_spike_adds_nothing_to_the_error():
    rng = np.random.default_rng(1)
    values = np.concatenate([np.zeros(900), rng.random(100)])
    edges = edges_of(values)
    assert KS().binning_error(binned(values, edges), edges[None])[0] < 0.1


@pytest.mark.parametrize("bins", [10, 32, 1000])
def test_drift_free_data_show_the_noise_on_average(bins):
    a, b = drift_free(np.full(bins, 1 / bins), 100_000, 20_000, runs=3000, seed=bins)
    mean, error = mean_and_error(KS()(a, b))
    assert KS().noise(a, b).mean() == pytest.approx(mean, abs=4 * error)


def test_the_noise_of_unbinned_data_is_kolmogorovs_mean():
    # 0.87 sqrt((n + m) / (n m)): the bins' correction vanishes as they become many.
    many = Counts(np.ones((1, 100_000), dtype=np.int64))
    assert KS().noise(many, many)[0] == pytest.approx(0.8687 * np.sqrt(2e-5), rel=3e-3)


@pytest.mark.parametrize(
    "shares",
    [[0.5, 0.5], [0.99, 0.01], [0.3, 0.22, 0.16, 0.12, 0.1, 0.05, 0.03, 0.02], [0.9, *[0.01] * 10]],
)
def test_the_noise_of_few_or_unequal_bins_is_within_a_twentieth(shares):
    a, b = drift_free(shares, 100_000, 100_000, runs=3000, seed=5)
    mean, error = mean_and_error(KS()(a, b))
    assert KS().noise(a, b).mean() == pytest.approx(mean, rel=0.05, abs=4 * error)


def test_the_references_noise_does_not_shrink_with_traffic():
    reference = Counts([[1000, 1000]])
    noise = [KS().noise(reference, Counts([[m, m]]))[0] for m in (10**4, 10**7)]
    assert noise[1] > 0.9 * noise[0]
