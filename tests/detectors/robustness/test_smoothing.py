"""Certified robustness by randomised smoothing."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from detectors.robustness.smoothing import ABSTAINED, certify, radius

WEIGHTS = np.array([1.0, -2.0, 0.5])


def linear(points):
    return (points @ WEIGHTS + 0.3 > 0).astype(np.int64)


def distances(points):
    return np.abs(points @ WEIGHTS + 0.3) / np.linalg.norm(WEIGHTS)


def test_radii_match_the_computed_values():
    # alpha 0.001, sigma 1.
    n = [100, 1000, 1000, 1000, 1000, 1000, 1000, 10_000, 100_000]
    k = [100, 1000, 990, 950, 600, 549, 550, 9900, 99_000]
    expected = [1.500475, 2.463263, 1.97801, 1.439862, 0.128379, 0, 0.001694, 2.21242, 2.29]
    assert_allclose(radius(k, n, 0.001, 1.0), expected, atol=5e-7)


def test_a_radius_is_in_units_of_the_noise():
    assert_allclose(radius(990, 1000, 0.001, 0.25), 0.25 * radius(990, 1000, 0.001, 1.0))


@pytest.mark.parametrize("sigma", [0.25, 0.5, 1.0])
def test_the_radius_of_a_linear_model_is_nearly_its_distance_for_every_noise(sigma):
    rng = np.random.default_rng(3)
    origins = rng.standard_normal((60, 3))
    true = distances(origins)
    codes, radii = certify(linear, origins, sigma, 100, 4000, 0.001, 2, rng)
    certified = codes != ABSTAINED
    # Each radius is too large with a chance of 0.001.
    assert (radii <= true).sum() >= 58
    assert (codes[certified] == linear(origins)[certified]).mean() > 0.98
    # Where draws of both classes come, the bound costs 3.1 standard errors of the share.
    near = (true > 0.3 * sigma) & (true < 1.5 * sigma)
    assert near.sum() > 5
    assert (radii[near] > true[near] - 0.15 * sigma).mean() > 0.95


def test_certificates_hold_for_every_certified_record_of_a_linear_model():
    # Certified accuracy is a lower bound of robust accuracy, and falls with the radius.
    rng = np.random.default_rng(4)
    origins = rng.standard_normal((100, 3))
    labels = linear(origins + 0.2 * rng.standard_normal(origins.shape)).astype(float)
    codes, radii = certify(linear, origins, 0.5, 50, 1000, 0.001, 2, rng)
    robust = [(linear(origins) == labels) & (distances(origins) >= at) for at in (0, 0.2, 0.5, 1)]
    certified = [((codes == labels) & (radii >= at)).mean() for at in (0, 0.2, 0.5, 1)]
    assert certified == sorted(certified, reverse=True)
    assert all(low <= high.mean() for low, high in zip(certified, robust, strict=True))


def test_a_record_on_the_boundary_is_not_certified():
    origins = np.array([[0.0, 0.15, 0.0]])
    codes, radii = certify(linear, origins, 0.5, 50, 500, 0.001, 2, np.random.default_rng(1))
    assert codes.tolist() == [ABSTAINED]
    assert radii.tolist() == [0.0]


def test_draws_without_an_answer_speak_for_no_class():
    origins = np.array([[2.0, 0.0, 0.0]])

    def silent(points):
        return np.where(np.arange(len(points)) % 2 == 0, linear(points), -1)

    codes, _ = certify(silent, origins, 0.1, 50, 500, 0.001, 2, np.random.default_rng(1))
    assert codes.tolist() == [ABSTAINED]


def test_batches_neither_exceed_their_size_nor_change_what_is_certified():
    origins = np.random.default_rng(2).standard_normal((7, 3))
    sizes = []

    def counting(points):
        sizes.append(len(points))
        return linear(points)

    told = [
        certify(counting, origins, 0.5, 20, 100, 0.01, 2, np.random.default_rng(9), batch)
        for batch in (33, 10_000)
    ]
    assert max(sizes[:-2]) <= 33
    assert sum(sizes) == 2 * 7 * 120
    assert_allclose(told[0][1], told[1][1])
