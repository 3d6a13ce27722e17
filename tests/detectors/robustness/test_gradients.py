"""Loss gradients against finite differences, and attacks by them on trained models."""

import doctest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.linear_model import (
    LogisticRegression,
    Ridge,
    RidgeClassifier,
    SGDClassifier,
)
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, PowerTransformer, RobustScaler, StandardScaler
from sklearn.svm import SVC

from detectors.robustness.attacks.fgsm import FGSM
from detectors.robustness.attacks.pgd import PGD
from detectors.robustness.attacks.random_ball import RandomBall
from detectors.robustness.gradients import loss
from detectors.robustness.gradients.estimator import estimator_gradient
from detectors.robustness.gradients.inputs import PointsGradient, StackedGradient
from detectors.robustness.gradients.linear import LinearGradient
from detectors.robustness.gradients.loss import distance_slope, odds_slope
from detectors.robustness.gradients.mlp import ACTIVATIONS, MLPGradient
from detectors.robustness.ledger import Ledger
from detectors.robustness.points import Points
from detectors.robustness.space import Feature, Space, Values
from detectors.robustness.table import Table
from detectors.robustness.threat import Norm, Told

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

SEEDS = st.integers(0, 2**32 - 1)
SMOOTH = sorted(set(ACTIVATIONS) - {"relu"})


def _differences(loss, inputs, h=1e-6):
    """Return central differences of losses (m,) by inputs (m, width)."""
    found = np.empty(inputs.shape)
    for column in range(inputs.shape[1]):
        step = np.zeros(inputs.shape[1])
        step[column] = h
        found[:, column] = (loss(inputs + step) - loss(inputs - step)) / (2 * h)
    return found


def _odds_against(chances, codes):
    own = chances[np.arange(len(codes)), codes.astype(int)]
    return np.log((1 - own) / own)


@settings(max_examples=50, deadline=None)
@given(SEEDS, st.integers(2, 5))
def test_the_slope_of_the_odds_is_the_cross_entropys_by_one_less_the_chance(seed, classes):
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(20, classes)) * 3
    codes = rng.integers(0, classes, 20)
    chances = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    entropy = chances - np.eye(classes)[codes]
    own = chances[np.arange(20), codes][:, None]
    assert_allclose(odds_slope(scores, codes.astype(float)) * (1 - own), entropy, atol=1e-12)


def test_a_saturated_softmax_still_has_a_slope():
    assert_allclose(
        odds_slope(np.array([[1e4, 3.0, 5.0]]), np.zeros(1)), [[-1, 0.1192, 0.8808]], atol=1e-4
    )
    assert_array_equal(odds_slope(np.array([[1e4], [1e4]]), np.array([0.0, 1.0])), [[1.0], [-1.0]])


def test_of_a_regression_the_slope_leads_away_from_what_is_expected():
    values, expected = np.array([1.0, 2.0, 3.0]), np.array([2.0, 2.0, 2.0])
    assert_array_equal(distance_slope(values, expected), [-1.0, 1.0, 1.0])


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.integers(2, 4), st.sampled_from(SMOOTH))
def test_the_gradient_of_a_perceptron_is_what_differences_tell(seed, classes, activation):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(40, 4))
    labels = np.arange(40) % classes
    model = MLPClassifier((5, 3), activation=activation, max_iter=1, random_state=seed % 1000)
    model.fit(x, labels)
    found = MLPGradient.of(model)(x, labels.astype(float))
    due = _differences(lambda points: _odds_against(model.predict_proba(points), labels), x)
    assert_allclose(found, due, atol=1e-5)


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_the_gradient_of_relu_layers_is_what_differences_tell_away_from_their_kinks(seed):
    rng = np.random.default_rng(seed)
    weights = [rng.normal(size=(4, 6)), rng.normal(size=(6, 5)), rng.normal(size=(5, 1))]
    biases = [rng.normal(size=6), rng.normal(size=5), rng.normal(size=1)]
    gradient = MLPGradient(tuple(weights), tuple(biases), ACTIVATIONS["relu"], classifier=False)
    x = rng.normal(size=(30, 4))

    def value(points):
        hidden = points
        for weight, bias in zip(weights[:-1], biases[:-1], strict=True):
            hidden = np.maximum(hidden @ weight + bias, 0)
        return (hidden @ weights[-1] + biases[-1])[:, 0]

    expected = value(x) - 1.0
    close = np.isclose(_differences(value, x), gradient(x, expected), atol=1e-5).all(axis=1)
    assert close.mean() > 0.95


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.integers(2, 4))
def test_the_gradient_of_a_logistic_regression_is_what_differences_tell(seed, classes):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(40, 4))
    labels = np.arange(40) % classes
    model = LogisticRegression().fit(x, labels)
    found = LinearGradient.of(model)(x, labels.astype(float))
    due = _differences(lambda points: _odds_against(model.predict_proba(points), labels), x)
    assert_allclose(found, due, atol=1e-5)


