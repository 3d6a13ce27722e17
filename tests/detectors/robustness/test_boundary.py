"""The decision boundary along directions, and the features that lead over it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from detectors.robustness.attacks.nearest_flip import NearestFlip
from detectors.robustness.attacks.rays import nearest_along
from detectors.robustness.boundary import flipping_features
from detectors.robustness.ledger import Ledger
from detectors.robustness.threat import Norm, Threat
from tests.detectors.robustness.linear_models import LabelOracle, LinearModel, free, oracle_of

NORMS = st.sampled_from(list(Norm))
SEEDS = st.integers(0, 2**32 - 1)


def _drawn(seed: int, records: int = 30, width: int = 5):
    rng = np.random.default_rng(seed)
    return LinearModel(rng.normal(size=width), rng.normal()), rng.normal(size=(records, width))


@settings(max_examples=30, deadline=None)
@given(SEEDS, NORMS)
def test_along_given_directions_the_nearest_flip_of_a_linear_model_is_found(seed, norm):
    model, origins = _drawn(seed)
    directions = np.random.default_rng(seed + 1).normal(size=(30, 4, 5))
    found = nearest_along(origins, directions, free(origins, norm), oracle_of(model, origins))
    unit = directions / norm.of(directions)[:, :, None]
    with np.errstate(divide="ignore"):
        reach = -model.scores(origins)[:, None] / (unit @ model.weights)
    exact = np.where(reach > 0, reach, np.inf).min(axis=1)
    sure = (exact > 0.02) & (exact < 60)
    assert_allclose(found[sure], exact[sure], rtol=3e-4)
    assert np.isinf(found[exact > 64]).all()


def test_a_direction_is_followed_only_within_the_threat_set():
    model, origins = _drawn(2)
    directions = -np.sign(model.scores(origins))[:, None, None] * model.weights
    exact = np.abs(model.scores(origins)) / np.sqrt((model.weights**2).sum())
    oracle = oracle_of(model, origins)
    found = nearest_along(origins, directions, free(origins, Norm.L2, epsilon=0.5), oracle)
    assert_array_equal(np.isfinite(found), exact <= 0.5)


def test_many_directions_cost_little_more_than_the_best_of_them():
    model, origins = _drawn(3, records=100, width=20)
    directions = np.random.default_rng(0).normal(size=(100, 40, 20))
    ledger = Ledger(origins, free(origins, Norm.L2), oracle_of(model, origins))
    nearest_along(origins, directions, ledger.threat, ledger)
    # Each of 40 bisected by itself: 40 x (rungs + 12).
    assert ledger.queries.mean() < 40 * 13
    assert ledger.oracle.calls <= 13 + 12


def test_records_that_cannot_move_cost_nothing():
    model, origins = _drawn(4)
    ledger = Ledger(origins, free(origins, Norm.LINF, room=0.0), oracle_of(model, origins))
    NearestFlip()(origins, ledger.threat, ledger, np.random.default_rng(0))
    assert ledger.queries.sum() == 0
    assert not ledger.broken.any()


@settings(max_examples=20, deadline=None)
@given(SEEDS, NORMS)
def test_along_the_axes_the_nearest_flip_is_by_the_feature_of_the_largest_weight(seed, norm):
    model, origins = _drawn(seed)
    ledger = Ledger(origins, free(origins, norm), oracle_of(model, origins))
    NearestFlip(drawn=0)(origins, ledger.threat, ledger, np.random.default_rng(0))
    exact = np.abs(model.scores(origins)) / np.abs(model.weights).max()
    sure = (exact > 0.02) & (exact < 60)
    assert_allclose(ledger.distance[sure], exact[sure], rtol=3e-4)


def test_given_directions_need_a_number_for_each_column():
    model, origins = _drawn(5)
    with pytest.raises(ValueError, match="of 2 numbers, but 5 columns"):
        NearestFlip(directions=((1.0, 0.0),))(
            origins, free(origins, Norm.L2), oracle_of(model, origins), np.random.default_rng(0)
        )


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.integers(1, 17))
def test_the_flipping_features_flip_and_none_of_them_is_in_vain(seed, width):
    rng = np.random.default_rng(seed)
    origins = rng.normal(size=(25, width))

    def classes(points):
        return (np.sin(3 * points).sum(axis=1) + (points**2).prod(axis=1) > 0.3).astype(float)

    oracle = LabelOracle(classes, origins)
    targets = rng.normal(size=origins.shape)
    flips = classes(targets) != classes(origins)
    nearest = np.where(flips[:, None], targets, origins)
    columns = flipping_features(origins, nearest, free(origins, Norm.L2), oracle)
    assert not columns[~flips].any()
    assert columns[flips].any(axis=1).all()
    points = np.where(columns, nearest, origins)
    assert (classes(points)[flips] != classes(origins)[flips]).all()
    for column in range(width):
        fewer = points.copy()
        fewer[:, column] = origins[:, column]
        own = columns[:, column] & (columns.sum(axis=1) > 1)
        assert (classes(fewer)[own] == classes(origins)[own]).all()


def test_one_feature_of_many_is_found_with_few_queries():
    rng = np.random.default_rng(0)
    origins = rng.uniform(-1, -0.5, size=(20, 256))
    nearest = origins + rng.uniform(0.1, 0.2, size=origins.shape)
    nearest[:, 77] = 1.0
    oracle = LabelOracle(lambda points: (points[:, 77] > 0).astype(float), origins)
    ledger = Ledger(origins, free(origins, Norm.L2), oracle)
    columns = flipping_features(origins, nearest, ledger.threat, ledger)
    assert_array_equal(np.flatnonzero(columns.any(axis=0)), [77])
    assert ledger.queries.max() <= 2 * 8


def test_a_one_hot_group_is_undone_as_one():
    origins = np.array([[1.0, 0.0, 0.0, 0.5]])
    nearest = np.array([[0.0, 0.0, 1.0, 0.9]])
    threat = Threat(
        Norm.L2,
        np.inf,
        np.zeros((1, 4)),
        np.ones((1, 4)),
        np.array([1.0, 1.0, 1.0, 0.0]),
        np.zeros(4, dtype=np.int64),
        (np.array([0, 1, 2]),),
    )
    seen = []

    def classes(points):
        seen.extend(points.tolist())
        return points[:, 2]

    columns = flipping_features(origins, nearest, threat, LabelOracle(classes, origins))
    assert_array_equal(columns, [[True, False, True, False]])
    assert all(sum(point[:3]) == 1 for point in seen)


def test_a_spent_budget_leaves_columns_that_still_flip():
    model, origins = _drawn(7, records=10)
    nearest = origins - 2 * model.scores(origins)[:, None] * model.weights / (
        (model.weights**2).sum()
    )
    oracle = oracle_of(model, origins)
    oracle.budget = 25
    columns = flipping_features(origins, nearest, free(origins, Norm.L2), oracle)
    points = np.where(columns, nearest, origins)
    assert (np.sign(model.scores(points)) != np.sign(model.scores(origins))).all()
