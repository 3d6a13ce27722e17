"""Normalised shift of the mean."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose

from detectors.kernel import FARTHEST
from detectors.mean_shift import MeanShift, Moments
from detectors.statistics import moments
from tests.detectors.strategies import Table, mean_and_error, profile_of, summary_of


def moments_of(columns):
    return Moments(
        records=np.full(columns.shape[1], float(len(columns))),
        sums=columns.sum(axis=0),
        squares=(columns**2).sum(axis=0),
    )


def test_the_shift_matches_the_hand_computed_value():
    # Mean 2 and sd sqrt(2) against mean 4.
    reference, window = np.array([[0.0], [2.0], [2.0], [4.0]]), np.array([[3.0], [5.0]])
    value = MeanShift()(moments_of(reference), moments_of(window))
    assert value == pytest.approx([np.sqrt(2)])


@given(
    arrays(np.float64, (20, 3), elements=st.floats(-60, 60)),
    arrays(np.float64, (9, 3), elements=st.floats(-60, 60)),
)
def test_the_shift_is_that_of_the_raw_means(reference, window):
    value = MeanShift()(moments_of(reference), moments_of(window))
    sd = reference.std(axis=0)
    expected = (window.mean(axis=0) - reference.mean(axis=0)) / np.where(sd > 1e-6, sd, np.nan)
    known = np.isfinite(expected)
    assert np.isfinite(value).all()
    assert_allclose(value[known], expected[known], rtol=1e-3, atol=1e-3)


def test_the_shift_has_a_sign():
    reference = moments_of(np.random.default_rng(0).normal(size=(1000, 1)))
    up, down = (moments_of(np.full((10, 1), place)) for place in (1.0, -1.0))
    assert MeanShift()(reference, up)[0] > 0.8
    assert MeanShift()(reference, down)[0] < -0.8


def test_one_outlier_moves_the_shift_by_no_more_than_its_clipped_size():
    rng = np.random.default_rng(1)
    reference, window = rng.normal(size=20_000), rng.normal(size=1000)
    profile = profile_of(Table({"x": reference}))
    told = moments(summary_of(profile, Table({"x": reference})))
    before, after = (
        MeanShift()(told, moments(summary_of(profile, Table({"x": values}))))[0]
        for values in (window, np.append(window, 1e9))
    )
    assert after - before == pytest.approx(FARTHEST / 1001, rel=0.02)


def test_shifts_from_a_constant_reference_are_in_the_profiles_scale():
    reference, window = moments_of(np.full((9, 1), 2.0)), moments_of(np.full((1, 1), 5.0))
    assert MeanShift()(reference, window).tolist() == [3.0]
    assert MeanShift()(reference, reference).tolist() == [0.0]
    assert MeanShift().noise(reference, window).tolist() == [0.0]


def test_an_empty_side_gives_no_number_and_no_warning():
    some, nothing = moments_of(np.ones((4, 1))), moments_of(np.ones((0, 1)))
    for a, b in ((some, nothing), (nothing, some), (nothing, nothing)):
        assert np.isnan(MeanShift()(a, b)).all()
        assert np.isnan(MeanShift().noise(a, b)).all()


def test_drift_free_data_show_the_noise_as_a_root_mean_square():
    rng = np.random.default_rng(2)
    reference, window = (moments_of(rng.exponential(size=(n, 2000))) for n in (2000, 300))
    mean, error = mean_and_error(MeanShift()(reference, window) ** 2)
    noise = MeanShift().noise(reference, window)
    assert (noise**2).mean() == pytest.approx(mean, abs=4 * error)
