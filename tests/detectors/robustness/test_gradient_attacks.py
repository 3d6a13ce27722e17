"""FGSM and PGD against what is known of linear models exactly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from detectors.robustness.attacks.fgsm import FGSM
from detectors.robustness.attacks.pgd import PGD
from detectors.robustness.attacks.steps import project, steepest
from detectors.robustness.ledger import Ledger
from detectors.robustness.threat import Norm, Threat
from tests.detectors.robustness.linear_models import LinearModel, free, oracle_of

NORMS = st.sampled_from(list(Norm))
SEEDS = st.integers(0, 2**32 - 1)


def _drawn(seed: int, records: int = 40, width: int = 6):
    rng = np.random.default_rng(seed)
    return LinearModel(rng.normal(size=width), rng.normal()), rng.normal(size=(records, width))


def _attacked(attack, model, origins, threat, seed=0) -> Ledger:
    ledger = Ledger(origins, threat, oracle_of(model, origins))
    attack(origins, threat, ledger, np.random.default_rng(seed), model.gradient(origins))
    return ledger


def _dual(norm: Norm, weights) -> float:
    return np.abs(weights).sum() if norm is Norm.LINF else np.sqrt((weights**2).sum())


@settings(max_examples=30, deadline=None)
@given(SEEDS, NORMS, st.floats(0.05, 2.0))
def test_fgsm_breaks_a_linear_model_exactly_where_the_margin_is_less_than_it_can_move(
    seed, norm, epsilon
):
    model, origins = _drawn(seed)
    ledger = _attacked(FGSM(), model, origins, free(origins, norm, epsilon))
    margin = np.abs(model.scores(origins)) - epsilon * _dual(norm, model.weights)
    sure = np.abs(margin) > 1e-9
    assert_array_equal(ledger.broken[sure], (margin < 0)[sure])


@settings(max_examples=20, deadline=None)
@given(SEEDS, NORMS, st.floats(0.05, 2.0))
def test_pgd_from_the_record_itself_breaks_what_fgsm_breaks_on_a_linear_model(seed, norm, epsilon):
    model, origins = _drawn(seed)
    threat = free(origins, norm, epsilon)
    single = _attacked(FGSM(), model, origins, threat)
    many = _attacked(PGD(), model, origins, threat)
    margin = np.abs(model.scores(origins)) - epsilon * _dual(norm, model.weights)
    sure = np.abs(margin) > 1e-6
    assert_array_equal(many.broken[sure], single.broken[sure])


@settings(max_examples=20, deadline=None)
@given(SEEDS, st.floats(0.1, 2.0), st.floats(0.05, 1.0))
def test_in_a_box_fgsm_and_pgd_meet_the_exact_linf_margin(seed, epsilon, room):
    model, origins = _drawn(seed)
    threat = free(origins, Norm.LINF, epsilon, room)
    reach = np.abs(model.weights).sum() * min(epsilon, room)
    margin = np.abs(model.scores(origins)) - reach
    sure = np.abs(margin) > 1e-6
    for attack in (FGSM(), PGD()):
        ledger = _attacked(attack, model, origins, threat)
        assert_array_equal(ledger.broken[sure], (margin < 0)[sure])


@settings(max_examples=10, deadline=None)
@given(SEEDS, NORMS)
def test_the_least_distance_of_a_linear_model_is_met_to_three_parts_in_ten_thousand(seed, norm):
    model, origins = _drawn(seed)
    exact = np.abs(model.scores(origins)) / _dual(norm, model.weights)
    for attack in (FGSM(), PGD()):
        found = _attacked(attack, model, origins, free(origins, norm)).distance
        reached = exact > 0.02
        assert (found >= exact * (1 - 1e-9)).all()
        assert_allclose(found[reached], exact[reached], rtol=3e-4)


@settings(max_examples=20, deadline=None)
@given(SEEDS, NORMS, st.floats(0.1, 3.0))
def test_projected_points_are_in_the_ball_and_in_the_box(seed, norm, epsilon):
    rng = np.random.default_rng(seed)
    origins = rng.normal(size=(30, 5))
    threat = free(origins, norm, epsilon, room=rng.uniform(0.01, 2.0))
    points = origins + rng.normal(size=origins.shape) * 3
    radius = rng.uniform(0.0, epsilon, size=30)
    inside = project(points, origins, np.arange(30), threat, radius)
    assert (norm.of(inside - origins) <= radius * (1 + 1e-9) + 1e-12).all()
    assert ((inside >= threat.low) & (inside <= threat.high)).all()


def test_projection_leaves_points_inside_as_they_are():
    origins = np.zeros((2, 3))
    points = np.array([[0.1, -0.2, 0.0], [0.0, 0.0, 0.3]])
    for norm in Norm:
        threat = free(origins, norm, 1.0)
        assert_array_equal(project(points, origins, np.arange(2), threat, np.ones(2)), points)


def test_a_gradient_too_small_to_square_keeps_its_direction():
    tiny = np.array([[3e-200, 4e-200], [0.0, 0.0]])
    assert_allclose(steepest(tiny, Norm.L2), [[0.6, 0.8], [0.0, 0.0]])


def test_columns_without_room_and_categories_are_never_moved():
    model, origins = _drawn(3, records=30, width=5)
    origins[:, 4] = 0.0
    low, high = origins - 9.0, origins + 9.0
    low[:, 0] = high[:, 0] = origins[:, 0]
    levels = np.array([0, 0, 0, 0, 3])
    threat = Threat(Norm.L2, np.inf, low, high, np.zeros(5), levels, (np.array([2, 3]),))
    for attack in (FGSM(), PGD()):
        ledger = _attacked(attack, model, origins, threat)
        assert_array_equal(ledger.nearest[:, [0, 2, 3, 4]], origins[:, [0, 2, 3, 4]])
        exact = np.abs(model.scores(origins)) / abs(model.weights[1])
        assert_allclose(ledger.distance[exact < 8], exact[exact < 8], rtol=3e-4)


def test_pgd_beats_fgsm_where_the_gradient_turns():
    # The class is 1 outside a bent valley: |x0| + x1² >= 1, from points that look the wrong way.
    rng = np.random.default_rng(8)
    origins = np.column_stack([rng.uniform(-0.2, 0.2, 60), rng.uniform(-0.3, 0.3, 60)])

    def scores(points):
        return np.abs(points[:, 0]) ** 3 + points[:, 1] ** 2 * np.cos(3 * points[:, 0]) - 0.5

    def gradient(points, places):  # noqa: ARG001
        h = 1e-6
        steps = np.eye(2) * h
        return np.column_stack(
            [(scores(points + each) - scores(points - each)) / (2 * h) for each in steps]
        )

    found = []
    for attack in (FGSM(), PGD()):
        threat = free(origins, Norm.LINF, 0.7)
        oracle = oracle_of(LinearModel(np.zeros(2), 0.0), origins)
        oracle.classes = lambda points: (scores(points) > 0).astype(float)
        ledger = Ledger(origins, threat, oracle)
        attack(origins, threat, ledger, np.random.default_rng(0), gradient)
        found.append(ledger.broken)
    assert (found[1] >= found[0]).all()
    assert found[1].sum() > found[0].sum()


def test_pgd_stops_asking_about_a_record_once_it_is_broken():
    model, origins = _drawn(5)
    ledger = _attacked(PGD(steps=20, restarts=3), model, origins, free(origins, Norm.LINF, 1.0))
    assert ledger.broken.any()
    assert ledger.queries[ledger.broken].max() <= 20
    assert (ledger.queries[~ledger.broken] == 60).all()


def test_the_same_seed_asks_the_same_questions():
    model, origins = _drawn(6)
    threat = free(origins, Norm.L2, 0.4)
    first, second = (_attacked(PGD(restarts=3), model, origins, threat, seed=4) for _ in range(2))
    assert_array_equal(first.nearest, second.nearest)


@pytest.mark.parametrize("attack", [FGSM(), PGD()])
def test_without_a_gradient_the_attack_says_what_to_use_instead(attack):
    _, origins = _drawn(1)
    threat = free(origins, Norm.L2, 1.0)
    with pytest.raises(ValueError, match="no gradient; use an attack that needs none"):
        attack(origins, threat, lambda *_: None, np.random.default_rng(0))
