"""The summary of performance is one sum, whatever estimates it feeds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.cells import WIDTH
from detectors.estimation.calibration import FOLDS, calibrate
from detectors.estimation.cbpe import compared, estimated
from detectors.estimation.class_cbpe import (
    ClassRecords,
    calibrate_classes,
    compared_classes,
    estimated_classes,
)
from detectors.estimation.class_sums import ClassSums, one_hot
from detectors.estimation.loss_model import LossModel, counts_of
from detectors.estimation.losses import (
    compared_answers,
    compared_numbers,
    learned_of_answers,
    learned_of_numbers,
)
from detectors.estimation.score_counts import LabelledCounts, ScoreCounts
from detectors.performance.estimator import estimator_of
from detectors.performance.said import Said
from detectors.performance.summary import Performance
from detectors.performance.yardstick import Yardstick
from detectors.prediction_kind import PredictionKind
from detectors.windows import Windows
from tests.detectors.performance.joined import bits, draw, some_pairs, task_of

KINDS = list(PredictionKind)
FEATURES = 3


def said_of(pairs, rng):
    """Return what was said of pairs, with chances and cells made up."""
    n = len(pairs)
    chances = rng.dirichlet(np.ones(3), n).astype(np.float32)
    cells = rng.integers(0, WIDTH, (n, FEATURES)).astype(np.uint8)
    return Said(pairs.predicted, pairs.confidence, chances, cells)


def reference(kind):
    """Return reference pairs with what was said, their task and what is learned of them."""
    rng = np.random.default_rng(0)
    pairs = draw(kind, rng, 2000)
    said = said_of(pairs, rng)
    return pairs, said, task_of(kind, pairs), learned(kind, pairs, said)


def learned(kind, pairs, said):
    folds = [slice(k, None, FOLDS) for k in range(FOLDS)]
    cells, part = said.cells.astype(np.int64), np.arange(len(pairs)) % FOLDS
    match kind:
        case PredictionKind.PROBABILITY:
            return calibrate(
                [
                    LabelledCounts.of(
                        pairs.predicted[k], pairs.predicted[k] >= 0.5, pairs.actual[k] == 1
                    )
                    for k in folds
                ]
            )
        case PredictionKind.PROBABILITIES:
            return calibrate_classes(
                [
                    ClassRecords(
                        said.chances[k].astype(float),
                        pairs.predicted[k].astype(int),
                        pairs.actual[k].astype(int),
                    )
                    for k in folds
                ]
            )
        case PredictionKind.REGRESSION:
            return learned_of_numbers(cells, FEATURES, pairs.predicted, pairs.actual, part)
    return learned_of_answers(cells, FEATURES, pairs.predicted == pairs.actual, part)


def yardstick_of(kind):
    _, _, task, known = reference(kind)
    groups = len(task.classes) or 4
    edges = np.array([1.0, 3.0, 5.0]) if not task.classes else np.zeros(0)
    return Yardstick(task, estimator_of(known, task), groups, edges)


YARDSTICKS = {kind: yardstick_of(kind) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_neither_cuts_nor_order_change_a_bit(kind, data):
    yardstick = YARDSTICKS[kind]
    pairs = data.draw(some_pairs(kind))
    said = said_of(pairs, np.random.default_rng(1))
    order = np.array(data.draw(st.permutations(range(len(pairs)))), dtype=np.int64)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(pairs)), max_size=3)))
    parts = np.split(order, cuts)
    whole = Performance.of_pairs(yardstick, pairs, said)
    assert whole.records + whole.tally.unusable == len(pairs)
    told = [Performance.of_pairs(yardstick, pairs.chosen(p), said.chosen(p)) for p in parts]
    assert bits(sum(told[1:], told[0])) == bits(whole)
    whole = Performance.of_predictions(yardstick, said)
    told = [Performance.of_predictions(yardstick, said.chosen(p)) for p in parts]
    assert bits(sum(told[1:], told[0])) == bits(whole)


@pytest.mark.parametrize("kind", KINDS)
def test_narrow_numbers_are_the_same_and_add_up_to_wide_ones(kind):
    yardstick = YARDSTICKS[kind]
    pairs = draw(kind, np.random.default_rng(2), 300)
    said = said_of(pairs, np.random.default_rng(2))
    one = Performance.of_pairs(yardstick, pairs, said)
    both = one + Performance.of_predictions(yardstick, said)
    assert bits(both.narrow.wide) == bits(both)
    windows = Windows(1000)
    for block in range(9):
        windows = windows.push(block, both)
    _, total = windows.suffix(9)
    assert total.records == 9 * len(pairs)
    assert bits(total) == bits(sum([both.closed] * 8, both.closed))


def test_sums_of_scores_give_the_estimates_of_the_library():
    kind = PredictionKind.PROBABILITY
    pairs, said, _, known = reference(kind)
    estimator = YARDSTICKS[kind].estimator
    predicted = pairs.predicted >= 0.5
    found = estimator.estimated(estimator.of_predictions(said), None, 0)
    same(found, estimated(known, ScoreCounts.of(pairs.predicted, predicted)))
    found = estimator.compared(estimator.of_pairs(said, pairs.actual), None)
    counts = LabelledCounts.of(pairs.predicted, predicted, pairs.actual == 1)
    same(found.estimated, compared(known, counts).estimated)
    assert found.realised == pytest.approx(estimator.reference)


def test_sums_of_chances_give_the_estimates_of_the_library():
    kind = PredictionKind.PROBABILITIES
    pairs, said, _, known = reference(kind)
    estimator = YARDSTICKS[kind].estimator
    chances, predicted = said.chances.astype(float), pairs.predicted.astype(int)
    found = estimator.estimated(estimator.of_predictions(said), None, 0)
    same(found, estimated_classes(known, known.sums(chances, predicted)))
    told = ClassSums.of(chances, predicted, one_hot(pairs.actual.astype(int), 3))
    wanted = compared_classes(known, known.sums(chances, predicted), told)
    found = estimator.compared(estimator.of_pairs(said, pairs.actual), None)
    same(found.estimated, wanted.estimated)
    assert found.realised == pytest.approx(wanted.realised)
    assert found.realised == pytest.approx(estimator.reference)


@pytest.mark.parametrize("kind", [PredictionKind.REGRESSION, PredictionKind.CLASS])
def test_counts_of_features_give_the_estimates_of_the_library(kind):
    pairs, said, _, known = reference(kind)
    assert isinstance(known, LossModel)
    yardstick = YARDSTICKS[kind]
    estimator = yardstick.estimator
    counts = counts_of(said.cells.astype(np.int64))
    performance = Performance.of_pairs(yardstick, pairs, said)
    found = estimator.compared(performance.labelled, performance.tally)
    if kind is PredictionKind.REGRESSION:
        error = pairs.actual - pairs.predicted
        losses = np.array([np.abs(error).mean(), (error**2).mean()])
        wanted = compared_numbers(known, counts, len(pairs), losses)
    else:
        right = float((pairs.predicted == pairs.actual).mean())
        wanted = compared_answers(known, counts, len(pairs), right)
    same(found.estimated, wanted.estimated)
    assert found.realised == pytest.approx(wanted.realised, rel=1e-3)
    assert estimator.reference == pytest.approx(wanted.reference)
    same(estimator.estimated(performance.said, counts, len(pairs)), wanted.estimated)


def test_labels_are_grouped_by_class_or_by_the_edges_of_a_regression():
    assert YARDSTICKS[PredictionKind.CLASS].labels(np.array([0.0, 2, 2, 4])).tolist() == [1, 0, 2]
    edges = YARDSTICKS[PredictionKind.REGRESSION]
    assert edges.labels(np.array([-9.0, 1, 1.1, 9])).tolist() == [2, 1, 0, 1]


def same(found, wanted):
    for name in ("value", "outcome_error", "reference_error"):
        np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name))
