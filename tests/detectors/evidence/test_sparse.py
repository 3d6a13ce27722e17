import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from detectors.evidence.scores import DELTAS
from detectors.evidence.sparse import Bets, log_ratios, strongest, widths

COIN = np.log(np.cosh(np.array([[DELTAS, DELTAS]])))


def test_a_log_ratio_matches_the_hand_computed_value():
    # mean 0.4 in h m = 50: 50 (0.4 * 0.4 - log cosh 0.4) beats delta = 0.2
    value = log_ratios(np.array([0.4]), np.array([50.0]), COIN, tolerance=0.0)
    assert value[0] == pytest.approx(50 * (0.16 - np.log(np.cosh(0.4))))


def test_the_tolerance_is_taken_off_the_effect():
    inside = log_ratios(np.array([0.02]), np.array([1e9]), COIN, tolerance=0.03)
    assert inside[0] < 0


def test_no_log_ratio_exceeds_its_bound():
    mean = np.linspace(-3, 3, 601)
    psi = np.repeat(COIN, len(mean), axis=0)
    ratios = log_ratios(mean, np.full(len(mean), 70.0), psi, tolerance=0.0)
    assert (ratios <= 70 * (mean * widths(psi)) ** 2 + 1e-9).all()


@given(st.integers(0, 10**6), st.floats(0, 0.1), st.floats(0, 0.2), st.floats(0.1, 8))
def test_the_search_finds_what_looking_at_everything_finds(seed, tolerance, least, above):
    rng = np.random.default_rng(seed)
    records = np.cumsum(rng.integers(1, 400, 6)).astype(float)
    sums = (rng.standard_normal((6, 9)) * np.sqrt(records)[:, None] * 2).astype(np.float32)
    effective = records / (1 + records / 1000)
    wander, psi = rng.uniform(1, 3, 9), np.repeat(COIN, 9, axis=0)
    psi[::3, 1] = np.inf
    bets = Bets(psi, widths(psi) / np.sqrt(wander), wander, tolerance, least)
    scaled = (sums * bets.scales).astype(np.float32)
    found = strongest(scaled, False, records, effective, bets, above)
    mean = sums / records[:, None]
    sizes = effective[:, None] / wander
    everything = np.array(
        [log_ratios(a, b, psi, tolerance) for a, b in zip(mean, sizes, strict=True)]
    )
    everything[np.abs(mean) < least] = -np.inf
    if found is None:
        assert everything.max() <= above * (1 + 1e-6)
    else:
        assert_allclose(found.log_factor, everything.max(), rtol=1e-5)
        assert_allclose(everything[found.window, found.stream], found.log_factor, rtol=1e-5)
