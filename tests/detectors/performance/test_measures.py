"""Measures against their definitions over the raw pairs, at their edges, and by simulation."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from scipy.stats import binomtest, rankdata

from detectors.performance.class_measures import class_f1
from detectors.performance.estimate import proportion, share_like
from detectors.performance.measures import CLASS_REGISTRY, REGISTRY, measure, measure_classes
from detectors.performance.score_measures import brier, roc_auc, roc_auc_error
from detectors.performance.scores import CALIBRATION_BINS
from detectors.performance.tally import Tally
from detectors.performance.value_measures import mae
from detectors.prediction_kind import PredictionKind
from tests.detectors.performance.joined import draw, pairs_of, some_pairs, tallied, task_of


def raw_auc(scores, happened):
    """The Mann-Whitney statistic over the number of pairs, by ranks."""
    m, n = happened.sum(), (~happened).sum()
    return (rankdata(scores)[happened].sum() - m * (m + 1) / 2) / (m * n)


def by_definition(kind, pairs):
    """Every measure from the raw pairs."""
    said, was = pairs.predicted, pairs.actual
    if kind is PredictionKind.REGRESSION:
        errors = said - was
        return {
            "mae": np.abs(errors).mean(),
            "rmse": np.sqrt((errors**2).mean()),
            "r2": 1 - (errors**2).sum() / ((was - was.mean()) ** 2).sum(),
            "bias": errors.mean(),
        }
    classes = [1] if kind is PredictionKind.PROBABILITY else range(3)
    scores, happened = pairs.confidence, said == was
    if kind is PredictionKind.PROBABILITY:
        scores, happened, said = said, was == 1, said >= 0.5
    right = [np.sum((said == k) & (was == k)) for k in classes]
    precision = [r / np.sum(said == k) for r, k in zip(right, classes, strict=True)]
    recall = [r / np.sum(was == k) for r, k in zip(right, classes, strict=True)]
    harmonic = [2 / (1 / p + 1 / r) for p, r in zip(precision, recall, strict=True)]
    values = {
        "accuracy": (said == was).mean(),
        "precision": np.mean(precision),
        "recall": np.mean(recall),
        "f1": np.mean(harmonic),
    }
    if kind is PredictionKind.CLASS:
        return values
    bins = np.ceil(scores * CALIBRATION_BINS)
    gaps = [abs((happened[bins == b] - scores[bins == b]).sum()) for b in np.unique(bins)]
    values |= {
        "log_loss": -np.log(np.where(happened, scores, 1 - scores)).mean(),
        "brier": ((scores - happened) ** 2).mean(),
        "calibration_error": sum(gaps) / len(scores),
    }
    return values


@pytest.mark.parametrize("kind", list(PredictionKind))
def test_measures_are_those_of_the_raw_pairs(kind):
    pairs = draw(kind, np.random.default_rng(1), 3000)
    found = measure(*tallied(kind, pairs))
    expected = by_definition(kind, pairs)
    assert found.keys() - {"roc_auc"} == expected.keys()
    for name, value in expected.items():
        assert found[name].value == pytest.approx(
            value, abs=1e-8 if kind is PredictionKind.REGRESSION else 1e-9
        )


def test_a_hand_computed_confusion_matrix_gives_the_textbooks_numbers():
    # 40 true and 10 false positives, 20 false and 30 true negatives.
    predicted = [1] * 50 + [0] * 50
    actual = [1] * 40 + [0] * 10 + [1] * 20 + [0] * 30
    found = measure(*tallied(PredictionKind.CLASS, pairs_of(predicted, actual), positive=1))
    assert found["accuracy"].value == pytest.approx(0.7)
    assert found["precision"].value == pytest.approx(0.8)
    assert found["recall"].value == pytest.approx(2 / 3)
    assert found["f1"].value == pytest.approx(8 / 11)


def test_single_classes_have_measures_of_their_own():
    # cats: 2 right of 3 predicted and 2 that there were; dogs: 1 right of 1 and of 2; no owl.
    tally, task = tallied(PredictionKind.CLASS, pairs_of([0, 0, 0, 1], [0, 0, 1, 1]))
    found = measure_classes(tally, task)
    assert found.keys() == CLASS_REGISTRY.keys()
    values = {name: [each.value for each in of] for name, of in found.items()}
    assert values["precision"] == pytest.approx([2 / 3, 1, math.nan], nan_ok=True)
    assert values["recall"] == pytest.approx([1, 0.5, math.nan], nan_ok=True)
    assert values["f1"] == pytest.approx([0.8, 2 / 3, math.nan], nan_ok=True)
    assert measure(tally, task)["f1"].value == pytest.approx((0.8 + 2 / 3) / 2)


def test_a_wilson_interval_is_scipys():
    for successes, records in [(0, 10), (3, 10), (10, 10), (977, 1000)]:
        interval = binomtest(successes, records).proportion_ci(method="wilson")
        found = proportion(successes, records)
        assert (found.low, found.high) == pytest.approx(interval, abs=1e-12)


def test_the_interval_of_a_share_by_its_standard_error_is_wilsons():
    error = np.sqrt(0.3 * 0.7 / 50)
    assert share_like(0.3, error, 9).low == pytest.approx(proportion(15, 50).low)
    assert share_like(1.0, 0.0, 9) == proportion(9, 9)


@given(some_pairs(PredictionKind.PROBABILITY))
@settings(max_examples=100, deadline=None)
def test_auc_is_within_its_stated_error_of_the_raw_one(pairs):
    reference = draw(PredictionKind.PROBABILITY, np.random.default_rng(2), 2000)
    task = task_of(PredictionKind.PROBABILITY, reference)
    tally, usable = Tally.of(task, pairs), pairs.usable(PredictionKind.PROBABILITY)
    happened = usable.actual == 1
    if 0 < happened.sum() < len(happened):
        off = abs(roc_auc(tally, task).value - raw_auc(usable.predicted, happened))
        assert off <= roc_auc_error(tally) + 1e-12
    else:
        assert np.isnan(roc_auc(tally, task).value)
        assert np.isnan(roc_auc_error(tally))


@pytest.mark.parametrize("squeeze", [1.0, 0.01, 1e-6])
def test_auc_is_fine_however_close_together_the_scores_lie(squeeze):
    rng = np.random.default_rng(3)
    raw = draw(PredictionKind.PROBABILITY, rng, 20_000)
    pairs = pairs_of(raw.predicted * squeeze, raw.actual)
    tally, task = tallied(PredictionKind.PROBABILITY, pairs)
    off = abs(roc_auc(tally, task).value - raw_auc(pairs.predicted, pairs.actual == 1))
    assert off <= roc_auc_error(tally) < 0.003
    assert off < 1e-4


def test_auc_of_few_distinct_scores_is_exact():
    rng = np.random.default_rng(4)
    scores = rng.choice([0.101, 0.102, 0.35, 0.9], 2000)
    pairs = pairs_of(scores, rng.random(2000) < scores)
    tally, task = tallied(PredictionKind.PROBABILITY, pairs)
    assert roc_auc(tally, task).value == pytest.approx(
        raw_auc(scores, pairs.actual == 1), abs=1e-12
    )


def test_the_standard_error_of_auc_is_delongs_over_all_pairs():
    rng = np.random.default_rng(5)
    scores = rng.choice(np.linspace(0.05, 0.95, 20), 300)
    happened = rng.random(300) < scores
    wins = (scores[happened][:, None] > scores[~happened]) + 0.5 * (
        scores[happened][:, None] == scores[~happened]
    )
    rows, columns = wins.mean(axis=1), wins.mean(axis=0)
    variance = rows.var(ddof=1) / len(rows) + columns.var(ddof=1) / len(columns)
    tally, task = tallied(PredictionKind.PROBABILITY, pairs_of(scores, happened))
    expected = share_like(wins.mean(), np.sqrt(variance), 1)
    found = roc_auc(tally, task)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-9)


@pytest.mark.parametrize("kind", list(PredictionKind))
def test_nothing_is_told_of_no_pairs(kind):
    reference = draw(kind, np.random.default_rng(6), 200)
    tally, task = tallied(kind, reference.chosen(slice(0)), reference)
    for each in measure(tally, task).values():
        assert np.isnan([each.value, each.low, each.high]).all()


@pytest.mark.parametrize("label", [0, 1])
def test_labels_of_one_class_only_leave_auc_undefined(label):
    pairs = pairs_of([0.2, 0.7, 0.7], [label] * 3)
    found = measure(*tallied(PredictionKind.PROBABILITY, pairs))
    assert np.isnan(found["roc_auc"].value)
    assert np.isnan(found["recall"].value) == (label == 0)
    assert found["accuracy"].value == pytest.approx([1 / 3, 2 / 3][label])


def test_scores_that_are_all_the_same_rank_nothing():
    pairs = pairs_of([0.4] * 50, [0, 1] * 25)
    tally, task = tallied(PredictionKind.PROBABILITY, pairs)
    found = roc_auc(tally, task)
    assert found.value == 0.5
    assert found.low < 0.4 < 0.6 < found.high
    assert roc_auc_error(tally) == 0.5


def test_a_perfect_model_has_perfect_measures_and_an_interval_where_chance_leaves_one():
    pairs = pairs_of([0.0, 0.0, 1.0, 1.0], [0, 0, 1, 1])
    found = measure(*tallied(PredictionKind.PROBABILITY, pairs))
    assert [found[name].value for name in ("accuracy", "f1", "roc_auc")] == [1, 1, 1]
    assert [found[name].value for name in ("log_loss", "brier", "calibration_error")] == [0, 0, 0]
    assert found["roc_auc"].low < 0.5
    values = measure(*tallied(PredictionKind.REGRESSION, pairs_of([1, 2, 3], [1, 2, 3])))
    assert [values[name].value for name in ("mae", "rmse", "r2", "bias")] == [0, 0, 1, 0]


def test_constant_labels_leave_r2_undefined_and_one_pair_all_intervals():
    found = measure(*tallied(PredictionKind.REGRESSION, pairs_of([1, 2], [3, 3])))
    assert np.isnan(found["r2"].value)
    assert found["mae"].value == pytest.approx(1.5)
    bias = measure(*tallied(PredictionKind.REGRESSION, pairs_of([1], [3])))["bias"]
    assert bias.value == pytest.approx(-2)
    assert np.isnan([bias.low, bias.high]).all()


def test_a_certain_and_wrong_probability_costs_a_finite_log_loss():
    found = measure(*tallied(PredictionKind.PROBABILITY, pairs_of([0.0], [1])))
    assert found["log_loss"].value == pytest.approx(-np.log(np.finfo(float).eps))


def test_a_measure_of_another_kind_is_refused():
    tally, task = tallied(PredictionKind.CLASS, pairs_of([0, 1], [0, 1]))
    with pytest.raises(ValueError, match="no probabilities"):
        brier(tally, task)
    with pytest.raises(ValueError, match="no errors"):
        mae(tally, task)


def test_f1_is_a_function_of_a_share():
    # 30 of 50 pairs that are positive on either side are so on both.
    found = class_f1(np.array([[100, 8], [12, 30]]), 1)
    jaccard = proportion(30, 50)
    assert found.value == pytest.approx(2 * 30 / (2 * 30 + 20))
    assert found.low == pytest.approx(2 * jaccard.low / (1 + jaccard.low))


def drawn(kind, rng, n):
    """Pairs of a model that is well calibrated nowhere, so that every measure has a truth."""
    pairs = draw(kind, rng, n)
    if kind is PredictionKind.PROBABILITY:
        return pairs_of(pairs.predicted**1.5, pairs.actual)
    if kind is PredictionKind.PROBABILITIES:
        return pairs_of(pairs.predicted, pairs.actual, pairs.confidence**0.5)
    return pairs


@pytest.mark.parametrize("kind", list(PredictionKind))
def test_intervals_cover_the_truth_in_95_of_100_samples(kind):
    rng, runs, size = np.random.default_rng(8), 1500, 800
    reference = drawn(kind, rng, 1_000_000)
    truth = measure(*tallied(kind, reference))
    task = task_of(kind, reference)
    covered = dict.fromkeys(truth, 0)
    for _ in range(runs):
        for name, each in measure(Tally.of(task, drawn(kind, rng, size)), task).items():
            covered[name] += each.low <= truth[name].value <= each.high
    for name, count in covered.items():
        interval = binomtest(count, runs).proportion_ci(0.99, method="wilson")
        lowest = 0.0 if name == "calibration_error" else interval.low
        assert lowest <= 0.95 <= interval.high, f"{name}: {count / runs}"


def test_a_calibrated_model_has_an_interval_down_to_no_calibration_error():
    rng, kind = np.random.default_rng(9), PredictionKind.PROBABILITY
    task = task_of(kind, draw(kind, rng, 1000))
    found = [measure(Tally.of(task, draw(kind, rng, 800)), task) for _ in range(200)]
    lows = [each["calibration_error"].low for each in found]
    assert np.mean(np.array(lows) == 0) >= 0.95


def test_each_measure_has_its_line_in_the_registry():
    rng = np.random.default_rng(7)
    told = [measure(*tallied(kind, draw(kind, rng, 50))).keys() for kind in PredictionKind]
    assert set().union(*told) == set(REGISTRY)
