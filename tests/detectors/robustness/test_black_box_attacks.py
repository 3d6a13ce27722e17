"""Black-box attacks against what is known of linear models exactly, and within their rules."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from detectors.robustness.attacks import ATTACKS
from detectors.robustness.attacks.coordinate_search import CoordinateSearch
from detectors.robustness.attacks.gradient_estimate import NES, SPSA, FiniteDifference
from detectors.robustness.attacks.hop_skip_jump import HopSkipJump
from detectors.robustness.attacks.line_bisection import LineBisection
from detectors.robustness.attacks.members import drawn, projected
from detectors.robustness.attacks.random_ball import RandomBall
from detectors.robustness.attacks.square import Square
from detectors.robustness.attacks.tabular_search import TabularSearch
from detectors.robustness.ledger import Ledger
from detectors.robustness.threat import BudgetSpentError, Norm, Threat
from tests.detectors.robustness.linear_models import LinearModel, free, oracle_of
from tests.detectors.robustness.scored_models import ScoreOracle, mixed_records, mixed_threat

NORMS = st.sampled_from(list(Norm))
SEEDS = st.integers(0, 2**32 - 1)
BY_LABEL = [RandomBall(), LineBisection(), CoordinateSearch(), HopSkipJump(), TabularSearch()]
BY_SCORE = [Square(), SPSA(), NES(), FiniteDifference()]
ALL = BY_LABEL + BY_SCORE


def _drawn(seed: int, records: int = 30, width: int = 5):
    rng = np.random.default_rng(seed)
    return LinearModel(rng.normal(size=width), rng.normal()), rng.normal(size=(records, width))


def _attacked(attack, origins, threat, oracle, seed=0) -> Ledger:
    ledger = Ledger(origins, threat, oracle)
    attack(origins, threat, ledger, np.random.default_rng(seed))
    return ledger


def _least(model: LinearModel, origins, norm: Norm):
    dual = np.abs(model.weights).sum() if norm is Norm.LINF else np.linalg.norm(model.weights)
    return np.abs(model.scores(origins)) / dual


def _least_in_a_box(model: LinearModel, origins, norm: Norm, room: float):
    """Bisects the size at which the best change within the box moves the score by |s|."""
    weights, wanted = np.abs(model.weights), np.abs(model.scores(origins))
    low, high = np.zeros(len(origins)), np.full(len(origins), 1e6)
    for _ in range(100):
        middle = (low + high) / 2
        best = np.minimum(
            middle[:, None] * (weights if norm is Norm.L2 else np.ones_like(weights)), room
        )
        enough = best @ weights >= wanted
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    size = norm.of(
        np.minimum(high[:, None] * (weights if norm is Norm.L2 else 1.0), room + 0 * best)
    )
    return np.where(weights.sum() * room >= wanted, size, np.inf)


@settings(max_examples=8, deadline=None)
@given(SEEDS, NORMS)
def test_hop_skip_jump_meets_the_least_distance_of_a_linear_model_to_five_percent(seed, norm):
    model, origins = _drawn(seed)
    exact = _least(model, origins, norm)
    found = _attacked(HopSkipJump(), origins, free(origins, norm), oracle_of(model, origins))
    near = exact < 10
    assert (found.distance >= exact * (1 - 1e-9)).all()
    assert_allclose(found.distance[near], exact[near], rtol=0.05)
    assert np.median(found.distance[near] / exact[near]) < 1.005


@settings(max_examples=8, deadline=None)
@given(SEEDS, NORMS, st.floats(0.2, 1.5))
def test_hop_skip_jump_meets_the_least_distance_in_a_box_to_ten_percent(seed, norm, room):
    model, origins = _drawn(seed)
    exact = _least_in_a_box(model, origins, norm, room)
    threat = free(origins, norm, room=room)
    found = _attacked(HopSkipJump(), origins, threat, oracle_of(model, origins)).distance
    assert np.isinf(found[np.isinf(exact)]).all()
    # A random start misses a corner that barely flips.
    sure = _least_in_a_box(model, origins, norm, 0.5 * room) < np.inf
    assert (found >= exact * (1 - 1e-9)).all()
    assert_allclose(found[sure], exact[sure], rtol=0.1)


@settings(max_examples=10, deadline=None)
@given(SEEDS, NORMS)
def test_finite_differences_meet_the_least_distance_of_a_linear_model(seed, norm):
    model, origins = _drawn(seed)
    exact = _least(model, origins, norm)
    found = _attacked(FiniteDifference(), origins, free(origins, norm), ScoreOracle(model, origins))
    sure = (exact > 0.02) & (exact < 10)
    assert_allclose(found.distance[sure], exact[sure], rtol=1e-3)


@pytest.mark.parametrize(
    ("attack", "slack"),
    [(FiniteDifference(), 1.001), (Square(), 1.02), (SPSA(), 1.04), (NES(), 1.04)],
    ids=lambda each: getattr(each, "name", ""),
)
@settings(max_examples=8, deadline=None)
@given(seed=SEEDS, norm=NORMS, epsilon=st.floats(0.1, 1.0), room=st.sampled_from([np.inf, 0.6]))
def test_attacks_by_score_break_a_linear_model_where_it_can_be_broken(
    attack, slack, seed, norm, epsilon, room
):
    model, origins = _drawn(seed)
    exact = _least_in_a_box(model, origins, norm, min(room, 1e3))
    threat = free(origins, norm, epsilon, room)
    found = _attacked(attack, origins, threat, ScoreOracle(model, origins))
    assert not found.broken[exact > epsilon * (1 + 1e-8)].any()
    if norm is Norm.LINF or np.isinf(room):
        assert found.broken[exact * slack < epsilon].all()


@settings(max_examples=10, deadline=None)
@given(SEEDS)
def test_a_single_feature_flips_a_linear_model_at_the_distance_of_the_largest_weight(seed):
    model, origins = _drawn(seed, records=60)
    exact = np.abs(model.scores(origins)) / np.abs(model.weights).max()
    threat = free(origins, Norm.L2)
    found = _attacked(CoordinateSearch(steps=14), origins, threat, oracle_of(model, origins))
    best = np.abs(model.weights).argmax()
    wanted = origins[:, best] - model.scores(origins) / model.weights[best]
    inside = (wanted > origins[:, best].min()) & (wanted < origins[:, best].max())
    inside &= exact > 0.01
    assert_allclose(found.distance[inside], exact[inside], rtol=0.01)
    changed = found.nearest[inside] != origins[inside]
    assert_array_equal(changed.sum(axis=1), 1)
    assert changed[:, best].all()


@pytest.mark.parametrize("attack", [HopSkipJump(), Square(), TabularSearch(), FiniteDifference()])
@settings(max_examples=5, deadline=None)
@given(seed=SEEDS, norm=NORMS)
def test_an_iterated_attack_breaks_what_random_points_break(attack, seed, norm):
    model, origins = _drawn(seed, records=60, width=8)
    epsilon = float(np.median(_least(model, origins, norm))) * 1.3
    threat = free(origins, norm, epsilon)
    floor = _attacked(RandomBall(), origins, threat, ScoreOracle(model, origins))
    found = _attacked(attack, origins, threat, ScoreOracle(model, origins))
    assert found.broken.sum() >= floor.broken.sum()


@pytest.mark.parametrize("attack", ALL, ids=lambda each: each.name)
@pytest.mark.parametrize("norm", list(Norm))
def test_candidates_keep_every_rule_of_the_threat_set(attack, norm):
    origins = mixed_records(5)
    threat = mixed_threat(origins, norm, 1.6)
    sent = []

    def oracle(points, places):
        sent.append((points, places))
        return scores(points, places)

    scores = ScoreOracle(LinearModel(np.array([1.0, -2.0, 0.5, 1.0, -1.0, 2.0, 0.7]), 0.1), origins)
    found = _attacked(attack, origins, threat, oracle)
    assert found.broken.any()
    points = np.concatenate([each for each, _ in sent])
    places = np.concatenate([each for _, each in sent])
    assert (points >= threat.low[places]).all()
    assert (points <= threat.high[places]).all()
    frozen = (threat.low == threat.high)[places]
    assert_array_equal(points[frozen], origins[places][frozen])
    assert set(np.unique(points[:, 3])) <= {0.0, 1.0, 2.0}
    assert_array_equal(np.sort(points[:, 4:], axis=1), np.tile([0.0, 0.0, 1.0], (len(points), 1)))
    assert (found.distance[found.broken] <= 1.6 * (1 + 1e-9)).all()
    if attack.name not in ("hop_skip_jump", "line_bisection"):
        assert (threat.distance(points, origins[places]) <= 1.6 + 0.05).all()


@pytest.mark.parametrize("attack", ALL, ids=lambda each: each.name)
def test_more_budget_never_helps_the_model(attack):
    model, origins = _drawn(11, records=20)
    threat = free(origins, Norm.L2, 0.6)
    whole = _attacked(attack, origins, threat, ScoreOracle(model, origins))
    before = np.full(len(origins), np.inf)
    for budget in np.linspace(0, whole.queries.sum(), 7):
        ledger = Ledger(origins, threat, ScoreOracle(model, origins, budget=budget))
        try:
            attack(origins, threat, ledger, np.random.default_rng(0))
        except BudgetSpentError:
            assert budget < whole.queries.sum()
        assert (ledger.distance <= before).all()
        before = ledger.distance
    assert_array_equal(before, whole.distance)


def test_what_was_found_before_the_budget_was_spent_is_kept():
    model, origins = _drawn(12)
    ledger = Ledger(origins, free(origins, Norm.L2), ScoreOracle(model, origins, budget=3000))
    with pytest.raises(BudgetSpentError):
        HopSkipJump()(origins, ledger.threat, ledger, np.random.default_rng(0))
    assert ledger.broken.sum() > 20
    assert ledger.oracle.asked <= 3000


@pytest.mark.parametrize("attack", BY_LABEL, ids=lambda each: each.name)
def test_attacks_by_label_need_no_scores(attack):
    model, origins = _drawn(13)
    assert not attack.needs_scores
    found = _attacked(attack, origins, free(origins, Norm.L2), oracle_of(model, origins))
    assert found.broken.mean() > 0.9


@pytest.mark.parametrize("attack", ALL, ids=lambda each: each.name)
def test_all_records_go_in_lock_step(attack):
    calls = []
    for records in (20, 80):
        model, origins = _drawn(14, records=records)
        oracle = ScoreOracle(model, origins)
        _attacked(attack, origins, free(origins, Norm.LINF, 0.5), oracle)
        calls.append(oracle.calls)
    assert calls[1] < 2 * calls[0] + 30


@pytest.mark.parametrize("attack", ALL, ids=lambda each: each.name)
def test_the_same_seed_asks_the_same_questions(attack):
    model, origins = _drawn(15)
    first, second = (
        _attacked(attack, origins, free(origins, Norm.L2, 0.5), ScoreOracle(model, origins), seed=3)
        for _ in range(2)
    )
    assert_array_equal(first.nearest, second.nearest)
    assert_array_equal(first.queries, second.queries)


@pytest.mark.parametrize("attack", ALL, ids=lambda each: each.name)
@pytest.mark.parametrize("records", [0, 1])
def test_no_record_or_one_is_attacked_as_many_are(attack, records):
    model, origins = _drawn(16, records=records)
    epsilon = 3.0
    threat = free(origins, Norm.L2, epsilon)
    found = _attacked(attack, origins, threat, ScoreOracle(model, origins))
    if records and not isinstance(attack, CoordinateSearch):
        assert found.broken.all()


@pytest.mark.parametrize("attack", ALL, ids=lambda each: each.name)
def test_records_that_cannot_move_are_never_broken(attack):
    model, origins = _drawn(17)
    found = _attacked(
        attack, origins, free(origins, Norm.LINF, 0.5, room=0.0), ScoreOracle(model, origins)
    )
    assert not found.broken.any()


@pytest.mark.parametrize("attack", ALL, ids=lambda each: each.name)
def test_candidates_without_an_answer_are_no_breaks(attack):
    model, origins = _drawn(18)
    oracle = ScoreOracle(model, origins, fails=1.0)
    found = _attacked(attack, origins, free(origins, Norm.L2, 0.5), oracle)
    assert not found.broken.any()
    assert_array_equal(found.failed, found.queries)


def test_a_tenth_of_failing_answers_hardly_lengthens_the_distances():
    model, origins = _drawn(19)
    oracle = ScoreOracle(model, origins, fails=0.1)
    found = _attacked(HopSkipJump(), origins, free(origins, Norm.L2), oracle)
    assert np.median(found.distance / _least(model, origins, Norm.L2)) < 1.05


def test_integers_are_walked_over_in_whole_steps():
    rng = np.random.default_rng(20)
    model, origins = LinearModel(np.array([1.0, 0.6, -0.8]), 0.3), rng.normal(size=(40, 3))
    origins = np.round(origins / 0.25) * 0.25
    threat = Threat(
        Norm.L2,
        np.inf,
        np.full(origins.shape, -50.0),
        np.full(origins.shape, 50.0),
        np.full(3, 0.25),
        np.zeros(3, dtype=np.int64),
    )
    oracle = ScoreOracle(model, origins, step=0.25)
    found = _attacked(HopSkipJump(), origins, threat, oracle)
    assert found.broken.all()
    assert_allclose(found.nearest, np.round(found.nearest / 0.25) * 0.25)
    # Whole steps of 0.25 in each of three columns are at most so much farther.
    assert (found.distance - _least(model, origins, Norm.L2) < 0.25 * np.sqrt(3) + 0.25).all()


@pytest.mark.parametrize("attack", [*BY_SCORE, RandomBall(), TabularSearch()])
def test_a_cast_to_float32_that_carries_points_out_of_the_ball_hides_no_break(attack):
    model, origins = _drawn(25, width=2)
    # Values of 10,000 with an sd of 5: float32 knows them to 0.0002 sd.
    oracle = ScoreOracle(model, origins, single_precision_at=2000.0)
    found = _attacked(attack, origins, free(origins, Norm.LINF, 0.5), oracle)
    exact = _least(model, origins, Norm.LINF)
    assert found.broken[exact < 0.4].all()
    assert (found.distance[found.broken] <= 0.5 * (1 + 1e-9)).all()


@pytest.mark.parametrize("norm", list(Norm))
def test_hop_skip_jump_changes_a_category_only_where_no_number_breaks(norm):
    origins = mixed_records(26)
    threat = mixed_threat(origins, norm, np.inf)
    numbers = LinearModel(np.array([1.0, -1.0, 0.0, 0.3, 0.2, 0.0, 0.0]), -0.5)
    found = _attacked(HopSkipJump(), origins, threat, oracle_of(numbers, origins))
    assert found.broken.all()
    assert_allclose(found.distance, _least_of_numbers(numbers, origins, norm), rtol=0.05)
    category = LinearModel(np.array([0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]), -1.5)
    found = _attacked(HopSkipJump(), origins, threat, oracle_of(category, origins))
    assert_allclose(found.distance, np.sqrt(2) if norm is Norm.L2 else 1.0)


def _least_of_numbers(model: LinearModel, origins, norm: Norm):
    only = np.where(np.arange(7) < 2, model.weights, 0.0)
    dual = np.abs(only).sum() if norm is Norm.LINF else np.linalg.norm(only)
    return np.abs(model.scores(origins)) / dual


def test_a_category_that_decides_is_found_by_every_search_over_categories():
    origins = mixed_records(21)
    weights = np.array([0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0])
    model = LinearModel(weights, -1.5)
    threat = mixed_threat(origins, Norm.L2, 1.5)
    for attack in (CoordinateSearch(), TabularSearch(), RandomBall()):
        found = _attacked(attack, origins, threat, oracle_of(model, origins))
        assert found.broken.all()
    found = _attacked(
        TabularSearch(),
        origins,
        mixed_threat(origins, Norm.L2, np.inf),
        ScoreOracle(model, origins),
    )
    assert_allclose(found.distance, np.sqrt(2))


def test_tabular_search_finds_what_takes_a_category_and_numbers_together():
    origins = mixed_records(22)
    model = LinearModel(np.array([1.0, -1.0, 0.0, 2.0, 0.0, 1.0, 0.0]), -2.0)
    threat = mixed_threat(origins, Norm.L2, 2.0)
    found = _attacked(TabularSearch(), origins, threat, ScoreOracle(model, origins))
    floor = _attacked(RandomBall(draws=1000), origins, threat, ScoreOracle(model, origins))
    assert (found.broken >= floor.broken).all()
    assert found.broken.sum() > 20


@settings(max_examples=25, deadline=None)
@given(SEEDS, NORMS, st.floats(0.1, 3.0))
def test_drawn_and_projected_points_are_members_of_the_threat_set(seed, norm, epsilon):
    origins = mixed_records(seed)
    threat = mixed_threat(origins, norm, epsilon)
    rng = np.random.default_rng(seed)
    places = rng.integers(0, len(origins), 200)
    members = drawn(origins, threat, places, rng)
    other = projected(members * 3, origins, mixed_threat(origins, norm, np.inf), places)
    other[:, 3:] = members[:, 3:]
    for points in (members, projected(other, origins, threat, places)):
        assert (threat.distance(points, origins[places]) <= epsilon * (1 + 1e-9)).all()
        assert ((points >= threat.low[places]) & (points <= threat.high[places])).all()
        assert_array_equal(points[:, 4:].sum(axis=1), 1.0)


def test_square_without_an_epsilon_names_the_attack_that_needs_none():
    model, origins = _drawn(23)
    with pytest.raises(ValueError, match=r"epsilon is infinite.*hop_skip_jump"):
        _attacked(Square(), origins, free(origins, Norm.L2), ScoreOracle(model, origins))


def test_every_attack_is_registered_by_its_name():
    for attack in ALL:
        assert ATTACKS[attack.name] is type(attack)
