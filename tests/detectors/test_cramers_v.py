"""Cramér's V."""

import numpy as np
import pytest
from hypothesis import given
from numpy.testing import assert_allclose
from scipy.stats.contingency import association

from detectors.counts import Counts
from detectors.cramers_v import CramersV
from tests.detectors.strategies import counts, drift_free, mean_and_error


@given(counts(1, 6), counts(1, 6))
def test_the_association_is_scipys_over_the_bins_in_use(a, b):
    used = a.used_with(b)[0]
    table = np.stack([a.values[0, used], b.values[0, used]])
    expected = association(table, method="cramer") if used.sum() > 1 else 0.0
    assert_allclose(CramersV()(a, b), [expected], rtol=1e-9, atol=1e-9)


def test_the_association_matches_the_hand_computed_value():
    # X2 = 13.333... of 200 records.
    value = CramersV()(Counts([[50, 50]]), Counts([[75, 25]]))
    assert value == pytest.approx([np.sqrt(40 / 3 / 200)])


@given(counts(3, 8), counts(3, 8))
def test_the_association_is_at_most_one(a, b):
    assert (CramersV()(a, b) <= 1).all()


def test_disjoint_counts_are_associated_completely():
    value = CramersV()(Counts([[3, 4, 0, 0]]), Counts([[0, 0, 5, 6]]))
    assert value == pytest.approx([1.0], abs=1e-12)


@pytest.mark.parametrize(("n", "m"), [(20_000, 500), (20_000, 20_000)])
def test_drift_free_data_show_the_noise_as_a_root_mean_square(n, m):
    a, b = drift_free(np.full(8, 1 / 8), n, m, runs=2000, seed=m)
    mean, error = mean_and_error(CramersV()(a, b) ** 2)
    assert (CramersV().noise(a, b) ** 2).mean() == pytest.approx(mean, abs=4 * error)