@pytest.mark.parametrize(
    "scaler",
    [
        StandardScaler(),
        StandardScaler(with_mean=False),
        StandardScaler(with_std=False),
        StandardScaler(with_mean=False, with_std=False),
        MinMaxScaler((-1, 2)),
        RobustScaler(),
        RobustScaler(with_centering=False),
        "passthrough",
    ],
)
@pytest.mark.parametrize(
    "last", [Ridge(), MLPRegressor(hidden_layer_sizes=8, max_iter=60, random_state=0)]
)
def test_the_gradient_behind_a_scaler_is_by_the_raw_features(scaler, last):
    x, y = load_diabetes(return_X_y=True, scaled=False)
    model = make_pipeline(scaler, last).fit(x, y)
    expected = model.predict(x) - 1.0
    found = estimator_gradient(model)(x, expected)
    close = np.isclose(found, _differences(model.predict, x, 1e-5), rtol=1e-3, atol=1e-4)
    assert close.all(axis=1).mean() > 0.98


@pytest.mark.parametrize("model", [RidgeClassifier(), SGDClassifier(random_state=0)])
def test_scores_of_other_linear_classifiers_are_taken_as_logits(model):
    x, labels = load_iris(return_X_y=True)
    model.fit(x, labels)
    raised = x + 1e-4 * LinearGradient.of(model)(x, labels.astype(float))
    before, after = model.decision_function(x), model.decision_function(raised)
    rows = np.arange(len(x))
    others = np.where(np.eye(3, dtype=bool)[labels], -np.inf, before).argmax(axis=1)
    margin = before[rows, labels] - before[rows, others]
    assert (after[rows, labels] - after[rows, others] < margin).mean() > 0.95


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (LogisticRegression(), "LogisticRegression has no coef_: fit it first"),
        (MLPClassifier(), "MLPClassifier has no"),
        (object(), "object has no coef_"),
        (make_pipeline(PowerTransformer(), Ridge()), "Ridge has no coef_"),
    ],
)
def test_a_model_without_coefficients_is_refused_with_what_to_do(model, words):
    with pytest.raises(TypeError, match=words):
        estimator_gradient(model)


@pytest.mark.parametrize(
    ("model", "outputs", "words"),
    [
        (SVC(kernel="linear"), 1, "SVC: coef_ has 3 rows for pairs, 3 for 3 classes"),
        (Ridge(), 3, "Ridge: coef_ has 3 rows, 1 for a regression were expected"),
        (MLPRegressor(max_iter=2), 3, "MLPRegressor: 3 outputs, 1 for a regression expected"),
        (MLPRegressor("poisson", max_iter=2), 1, "the activation 'exp' is not known"),
        (make_pipeline(PowerTransformer(), Ridge()), 1, "PowerTransformer is no fitted scaler"),
    ],
)
def test_a_model_of_another_form_is_refused_by_name(model, outputs, words):
    x, labels = load_iris(return_X_y=True)
    model.fit(x, labels if outputs == 1 else np.eye(3)[labels])
    with pytest.raises((TypeError, ValueError), match=words):
        estimator_gradient(model)


def _space(width: int, **options) -> Space:
    return Space(
        tuple(
            Feature(f"f{place}", Values.NUMERIC, centre=place, scale=2.0 + place, **options)
            for place in range(width)
        )
    )


def _names(width: int) -> tuple[str, ...]:
    return tuple(f"f{place}" for place in range(width))


def _table(x) -> Table:
    return Table({f"f{place}": x[:, place] for place in range(x.shape[1])})


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_a_gradient_by_points_is_that_by_the_features_times_their_scale(seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(20, 4)) * 3
    weights = rng.normal(size=4)
    raw = StackedGradient(_names(4), LinearGradient(weights[None], np.zeros(1), classifier=True))
    points = Points.of(_space(4), _table(x))
    gradient = PointsGradient(points, raw, np.ones(20))

    def loss(candidates):
        table = points.table(candidates, np.arange(20))
        return -np.column_stack(list(table.columns.values())) @ weights

    found = gradient(points.origins, np.arange(20))
    assert_allclose(found, _differences(loss, points.origins), rtol=1e-6)


