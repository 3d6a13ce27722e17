"""Hellinger distance."""

import numpy as np
import pytest
from hypothesis import given
from numpy.testing import assert_allclose

from detectors.counts import Counts
from detectors.hellinger import Hellinger
from tests.detectors.strategies import counts, drift_free, mean_and_error


def test_the_distance_matches_the_hand_computed_value():
    # sqrt(1 - sqrt(.5 * .75) - sqrt(.5 * .25)) = 0.184592...
    value = Hellinger()(Counts([[50, 50]]), Counts([[75, 25]]))
    assert value == pytest.approx([0.1845919], abs=1e-7)


@given(counts(3, 8), counts(3, 8))
def test_the_distance_is_its_other_formula(a, b):
    affinity = np.sqrt(a.shares() * b.shares()).sum(axis=1)
    assert_allclose(Hellinger()(a, b) ** 2, np.maximum(1 - affinity, 0), atol=1e-12)


@given(counts(2, 6), counts(2, 6), counts(2, 6))
def test_the_distance_is_a_metric_up_to_one(a, b, c):
    hellinger = Hellinger()
    assert (hellinger(a, c) <= hellinger(a, b) + hellinger(b, c) + 1e-9).all()
    assert (hellinger(a, b) <= 1).all()


def test_disjoint_counts_are_at_distance_one():
    value = Hellinger()(Counts([[3, 4, 0, 0]]), Counts([[0, 0, 5, 6]]))
    assert value == pytest.approx([1.0], abs=1e-12)


@pytest.mark.parametrize(("n", "m"), [(50_000, 10_000), (20_000, 20_000)])
def test_drift_free_data_show_the_noise_as_a_root_mean_square(n, m):
    a, b = drift_free(np.full(20, 0.05), n, m, runs=2000, seed=n)
    mean, error = mean_and_error(Hellinger()(a, b) ** 2)
    assert (Hellinger().noise(a, b) ** 2).mean() == pytest.approx(mean, abs=4 * error)
