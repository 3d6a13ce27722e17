"""Performance of classifiers of several classes estimated without labels."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from detectors.estimation.calibration import FOLDS
from detectors.estimation.class_cbpe import (
    ClassRecords,
    calibrate_classes,
    compared_classes,
    estimated_classes,
)
from detectors.estimation.class_metrics import class_metrics, class_variances
from detectors.estimation.class_sums import CHANCE_GRID, ClassSums, one_hot
from detectors.estimation.metrics import metrics
from detectors.estimation.score_counts import BINS, LabelledCounts

CLASSES = 3


def records_of(rng, n, shift=0.0, concept=0.0):
    """Return records of an overconfident model of three classes."""
    x = rng.normal([shift, 0.0], 1, (n, 2))
    odds = np.column_stack([1.5 * x[:, 0], 1.5 * x[:, 1], np.zeros(n)])
    truth = np.exp(odds * [1 + concept, 1, 1])
    truth /= truth.sum(axis=1, keepdims=True)
    labels = (rng.random((n, 1)) > truth.cumsum(axis=1)[:, :-1]).sum(axis=1)
    scores = np.exp(1.6 * odds)
    scores /= scores.sum(axis=1, keepdims=True)
    return ClassRecords(scores, scores.argmax(axis=1), labels)


def parts_of(records):
    """Cut a reference into folds."""
    return [
        ClassRecords(
            records.scores[k::FOLDS], records.predicted[k::FOLDS], records.labels[k::FOLDS]
        )
        for k in range(FOLDS)
    ]


def labelled(records, classes=CLASSES):
    """Return the sums of records with their labels."""
    return ClassSums.of(records.scores, records.predicted, one_hot(records.labels, classes))


@given(
    st.integers(1, 40), st.integers(2, 12), st.lists(st.integers(0, 40)), st.integers(0, 2**32 - 1)
)
def test_sums_of_parts_are_the_sums_of_the_whole_to_the_bit(n, classes, cuts, seed):
    rng = np.random.default_rng(seed)
    scores, chances = rng.dirichlet(np.ones(classes), (2, n))
    predicted = rng.integers(0, classes, n)
    whole = ClassSums.of(scores, predicted, chances)
    summed = ClassSums.empty(classes)
    for part in reversed(np.split(np.arange(n), sorted(cuts))):
        summed = ClassSums.of(scores[part], predicted[part], chances[part]) + summed
    for field in fields(ClassSums):
        assert np.array_equal(getattr(summed, field.name), getattr(whole, field.name))


@given(st.integers(1, 60), st.integers(2, 6), st.integers(0, 2**32 - 1))
def test_metrics_lie_in_their_ranges_and_variances_are_not_negative(n, classes, seed):
    rng = np.random.default_rng(seed)
    scores, chances = rng.dirichlet(np.ones(classes), (2, n))
    sums = ClassSums.of(scores, scores.argmax(axis=1), chances)
    value, variance = class_metrics(sums), class_variances(sums)
    assert (value[~np.isnan(value)] >= 0).all()
    assert (value[:5][~np.isnan(value[:5])] <= 1 + 1e-3).all()
    assert value[6] <= 2 + 1e-3
    assert (variance[~np.isnan(variance)] >= -1e-9).all()


def test_a_confusion_matrix_gives_the_hand_computed_metrics():
    # Rows true, columns predicted: 2 1 0 / 0 3 1 / 1 0 2.
    pairs = [(0, 0)] * 2 + [(0, 1)] + [(1, 1)] * 3 + [(1, 2)] + [(2, 0)] + [(2, 2)] * 2
    labels, predicted = np.array(pairs).T
    scores = np.where(one_hot(predicted, 3) == 1, 0.5, 0.25)
    sums = labelled(ClassRecords(scores, predicted, labels))
    assert (sums.confusion / CHANCE_GRID).tolist() == [[2, 1, 0], [0, 3, 1], [1, 0, 2]]
    value = class_metrics(sums)
    assert value[0] == pytest.approx(7 / 10)
    assert value[1] == pytest.approx((2 / 3 + 3 / 4 + 2 / 3) / 3)
    assert value[2] == pytest.approx((2 / 3 + 3 / 4 + 2 / 3) / 3)
    assert value[3] == pytest.approx((4 / 6 + 6 / 8 + 4 / 6) / 3)
    assert value[5] == pytest.approx((7 * np.log(2) + 3 * np.log(4)) / 10, abs=0.01)
    assert value[6] == pytest.approx((7 * 0.375 + 3 * 0.875) / 10, abs=0.01)


def test_two_classes_have_the_metrics_of_a_binary_classifier():
    rng = np.random.default_rng(0)
    scores = rng.beta(2, 3, 2000)
    positive = rng.random(2000) < scores
    counts = LabelledCounts.of(scores, scores > 0.5, positive)
    both = np.column_stack([1 - scores, scores])
    sums = labelled(ClassRecords(both, (scores > 0.5) * 1, positive * 1), 2)
    binary, of_classes = metrics(counts.records, counts.positives), class_metrics(sums)
    assert_allclose(of_classes[[0, 5]], binary[[0, 5]], rtol=1e-3)
    assert_allclose(of_classes[6], 2 * binary[6], rtol=1e-3)
    assert_allclose(of_classes[4], binary[4], atol=2e-3)  # AREA_BINS are wider


def test_the_variance_is_that_of_labels_that_are_drawn():
    rng = np.random.default_rng(1)
    scores = rng.dirichlet(np.ones(CLASSES), 500)
    predicted = scores.argmax(axis=1)
    told = np.sqrt(class_variances(ClassSums.of(scores, predicted, scores)))
    drawn = []
    for _ in range(500):
        labels = (rng.random((500, 1)) > scores.cumsum(axis=1)[:, :-1]).sum(axis=1)
        drawn.append(class_metrics(labelled(ClassRecords(scores, predicted, labels))))
    ratio = told / np.std(drawn, axis=0)
    assert ((ratio > 0.92) & (ratio < 1.75)).all()
    assert_allclose(ratio[[0, 1, 5, 6]], 1, atol=0.1)


def test_covariate_shift_is_followed_within_the_interval_in_at_least_95_of_100_windows():
    rng = np.random.default_rng(2)
    held = []
    for _ in range(10):
        calibration = calibrate_classes(parts_of(records_of(rng, 4000)))
        for shift in (-0.8, 0.0, 0.8, 1.6):
            window = records_of(rng, 1000, shift)
            sums = calibration.sums(window.scores, window.predicted)
            found = compared_classes(calibration, sums, labelled(window))
            low, high = found.estimated.interval
            held.append((low <= found.realised) & (found.realised <= high))
    assert (np.mean(held, axis=0) >= 0.95).all()


def test_concept_drift_is_not_followed_and_the_difference_shows_it():
    rng = np.random.default_rng(3)
    calibration = calibrate_classes(parts_of(records_of(rng, 8000)))
    for _ in range(20):
        window = records_of(rng, 1000, concept=-1.5)
        sums = calibration.sums(window.scores, window.predicted)
        found = compared_classes(calibration, sums, labelled(window))
        assert found.standard_errors[0] < -5
        assert found.holds[0] < 0.5


def test_the_estimate_of_the_reference_itself_is_near_its_performance():
    calibration = calibrate_classes(parts_of(records_of(np.random.default_rng(4), 8000)))
    assert_allclose(calibration.estimated, class_metrics(calibration.reference), atol=0.01)
    assert calibration.probability.shape == (CLASSES, BINS)
    assert len(calibration.kinds) == CLASSES


def test_records_without_scores_are_left_out_and_no_record_has_no_estimate():
    rng = np.random.default_rng(5)
    calibration = calibrate_classes(parts_of(records_of(rng, 1000)))
    scores = np.full((2, CLASSES), np.nan)
    sums = calibration.sums(scores, np.zeros(2, dtype=np.int64))
    assert sums.records == 0
    assert np.isnan(estimated_classes(calibration, sums).value).all()


def test_a_class_without_enough_records_is_refused():
    records = records_of(np.random.default_rng(6), 500)
    without = ClassRecords(records.scores, records.predicted, records.labels % 2)
    with pytest.raises(ValueError, match="0 positive and 500 negative records"):
        calibrate_classes(parts_of(without))