def test_inputs_may_be_in_another_order_and_hold_features_that_do_not_change():
    space = Space(
        (
            Feature("fixed", Values.NUMERIC, immutable=True, scale=7.0),
            Feature("vector", Values.EMBEDDING, size=2, scale=3.0),
            Feature("yes", Values.BOOLEAN),
            Feature("unused", Values.NUMERIC),
            Feature("hot", Values.NUMERIC, group="g", scale=5.0),
            Feature("cold", Values.NUMERIC, group="g", scale=5.0),
        )
    )
    table = Table(
        {
            "fixed": np.array([1.0]),
            "vector": np.array([[2.0, 3.0]]),
            "yes": np.array([True], dtype=object),
            "unused": np.array([4.0]),
            "hot": np.array([1.0]),
            "cold": np.array([0.0]),
        }
    )
    seen = []

    def raw(inputs, expected):
        seen.append((inputs, expected))
        return np.arange(1.0, 7.0)[None]

    points = Points.of(space, table)
    inputs = ("hot", "vector", "fixed", "yes", "cold")
    gradient = PointsGradient(points, StackedGradient(inputs, raw), np.array([9.0]))
    found = gradient(points.origins, np.array([0]))
    assert_array_equal(seen[0][0], [[1.0, 2.0, 3.0, 1.0, 1.0, 0.0]])
    assert_array_equal(seen[0][1], [9.0])
    assert points.columns == ("vector", "vector", "yes", "unused", "hot", "cold")
    assert_array_equal(found, [[2 * 3.0, 3 * 3.0, 5.0, 0.0, 1.0, 6.0]])


def test_a_missing_value_is_taken_at_the_centre_and_has_no_gradient():
    x = np.array([[np.nan, 1.0]])
    seen = []

    def raw(inputs, expected):  # noqa: ARG001
        seen.append(inputs)
        return np.ones((1, 2))

    points = Points.of(_space(2), _table(x))
    gradient = PointsGradient(points, StackedGradient(_names(2), raw), np.zeros(1))
    found = gradient(points.origins, np.array([0]))
    assert_array_equal(seen[0], [[0.0, 1.0]])
    assert_array_equal(found, [[0.0, 3.0]])


def test_a_category_has_no_gradient_and_is_named():
    gradient = StackedGradient(("colour",), lambda inputs, _: inputs)
    with pytest.raises(ValueError, match="'colour' holds what is no number: there is no gradient"):
        gradient({"colour": np.array(["red"], dtype=object)}, np.zeros(1))


def _attacked(attack, model, x, labels, epsilon):
    """Attack the records that a pipeline gets right, in units of each feature's sd."""
    right = model.predict(x) == labels
    x, labels = x[right][:80], labels[right][:80].astype(float)
    scales = x.std(axis=0)
    space = Space(
        tuple(
            Feature(f"f{place}", Values.NUMERIC, scale=scale) for place, scale in enumerate(scales)
        )
    )
    points = Points.of(space, _table(x))

    def oracle(candidates, places):
        table = points.table(candidates, places)
        answers = model.predict(np.column_stack(list(table.columns.values())))
        nothing = np.zeros(len(places), dtype=bool)
        sent = points.read(table, places)
        return Told(sent, answers != labels[places], np.full(len(places), np.nan), nothing)

    threat = points.threat(Norm.LINF, epsilon)
    ledger = Ledger(points.origins, threat, oracle)
    gradient = None
    if attack.needs_gradient:
        raw = StackedGradient(_names(x.shape[1]), estimator_gradient(model))
        gradient = PointsGradient(points, raw, labels)
    attack(points.origins, threat, ledger, np.random.default_rng(0), gradient)
    return ledger, x * 1.0, scales


@pytest.mark.parametrize(
    "last", [LogisticRegression(), MLPClassifier((24,), max_iter=300, random_state=0)]
)
def test_on_a_trained_model_many_steps_break_more_than_one_and_one_more_than_chance(last):
    x, labels = load_breast_cancer(return_X_y=True)
    model = make_pipeline(StandardScaler(), last).fit(x, labels)
    chance, single, many = (
        _attacked(attack, model, x, labels, 0.25)[0].broken.mean()
        for attack in (RandomBall(), FGSM(), PGD())
    )
    assert chance <= single <= many
    assert many > chance + 0.1


@pytest.mark.parametrize("attack", [FGSM(), PGD()])
def test_the_least_distance_of_a_trained_logistic_regression_is_its_margin_by_the_l1_norm(attack):
    x, labels = load_breast_cancer(return_X_y=True)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(x, labels)
    ledger, records, scales = _attacked(attack, model, x, labels, np.inf)
    weights = model[-1].coef_[0] / model[0].scale_ * scales
    exact = np.abs(model.decision_function(records)) / np.abs(weights).sum()
    assert (ledger.distance >= exact * (1 - 1e-6)).all()
    assert_allclose(ledger.distance, exact, rtol=3e-4)


def test_by_larger_epsilon_pgd_breaks_every_record():
    x, labels = load_iris(return_X_y=True)
    model = make_pipeline(StandardScaler(), MLPClassifier((8,), max_iter=400, random_state=0))
    model.fit(x, labels)
    broken = [_attacked(PGD(), model, x, labels, each)[0].broken.mean() for each in (0.1, 0.5, 3)]
    assert broken[0] < broken[1] < broken[2] == 1.0


def test_the_example_of_the_slope_holds():
    assert doctest.testmod(loss).failed == 0
