"""Losses estimated from a window's table of counts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from detectors.bins import quantile_edges
from detectors.cells import MISSING, VALUE_BINS, WIDTH
from detectors.estimation.cell_effects import CellSums, explained_alone
from detectors.estimation.loss_model import LossModel, counts_of
from detectors.estimation.losses import (
    cells_of,
    compared_answers,
    compared_numbers,
    learned_of_answers,
    learned_of_numbers,
)
from tests.detectors.strategies import Table, columns_of, profile_of, summary_of

FEATURES = 4
PARTS = 10
EDGES = quantile_edges(np.linspace(-4, 4, 4000), -4.0, 4.0)


def inputs_of(rng, n, shift=0.0):
    """Return two inputs, one without meaning, and the prediction of a model that knows both."""
    x = rng.normal([shift, 0.0, 0.0], 1, (n, 3))
    return np.column_stack([x, 2 * x[:, 0] + x[:, 1]])


def records_of(rng, n, shift=0.0, concept=0.0):
    """Return cells, predictions and outcomes: errors grow with the first input."""
    inputs = inputs_of(rng, n, shift)
    noise = np.exp(0.5 * inputs[:, 0]) * (1 + 0.5 * (inputs[:, 1] > 1)) * rng.normal(size=n)
    actual = inputs[:, 3] + noise + concept * inputs[:, 1]
    return np.searchsorted(EDGES, inputs), inputs[:, 3], actual


def learned_of(rng, n):
    cells, predicted, actual = records_of(rng, n)
    return learned_of_numbers(cells, FEATURES, predicted, actual, np.arange(n) % PARTS)


def compared(model, cells, predicted, actual):
    error = actual - predicted
    realised = np.array([np.abs(error).mean(), (error**2).mean()])
    return compared_numbers(model, counts_of(cells), len(cells), realised)


SMALL = learned_of(np.random.default_rng(0), 300)


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 40))
def test_estimates_of_parts_add_up_to_the_estimate_of_the_whole(seed, n, m):
    rng = np.random.default_rng(seed)
    a, b = (counts_of(rng.integers(0, WIDTH, (size, FEATURES))) for size in (n, m))
    weights, constant = SMALL.weights[0, 0], SMALL.intercept[0, 0]
    whole = constant + (weights * (a + b)).sum() / (n + m)
    assert_allclose(SMALL.estimated(a + b, n + m).value[0], max(whole, 0.0))
    part_sums = sum(constant * size + (weights * part).sum() for size, part in ((n, a), (m, b)))
    assert_allclose(whole, part_sums / (n + m))


def test_one_feature_gives_the_hand_computed_ridge_effects():
    # Losses 0 0 in cell 0 and 3 in cell 1: mean 1, effects n (mean - 1) / (n + penalty).
    sums = CellSums.of(np.array([[0], [0], [1]]), np.array([[0.0], [0.0], [3.0]]))
    assert sums.mean == 1
    assert_allclose(sums.effects(1.0)[0, :3], [-2 / 3, 2 / 2, 0])


@given(st.integers(0, 2**32 - 1), st.floats(0.5, 100))
def test_effects_minimise_the_penalised_squares(seed, penalty):
    rng = np.random.default_rng(seed)
    cells, targets = rng.integers(0, WIDTH, (50, 3)), rng.normal(size=(50, 2))
    sums = CellSums.of(cells, targets)
    effects = sums.effects(penalty).reshape(2, 3, WIDTH)
    residual = targets - sums.mean - effects[:, np.arange(3), cells].sum(axis=2).T
    for target in range(2):
        for feature in range(3):
            pull = np.bincount(cells[:, feature], residual[:, target], minlength=WIDTH)
            assert_allclose(pull, penalty * effects[target, feature], atol=1e-8)


def test_features_that_tell_nothing_explain_nothing_alone():
    rng = np.random.default_rng(1)
    cells = rng.integers(0, 30, (20_000, 3))
    told = explained_alone(cells, np.column_stack([cells[:, 1] * 1.0, rng.normal(size=20_000)]))
    assert_allclose(told, [0, 0.5, 0], atol=0.01)


def test_covariate_shift_is_followed_within_the_interval_in_at_least_95_of_100_windows():
    rng = np.random.default_rng(2)
    held, moved = [], []
    for _ in range(10):
        model = learned_of(rng, 6000)
        for shift in (-1.0, -0.5, 0.0, 0.5, 0.8):
            found = compared(model, *records_of(rng, 600, shift))
            low, high = found.estimated.interval
            held.append((low <= found.realised) & (found.realised <= high))
            moved.append((found.estimated.value, found.realised))
    assert (np.mean(held, axis=0) >= 0.95).all()
    estimates, realised = np.array(moved).transpose(1, 2, 0)
    for metric in range(2):
        assert np.corrcoef(estimates[metric], realised[metric])[0, 1] > 0.93


def test_concept_drift_is_not_followed_and_the_difference_shows_it():
    rng = np.random.default_rng(3)
    model = learned_of(rng, 6000)
    for _ in range(20):
        found = compared(model, *records_of(rng, 600, concept=2.0))
        assert (found.standard_errors > 4).all()
        assert np.abs(found.explained[0]) < 0.2 * found.unexplained[0]
        assert (found.holds < 0.5).all()


def test_the_accuracy_of_a_classifier_that_tells_no_probability_is_estimated():
    rng = np.random.default_rng(4)

    def answers(n, shift):
        inputs = inputs_of(rng, n, shift)
        right = rng.random(n) < 1 / (1 + np.exp(-np.abs(inputs[:, 0])))
        return np.searchsorted(EDGES, inputs), right

    cells, right = answers(8000, 0.0)
    model = learned_of_answers(cells, FEATURES, right, np.arange(8000) % PARTS)
    held = []
    for shift in np.linspace(-1, 1, 40):
        cells, right = answers(800, shift)
        found = compared_answers(model, counts_of(cells), 800, right.mean())
        held.append(abs(found.standard_errors[0]) < 3)
        assert 0 <= found.estimated.value[0] <= 1
    assert np.mean(held) >= 0.95
    error = found.estimated.outcome_error[0] / np.sqrt(model.dispersion[0])
    assert_allclose(error, np.sqrt(right.mean() * (1 - right.mean()) / 800), rtol=0.1)


def test_bins_without_reference_records_have_the_effect_of_the_nearest_bin():
    rng = np.random.default_rng(5)
    cells = rng.integers(3, 9, (600, 1))
    losses = np.column_stack([cells[:, 0] * 1.0])
    model = LossModel.fit(cells, 1, losses, np.arange(600) % 5, np.full(1, np.inf))
    effect = model.weights[0, 0, 0]
    assert effect[0] == effect[3] < effect[8] == effect[VALUE_BINS - 1]
    assert effect[MISSING] == 0


def test_losses_that_nothing_explains_are_estimated_by_their_mean():
    rng = np.random.default_rng(6)
    cells = rng.integers(0, 30, (3000, 5))
    losses = rng.exponential(size=(3000, 1))
    model = LossModel.fit(cells, 5, losses, np.arange(3000) % PARTS, np.full(1, np.inf))
    found = model.estimated(counts_of(rng.integers(0, 30, (400, 5))), 400)
    assert model.left[0] > 0.97
    assert_allclose(found.value, losses.mean(), atol=0.08)
    assert_allclose(found.outcome_error, 1 / 20 * np.sqrt(model.dispersion), rtol=0.2)


def test_cells_of_columns_are_those_of_the_summarys_counts():
    rng = np.random.default_rng(7)
    numbers = rng.normal(size=200)
    numbers[::7] = np.nan
    table = Table(numeric={"x": numbers}, categorical={"plan": ["a", "b", None, "c"] * 50})
    profile = profile_of(table)
    cells = cells_of(profile, columns_of(profile, table))
    assert counts_of(cells).tolist() == summary_of(profile, table).counts.tolist()


def test_a_window_without_records_has_no_estimate():
    assert np.isnan(SMALL.estimated(np.zeros((FEATURES, WIDTH), dtype=np.int64), 0).value).all()


def test_one_part_is_refused():
    with pytest.raises(ValueError, match=r"two parts or more.*\[9\] records"):
        LossModel.fit(
            np.zeros((9, 1), dtype=np.int64), 1, np.ones((9, 1)), np.zeros(9, dtype=int), np.ones(1)
        )
