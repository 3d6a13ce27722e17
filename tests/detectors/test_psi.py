"""Population stability index."""

import numpy as np
import pytest
from hypothesis import given
from numpy.testing import assert_allclose

from detectors.bins import count_into, quantile_edges
from detectors.counts import Counts
from detectors.psi import PSI
from tests.detectors.strategies import counts, drift_free, mean_and_error


def test_psi_matches_the_hand_computed_value():
    # Shares 50/50 against 75/25: 0.25 ln 1.5 - 0.25 ln 0.5 = 0.274653...
    reference, window = Counts([[500_000, 500_000]]), Counts([[750_000, 250_000]])
    assert PSI()(reference, window) == pytest.approx([0.2746531], abs=1e-6)


@given(counts(2, 5, least=1), counts(2, 5, least=1))
def test_psi_without_smoothing_is_its_formula(a, b):
    p, q = a.shares(), b.shares()
    expected = ((q - p) * np.log(q / p)).sum(axis=1)
    assert_allclose(PSI(smoothing=0)(a, b), expected, rtol=1e-12)


def test_smoothing_adds_half_a_count_to_each_bin_in_use():
    # Bins 2 and 3 are used by one side, bin 4 by none: shares 2.5/4.5, .5/4.5, 1.5/4.5 ...
    p = np.array([2.5, 0.5, 1.5]) / 4.5
    q = np.array([3.5, 1.5, 0.5]) / 5.5
    value = PSI()(Counts([[2, 0, 1, 0]]), Counts([[3, 1, 0, 0]]))
    assert value == pytest.approx([((q - p) * np.log(q / p)).sum()])


def test_an_empty_bin_stays_finite_and_does_not_depend_on_the_samples_size():
    # One of ten bins empties: the value tends to infinity only as the log of the size.
    values = []
    for size in (1000, 100_000):
        window = Counts([[0, *[size // 10] * 9]])
        values.append(PSI()(Counts([[size // 10] * 10]), window)[0])
    assert 0.3 < values[0] < values[1] < 2 * values[0]


def test_psi_of_a_small_change_is_the_square_of_cohens_effect():
    reference = Counts([[10**6, 10**6]])
    window = Counts([[10**6 + 20_000, 10**6 - 20_000]])
    assert PSI()(reference, window) == pytest.approx([0.02**2], rel=1e-3)


def test_one_outlier_does_not_blind_psi():
    rng = np.random.default_rng(0)
    reference, window = rng.normal(size=20_000), rng.normal(1.0, size=1000)
    edges = quantile_edges(reference, reference.min(), reference.max())
    spoilt = np.append(window[1:], 1e9)
    a = Counts(count_into(reference[:, None], edges[None]))
    clean, blinded = (Counts(count_into(w[:, None], edges[None])) for w in (window, spoilt))
    assert PSI()(a, clean)[0] > 0.8
    assert PSI()(a, blinded) == pytest.approx(PSI()(a, clean), rel=0.01)


@pytest.mark.parametrize(("n", "m"), [(100_000, 20_000), (20_000, 20_000), (20_000, 100_000)])
def test_drift_free_data_show_the_noise_on_average(n, m):
    a, b = drift_free(np.full(34, 1 / 34), n, m, runs=2000, seed=n + m)
    mean, error = mean_and_error(PSI()(a, b))
    assert PSI().noise(a, b).mean() == pytest.approx(mean, abs=4 * error)


def test_a_small_window_shows_a_psi_that_is_all_noise():
    # 250 records in 34 bins often exceed the usual 0.1, and the noise says so.
    a, b = drift_free(np.full(34, 1 / 34), 20_000, 250, runs=500, seed=9)
    assert (PSI()(a, b) > 0.1).mean() > 0.5
    assert PSI().noise(a, b).mean() > 0.1
    assert (PSI()(a, b) > 3 * PSI().noise(a, b)).sum() == 0


def test_a_shift_of_a_hundredth_sd_stays_small_however_many_records_show_it():
    # Where a test would call 10 million records significant, the effect stays the effect.
    shares = np.full(32, 1 / 32)
    tilt = 1 + 0.01 * np.linspace(-1.7, 1.7, 32)
    reference, window = (Counts([np.round(10**7 * q)]) for q in (shares, shares * tilt))
    assert PSI()(reference, window)[0] == pytest.approx(1e-4, rel=0.1)


def test_missing_values_are_a_category():
    # Nothing but the missing share moves, from 0 to 20 %.
    reference = Counts([[500_000, 500_000, 0]])
    window = Counts([[400_000, 400_000, 200_000]])
    assert PSI()(reference, window)[0] > 1.0
