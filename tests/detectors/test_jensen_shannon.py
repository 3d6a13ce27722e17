"""Jensen-Shannon distance."""

import numpy as np
import pytest
from hypothesis import given
from numpy.testing import assert_allclose
from scipy.spatial.distance import jensenshannon

from detectors.counts import Counts
from detectors.jensen_shannon import JensenShannon
from tests.detectors.strategies import counts, drift_free, mean_and_error


def test_the_distance_matches_the_published_value():
    value = JensenShannon()(Counts([[50, 50]]), Counts([[75, 25]]))
    assert value == pytest.approx([0.2208958], abs=1e-7)


@given(counts(3, 8), counts(3, 8))
def test_the_distance_is_scipys_in_base_two(a, b):
    expected = jensenshannon(a.values, b.values, base=2, axis=1)
    assert_allclose(JensenShannon()(a, b), np.nan_to_num(expected), atol=1e-7, rtol=1e-9)


@given(counts(2, 6), counts(2, 6), counts(2, 6))
def test_the_distance_is_a_metric(a, b, c):
    js = JensenShannon()
    assert (js(a, c) <= js(a, b) + js(b, c) + 1e-9).all()


@given(counts(2, 6), counts(2, 6))
def test_the_distance_is_at_most_one(a, b):
    assert (JensenShannon()(a, b) <= 1).all()


def test_disjoint_counts_are_at_distance_one():
    value = JensenShannon()(Counts([[3, 4, 0, 0]]), Counts([[0, 0, 5, 6]]))
    assert value == pytest.approx([1.0], abs=1e-12)


@pytest.mark.parametrize(("n", "m"), [(50_000, 10_000), (20_000, 20_000)])
def test_drift_free_data_show_the_noise_as_a_root_mean_square(n, m):
    a, b = drift_free(np.full(20, 0.05), n, m, runs=2000, seed=n)
    mean, error = mean_and_error(JensenShannon()(a, b) ** 2)
    assert (JensenShannon().noise(a, b) ** 2).mean() == pytest.approx(mean, abs=4 * error)
