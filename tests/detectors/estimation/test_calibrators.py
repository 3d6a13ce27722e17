"""Isotonic and Platt calibration."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.optimize import minimize

from detectors.estimation.calibrators import KINDS, Isotonic, Platt


@st.composite
def labelled(draw):
    """Draw scores with the positives among some records of each."""
    n = draw(st.integers(1, 30))
    scores = np.array(draw(st.lists(st.floats(0, 1), min_size=n, max_size=n)))
    records = np.array(draw(st.lists(st.integers(1, 50), min_size=n, max_size=n)), dtype=float)
    shares = np.array(draw(st.lists(st.floats(0, 1), min_size=n, max_size=n)))
    return scores, np.floor(shares * records), records


@pytest.mark.parametrize("kind", KINDS.values())
@given(labelled())
def test_probabilities_lie_within_0_and_1_and_depend_on_no_order(kind, drawn):
    scores, positives, records = drawn
    grid = np.linspace(0, 1, 50)
    probability = kind.fit(scores, positives, records)(grid)
    assert ((probability > 0) & (probability < 1)).all()
    turned = kind.fit(scores[::-1], positives[::-1], records[::-1])(grid)
    assert_allclose(turned, probability, atol=1e-6)


@given(labelled())
def test_isotonic_probabilities_never_fall_and_keep_the_number_of_positives(drawn):
    scores, positives, records = drawn
    fitted = Isotonic.fit(scores, positives, records)
    assert (np.diff(fitted(np.linspace(0, 1, 50))) >= 0).all()
    kept = (records * fitted(scores)).sum()
    off_the_ends = records.sum() / (records.sum() + 2)
    assert abs(kept - positives.sum()) <= off_the_ends + 1e-9


def test_isotonic_pools_the_hand_computed_steps():
    # Shares 0/4, 3/4, 1/4, 4/4: the middle two violate the order and become 4/8.
    fitted = Isotonic.fit(
        np.array([0.2, 0.4, 0.6, 0.8]), np.array([0.0, 3, 1, 4]), np.array([4.0] * 4)
    )
    assert_allclose(fitted.first, [0.2, 0.4, 0.8])
    assert_allclose(fitted.last, [0.2, 0.6, 0.8])
    assert_allclose(fitted.probability, [1 / 18, 1 / 2, 17 / 18])  # 0 and 1, kept off by 1/(n+2)
    assert_allclose(fitted.variance[1], 0.25 / 8)
    # Between steps a straight line, beyond the ends the end.
    assert_allclose(fitted(np.array([0.0, 0.3, 0.5, 0.7, 1.0]))[[0, 2, 4]], [1 / 18, 0.5, 17 / 18])
    assert_allclose(fitted(np.array([0.3])), [(1 / 18 + 1 / 2) / 2])


def test_platt_reaches_the_minimum_that_a_general_optimiser_finds():
    rng = np.random.default_rng(0)
    scores = rng.random(400)
    positive = (rng.random(400) < 1 / (1 + np.exp(-(2 * np.log(scores / (1 - scores)) + 1)))) * 1.0
    fitted = Platt.fit(scores, positive, np.ones(400))
    up, down = (positive.sum() + 1) / (positive.sum() + 2), 1 / ((1 - positive).sum() + 2)
    targets = np.where(positive == 1, up, down)

    def loss(coefficients):
        odds = coefficients[0] * np.log(scores / (1 - scores)) + coefficients[1]
        return (np.logaddexp(0, odds) - targets * odds).sum()

    best = minimize(loss, [0.0, 0.0], tol=1e-12)
    assert_allclose(fitted.coefficients, best.x, atol=1e-4)
    away = (fitted.coefficients - [2, 1]) / np.sqrt(np.diag(fitted.covariance))
    assert (np.abs(away) < 4).all()


def test_platt_leaves_calibrated_scores_as_they_are():
    rng = np.random.default_rng(1)
    scores = rng.beta(2, 5, 200_000)
    fitted = Platt.fit(scores, (rng.random(len(scores)) < scores) * 1.0, np.ones(len(scores)))
    assert_allclose(fitted.coefficients, [1, 0], atol=0.03)


@pytest.mark.parametrize("positives", [0.0, 8.0])
def test_platt_of_outcomes_that_a_score_parts_completely_is_finite(positives):
    one_class = Platt.fit(np.array([0.3, 0.7]), np.full(2, positives), np.full(2, 8.0))
    assert np.isfinite(one_class.coefficients).all()
    parted = Platt.fit(np.array([0.3, 0.7]), np.array([0.0, 8.0]), np.full(2, 8.0))
    assert parted(np.array([0.3]))[0] < 0.15
    assert parted(np.array([0.7]))[0] > 0.85


@pytest.mark.parametrize("kind", KINDS.values())
def test_the_covariance_is_what_repeated_references_show(kind):
    rng = np.random.default_rng(2)
    scores = np.repeat(np.linspace(0.05, 0.95, 10), 200)
    grid = np.array([0.25, 0.55, 0.85])
    fits = [
        kind.fit(scores, (rng.random(len(scores)) < scores) * 1.0, np.ones(len(scores)))
        for _ in range(300)
    ]
    seen = np.std([fit(grid) for fit in fits], axis=0)
    told = np.mean([np.sqrt((fit.factor(grid) ** 2).sum(axis=1)) for fit in fits], axis=0)
    assert_allclose(told, seen, rtol=0.25)


@pytest.mark.parametrize("kind", KINDS.values())
def test_fields_are_arrays_that_give_the_calibrator_back(kind):
    scores = np.linspace(0, 1, 20)
    fitted = kind.fit(scores, np.arange(20.0), np.full(20, 20.0))
    stored = {name: getattr(fitted, name) for name in kind.__slots__}
    assert all(isinstance(each, np.ndarray) for each in stored.values())
    assert_allclose(kind(**stored)(scores), fitted(scores))


@pytest.mark.parametrize("kind", KINDS.values())
def test_no_record_is_refused(kind):
    with pytest.raises(ValueError, match="needs labelled records, and there is none"):
        kind.fit(np.array([0.5]), np.array([0.0]), np.array([0.0]))


def test_a_single_score_leaves_platts_slope_unknown_and_the_probability_there_known():
    fitted = Platt.fit(np.full(1, 0.03), np.full(1, 3e5), np.full(1, 1e6))
    assert_allclose(fitted(np.array([0.03])), 0.3, atol=1e-4)
    near, far = np.sqrt((fitted.factor(np.array([0.03, 0.5])) ** 2).sum(axis=1))
    assert_allclose(near, np.sqrt(0.21 / 1e6), rtol=0.01)
    assert far > 100 * near
