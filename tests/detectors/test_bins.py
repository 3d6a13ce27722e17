"""Bins at the reference's quantiles, and counting into them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from detectors.bins import count_into, quantile_edges
from detectors.cells import QUANTILE_BINS, VALUE_BINS
from tests.detectors.strategies import numbers

columns = arrays(np.float64, st.integers(1, 200), elements=numbers(missing=False))


def edges_of(values):
    return quantile_edges(values, values.min(initial=np.inf), values.max(initial=-np.inf))


def shares_of(values, edges):
    return count_into(values[:, None], edges[None])[0] / len(values)


@given(columns)
def test_edges_ascend_without_repeats_and_are_padded_with_infinity(values):
    edges = edges_of(values)
    used = edges[np.isfinite(edges)]
    assert edges.shape == (VALUE_BINS - 1,)
    assert (np.diff(used) > 0).all()
    assert np.isinf(edges[len(used) :]).all()


@given(columns)
def test_the_reference_itself_lies_within_its_range(values):
    edges = edges_of(values)
    counts = count_into(values[:, None], edges[None])[0]
    above = np.isfinite(edges).sum()
    assert counts[0] == 0
    assert counts[above:].sum() == 0
    assert counts.sum() == len(values)


@given(columns, columns)
def test_values_outside_the_reference_are_counted_apart(reference, window):
    edges = edges_of(reference)
    counts = count_into(window[:, None], edges[None])[0]
    assert counts[0] == (window < reference.min()).sum()
    assert counts[np.isfinite(edges).sum()] == (window > reference.max()).sum()


@given(columns, arrays(np.float64, st.tuples(st.integers(0, 50), st.just(2)), elements=numbers()))
def test_counting_agrees_with_looking_every_value_up(reference, window):
    edges = np.stack([edges_of(reference), edges_of(reference - 1.0)])
    counts = count_into(window, edges)
    for column in range(2):
        present = window[~np.isnan(window[:, column]), column]
        places = np.searchsorted(edges[column], present, side="left")
        assert counts[column].tolist() == np.bincount(places, minlength=VALUE_BINS).tolist()


def test_counting_agrees_with_numpys_histogram():
    rng = np.random.default_rng(2)
    reference, window = rng.normal(size=5000), rng.normal(0.3, 1.2, size=1000)
    edges = edges_of(reference)
    ends = np.concatenate([[-np.inf], edges, [np.inf]])
    # numpy's bins are closed below and these above; no value lies on an edge.
    expected, _ = np.histogram(window, ends)
    assert count_into(window[:, None], edges[None])[0].tolist() == expected.tolist()


def test_bins_of_a_continuous_column_hold_equal_shares():
    values = np.random.default_rng(3).normal(size=32_000)
    shares = shares_of(values, edges_of(values))
    assert shares[1:-1] == pytest.approx(np.full(QUANTILE_BINS, 1 / QUANTILE_BINS), abs=1e-4)


def test_a_constant_column_has_one_bin_of_its_own():
    edges = edges_of(np.full(100, 7.0))
    assert shares_of(np.array([6.999, 7.0, 7.001]), edges)[:3] == pytest.approx([1 / 3] * 3)


def test_the_spike_of_a_zero_inflated_column_has_a_bin_of_its_own():
    rng = np.random.default_rng(4)
    values = np.concatenate([np.zeros(900), rng.normal(size=1100)])
    edges = edges_of(values)
    spike = int(np.searchsorted(edges, 0.0))
    assert shares_of(values, edges)[spike] == 0.45
    assert shares_of(np.array([np.nextafter(0, 1), -5e-324, 0.0]), edges)[spike] == pytest.approx(
        1 / 3
    )


def test_every_value_of_a_column_of_heavy_ties_has_a_bin_of_its_own():
    values = np.repeat(np.arange(10.0), [100, 200, 100, 100, 100, 100, 50, 100, 100, 50])
    shares = shares_of(values, edges_of(values))
    assert shares[shares > 0].tolist() == [0.1, 0.2, 0.1, 0.1, 0.1, 0.1, 0.05, 0.1, 0.1, 0.05]


def test_a_column_without_a_value_has_one_bin():
    edges = quantile_edges(np.zeros(0), np.inf, -np.inf)
    assert np.isinf(edges).all()
    assert count_into(np.array([[1.0], [np.nan], [-1e300]]), edges[None])[0, 0] == 2


def test_the_range_is_that_of_all_values_where_the_edges_come_from_a_sample():
    sample = np.linspace(-1, 1, 500)
    edges = quantile_edges(sample, -10.0, 20.0)
    assert shares_of(np.array([-10.0, 20.0]), edges)[[0, np.isfinite(edges).sum()]].sum() == 0
    assert shares_of(np.array([-10.1, 20.1]), edges)[[0, np.isfinite(edges).sum()]].sum() == 1


def test_columns_of_different_numbers_of_bins_are_counted_together():
    edges = np.stack([edges_of(np.zeros(10)), edges_of(np.arange(1000.0))])
    counts = count_into(np.array([[0.0, 500.0], [1.0, np.nan]]), edges)
    assert counts.sum(axis=1).tolist() == [2, 1]
    assert counts[0, :3].tolist() == [0, 1, 1]
