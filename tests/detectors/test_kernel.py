"""Random Fourier features of an RBF kernel, summed exactly."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose

from detectors.cells import MISSING, OTHER, UNSEEN
from detectors.grids import KERNEL_GRID, SUM_GRID
from detectors.kernel import (
    CHUNK,
    FARTHEST,
    FREQUENCY_GRID,
    draw_frequencies,
    level_rows,
    project_tabular,
    standardise,
    sum_of_waves,
)
from tests.detectors.strategies import Table, columns_of, numbers, profile_of


def kernel_by_features(x, y, frequencies):
    components = frequencies.shape[1]
    a, b = x @ frequencies, y @ frequencies
    return (np.cos(a) @ np.cos(b).T + np.sin(a) @ np.sin(b).T) / components


def test_the_features_approximate_the_rbf_kernel():
    rng = np.random.default_rng(0)
    components, bandwidth = 4096, 2.0
    x, y = rng.normal(size=(60, 5)), rng.normal(0.5, size=(40, 5))
    frequencies = draw_frequencies(rng, 5, components, bandwidth)
    distances = ((x[:, None] - y[None]) ** 2).sum(axis=2)
    exact = np.exp(-distances / (2 * bandwidth**2))
    error = np.abs(kernel_by_features(x, y, frequencies) - exact)
    assert error.max() < 4 / np.sqrt(components)


def test_frequencies_lie_on_their_grid_with_the_bandwidths_spread():
    frequencies = draw_frequencies(np.random.default_rng(1), 50, 1000, bandwidth=4.0)
    assert (frequencies * FREQUENCY_GRID == np.rint(frequencies * FREQUENCY_GRID)).all()
    assert frequencies.std() == pytest.approx(0.25, rel=0.02)


@given(arrays(np.float64, (5, 2), elements=numbers(1e300)))
def test_standardised_values_lie_on_a_grid_within_bounds(values):
    standard = standardise(values, np.array([0.0, 3.0]), np.array([1.0, 1e-3]))
    assert (np.isnan(standard) == np.isnan(values)).all()
    present = standard[~np.isnan(standard)]
    assert (np.abs(present) <= FARTHEST).all()
    assert (present * SUM_GRID == np.rint(present * SUM_GRID)).all()


def test_overflows_count_as_far_out_without_a_warning():
    values = np.array([[1.7e308, -1.7e308]])
    standard = standardise(values, np.array([-1.7e308, 0.0]), np.array([1.0, 1e-10]))
    assert standard.tolist() == [[FARTHEST, -FARTHEST]]


@given(st.integers(0, 3), st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_phases_do_not_depend_on_the_order_of_columns(seed, records, table_seed):
    rng = np.random.default_rng(table_seed)
    standard = np.rint(rng.normal(size=(records, 12)) * SUM_GRID) / SUM_GRID
    frequencies = draw_frequencies(np.random.default_rng(seed), 12, 8, 3.0)
    order = rng.permutation(12)
    assert (standard @ frequencies == standard[:, order] @ frequencies[order]).all()


def test_a_missing_value_is_the_median_with_an_indicator():
    table = Table({"x": np.array([1.0, 2.0, 3.0]), "y": np.array([5.0, 6.0, 7.0])})
    kernel = profile_of(table).kernels[0]
    codes = np.zeros((1, 0), dtype=np.int16)
    phases = project_tabular(kernel, np.array([[np.nan, 0.5]]), codes)
    assert_allclose(phases, [0.5 * kernel.frequencies[1] + kernel.missing[0]])


def test_each_level_has_a_direction_of_its_own():
    table = Table(categorical={"plan": ["a", "b"]})
    profile = profile_of(table)
    window = columns_of(profile, Table(categorical={"plan": ["a", "b", "new", None]}))
    phases = project_tabular(profile.kernels[0], window.numeric, window.codes)
    levels = profile.kernels[0].levels[0]
    assert (phases == levels[[0, 1, OTHER + 1, OTHER + 2]]).all()


def test_level_codes_map_to_the_rows_of_a_level_table():
    codes = np.array([0, 14, OTHER, UNSEEN, MISSING], dtype=np.int16)
    assert level_rows(codes).tolist() == [0, 14, 15, 16, 17]


def test_sums_of_waves_are_those_of_cosines_and_sines():
    phases = np.random.default_rng(2).normal(size=(3 * CHUNK + 17, 6)) * 10
    sums = sum_of_waves(phases) / KERNEL_GRID
    expected = np.concatenate([np.cos(phases).sum(axis=0), np.sin(phases).sum(axis=0)])
    # Each value is rounded to a grid of 2**-12: their sum errs like sqrt(n / 12) of a step.
    assert_allclose(sums, expected, atol=4 * np.sqrt(len(phases) / 12) / KERNEL_GRID + 1e-3)


@given(st.lists(st.integers(0, 5000), max_size=4))
def test_sums_of_waves_do_not_depend_on_the_cut(cuts):
    phases = np.random.default_rng(3).normal(size=(5000, 3)) * 30
    parts = [sum_of_waves(part) for part in np.split(phases, sorted(cuts))]
    assert sum(parts).tolist() == sum_of_waves(phases).tolist()
