import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from detectors.robustness.perturbations.numeric_noise import (
    GaussianNoise,
    LaplaceNoise,
    Outliers,
    UniformNoise,
)
from detectors.robustness.perturbations.perturbation import PerturbationError
from tests.detectors.robustness.tabular import SPACE, applied, mixed, numbers

NOISES = [GaussianNoise(), UniformNoise(), LaplaceNoise()]
by_name = pytest.mark.parametrize("noise", NOISES, ids=lambda each: each.name)


def change(perturbation, sample, space, severity, seed=0):
    (variant,) = applied(perturbation, sample, space, severity, seed)
    return {
        key: variant.table.columns[key] - sample.table.columns[key] for key in sample.table.columns
    }


@by_name
@given(st.integers(0, 2**32 - 1), st.floats(0.01, 3), st.floats(0.01, 3))
def test_the_same_seed_draws_the_same_noise_at_every_severity(noise, seed, first, second):
    sample, space = numbers({"x": np.zeros(20), "y": np.zeros(20)}, scale=4.0)
    one = change(noise, sample, space, first, seed)
    other = change(noise, sample, space, second, seed)
    for key in one:
        np.testing.assert_allclose(one[key] / first, other[key] / second, rtol=1e-12)


@by_name
def test_noise_has_the_mean_0_and_the_sd_of_its_severity_in_units_of_the_feature(noise):
    sample, space = numbers({"x": np.full(40_000, 1000.0)}, scale=30.0)
    moved = change(noise, sample, space, 0.4)["x"]
    # Four standard errors of a mean; 4 % covers those of a sd with the kurtosis 6 of Laplace.
    assert moved.mean() == pytest.approx(0, abs=4 * 12 / 200)
    assert moved.std() == pytest.approx(12, rel=0.04)


@by_name
def test_features_get_noise_of_their_own(noise):
    sample, space = numbers({"x": np.zeros(2000), "y": np.zeros(2000)})
    moved = change(noise, sample, space, 1.0)
    assert abs(np.corrcoef(moved["x"], moved["y"])[0, 1]) < 0.09


def test_uniform_noise_never_moves_by_more_than_the_root_of_3_sd():
    sample, space = numbers({"x": np.zeros(5000)}, scale=2.0)
    moved = change(UniformNoise(), sample, space, 0.5)["x"]
    assert np.abs(moved).max() == pytest.approx(np.sqrt(3), rel=0.01)
    assert np.abs(moved).max() <= np.sqrt(3)


@pytest.mark.parametrize("severity", GaussianNoise.severities)
def test_the_accuracy_of_a_linear_model_under_gaussian_noise_is_that_of_its_closed_form(severity):
    # A linear model is right under noise with the chance Phi(margin / (sigma ‖w‖)).
    rng = np.random.default_rng(7)
    n, scale, weights, bias = 20_000, 5.0, np.array([1.0, -2.0, 0.5]), 0.3
    points = rng.normal(size=(n, 3))
    sample, space = numbers(
        {key: points[:, at] * scale for at, key in enumerate("xyz")}, scale=scale
    )
    (variant,) = applied(GaussianNoise(), sample, space, severity)
    noisy = np.column_stack([variant.table.columns[key] for key in "xyz"]) / scale
    clean = points @ weights + bias
    kept = np.sign(noisy @ weights + bias) == np.sign(clean)
    expected = norm.cdf(np.abs(clean) / (severity * np.linalg.norm(weights)))
    sd = np.sqrt(np.sum(expected * (1 - expected))) / n
    assert kept.mean() == pytest.approx(expected.mean(), abs=4 * sd)


def test_only_the_named_features_get_noise():
    sample = mixed(50, 0, missing=0.0)
    (variant,) = applied(GaussianNoise(features=("amount",)), sample, SPACE, 0.5)
    assert (variant.table.columns["amount"] != sample.table.columns["amount"]).all()
    assert (variant.table.columns["count"] == sample.table.columns["count"]).all()
    assert (variant.table.columns["vector"] == sample.table.columns["vector"]).all()


def test_an_integer_moves_by_whole_numbers_that_are_not_longer_than_the_noise():
    sample, space = numbers({"n": np.full(3000, 50.0)}, integer=True, scale=3.0)
    moved = change(UniformNoise(), sample, space, 1.0)["n"]
    # Uniform on ±5.196, rounded towards 0: 0 has a chance of 1 / 5.196, and 5 is the furthest.
    assert set(np.abs(moved)) == {0, 1, 2, 3, 4, 5}
    assert (moved == 0).mean() == pytest.approx(1 / 5.196, abs=0.03)


def test_outliers_move_a_share_of_the_values_by_ten_sd_out_of_the_range_and_keep_integers_whole():
    sample, space = numbers({"n": np.full(20_000, 5.0)}, integer=True, low=0, high=10, scale=1.05)
    moved = change(Outliers(), sample, space, 0.1)["n"]
    # 5 ± 10.5 rounds to 16 and -6 (halves go to the even number).
    assert set(moved) == {0.0, 11.0, -11.0}
    assert (moved != 0).mean() == pytest.approx(0.1, abs=0.009)
    assert (moved > 0).sum() == pytest.approx((moved < 0).sum(), rel=0.2)


def test_noise_on_a_one_hot_column_is_refused():
    with pytest.raises(PerturbationError, match="'a' is numeric in the group 'abc'"):
        applied(GaussianNoise(features=("a",)), mixed(5, 0), SPACE, 0.1)


def test_noise_without_a_number_to_change_is_refused():
    space = type(SPACE)((SPACE["sex"], SPACE["age"]))
    with pytest.raises(PerturbationError, match="no feature is mutable and numeric or embedding"):
        applied(GaussianNoise(), mixed(5, 0), space, 0.1)
