"""Kernels are drawn at the scale of the data, on the grid that makes sums exact."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.spatial.distance import pdist

from detectors.cells import MISSING, OTHER, UNSEEN
from detectors.kernel import FREQUENCY_GRID, project_tabular
from detectors.profile import Kernel
from monitor.reference.kernels import COMPONENTS, embedding_kernel, joint_kernel, median_distance


def kernel_of(standard, codes):
    return joint_kernel(np.random.default_rng(0), standard, np.array(codes, dtype=np.int16))


def test_the_bandwidth_is_the_median_distance():
    points = np.random.default_rng(2).normal(size=(200, 3))
    assert median_distance(points) == pytest.approx(np.median(pdist(points)), rel=1e-5)


def test_equal_points_have_bandwidth_1_and_copies_do_not_count():
    assert median_distance(np.ones((50, 2))) == 1
    assert median_distance(np.zeros((0, 2))) == 1
    assert median_distance(np.array([[0.0], [0.0], [0.0], [0.0], [3.0]])) == 3


def test_two_levels_and_a_missing_value_are_at_distance_1():
    nothing = np.zeros((2, 0))
    assert kernel_of(nothing, [[0], [4]]).bandwidth == 1
    assert kernel_of(nothing, [[MISSING], [UNSEEN]]).bandwidth == 1
    assert kernel_of(nothing, [[0, OTHER], [4, 2]]).bandwidth == pytest.approx(np.sqrt(2), rel=1e-5)
    assert kernel_of(np.array([[0.0], [np.nan]]), np.zeros((2, 0))).bandwidth == 1


def test_frequencies_lie_on_their_grid():
    kernel = kernel_of(np.random.default_rng(0).normal(size=(50, 2)), np.arange(50)[:, None] % 3)
    for table in (kernel.frequencies, kernel.missing, *kernel.levels):
        assert_array_equal(table * FREQUENCY_GRID, np.rint(table * FREQUENCY_GRID))
        assert table.shape[1] == COMPONENTS


def test_random_features_approximate_the_kernel_of_values_levels_and_gaps():
    rng = np.random.default_rng(4)
    standard = rng.normal(size=(40, 3))
    standard[rng.random((40, 3)) < 0.2] = np.nan
    codes = rng.choice(np.array([0, 1, OTHER, UNSEEN, MISSING], dtype=np.int16), size=(40, 2))
    missing = np.isnan(standard)
    filled = np.where(missing, 0, standard)
    squared = pdist(filled, "sqeuclidean") + pdist(missing.astype(float), "sqeuclidean")
    squared += pdist(codes.astype(float), lambda a, b: (a != b).sum())
    drawn = [joint_kernel(np.random.default_rng(seed), standard, codes) for seed in range(60)]
    exact = np.exp(-squared / (2 * drawn[0].bandwidth ** 2))
    phases = np.concatenate([project_tabular(each, standard, codes) for each in drawn], axis=1)
    rows, columns = np.triu_indices(40, 1)
    found = np.cos(phases[rows] - phases[columns]).mean(axis=1)
    # 3,840 components: the standard error is at most 1 / sqrt(2 * 3840) = 0.011
    assert found == pytest.approx(exact, abs=0.06)


def test_an_embedding_has_a_kernel_of_its_own_scale():
    vectors = np.random.default_rng(0).normal(size=(300, 64))
    kernel = embedding_kernel(np.random.default_rng(0), vectors)
    assert isinstance(kernel, Kernel)
    assert kernel.bandwidth == pytest.approx(np.sqrt(2 * 64), rel=0.05)
    assert kernel.frequencies.shape == (64, COMPONENTS)
    assert kernel.frequencies.std() == pytest.approx(1 / kernel.bandwidth, rel=0.05)
    assert kernel.missing.shape == (0, COMPONENTS)
