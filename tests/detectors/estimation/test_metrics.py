"""Metrics from counts by predicted class and score."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose

from detectors.estimation.metrics import (
    HIGHEST,
    METRICS,
    Metric,
    gradients,
    metrics,
    roc_auc,
    roc_auc_resolution,
)
from detectors.estimation.score_counts import BINS, LabelledCounts


def drawn(seed, n=500):
    rng = np.random.default_rng(seed)
    scores = rng.beta(1, 2, n)
    predicted = scores > 0.4
    positive = rng.random(n) < scores
    return scores, predicted, positive


def test_a_confusion_matrix_gives_the_hand_computed_metrics():
    # 3 true positives, 1 false positive, 2 false negatives, 4 true negatives.
    predicted = np.array([1] * 4 + [0] * 6, dtype=bool)
    positive = np.array([1, 1, 1, 0, 1, 1, 0, 0, 0, 0], dtype=bool)
    counts = LabelledCounts.of(np.where(predicted, 0.75, 0.25), predicted, positive)
    value = dict(zip(METRICS, metrics(counts.records, counts.positives), strict=True))
    assert value[Metric.ACCURACY] == pytest.approx(0.7)
    assert value[Metric.PRECISION] == pytest.approx(3 / 4)
    assert value[Metric.RECALL] == pytest.approx(3 / 5)
    assert value[Metric.F1] == pytest.approx(6 / 9)
    # 5 positives and 5 negatives: 3*4 pairs in order, 3*1 + 2*4 at equal scores.
    assert value[Metric.ROC_AUC] == pytest.approx((12 + 5.5) / 25)
    assert value[Metric.BRIER] == pytest.approx((7 * 0.25**2 + 3 * 0.75**2) / 10, abs=0.003)
    log_loss = -(7 * np.log(0.75) + 3 * np.log(0.25)) / 10
    assert value[Metric.LOG_LOSS] == pytest.approx(log_loss, abs=0.005)


@pytest.mark.parametrize("seed", range(5))
def test_binned_metrics_are_near_those_of_the_scores_themselves(seed):
    scores, predicted, positive = drawn(seed)
    counts = LabelledCounts.of(scores, predicted, positive)
    value = metrics(counts.records, counts.positives)
    order = scores[positive][:, None] - scores[~positive][None, :]
    exact = (order > 0).mean()
    within = roc_auc_resolution(counts.records.sum(axis=0), counts.positives.sum(axis=0))
    assert abs(value[4] - exact) <= within / 2
    assert within < 0.02
    of_outcome = np.where(positive, scores, 1 - scores)
    assert_allclose(value[5], -np.log(of_outcome).mean(), atol=0.002)
    assert_allclose(value[6], ((1 - of_outcome) ** 2).mean(), atol=0.001)


@given(arrays(np.int64, (2, BINS), elements=st.integers(0, 3)), st.integers(0, 2**32 - 1))
def test_metrics_lie_in_their_ranges(records, seed):
    positives = np.random.default_rng(seed).binomial(records, 0.3)
    value = metrics(records, positives)
    known = ~np.isnan(value)
    assert (value[known] >= 0).all()
    assert (value[known] <= HIGHEST[known] + 1e-12).all()


def test_the_roc_area_of_a_constant_score_is_a_half_and_of_one_class_is_not_defined():
    assert roc_auc(np.array([0, 9]), np.array([0, 4])) == 0.5
    assert np.isnan(roc_auc(np.array([3, 9]), np.array([3, 9])))


def test_no_record_has_no_metric_and_none_predicted_has_no_precision():
    assert np.isnan(metrics(np.zeros((2, BINS)), np.zeros((2, BINS)))).all()
    counts = LabelledCounts.of(np.full(4, 0.2), np.zeros(4, dtype=bool), np.arange(4) == 0)
    value = metrics(counts.records, counts.positives)
    assert np.isnan(value[1])
    assert value[2] == 0


def test_gradients_are_those_of_small_differences():
    scores, predicted, positive = drawn(7, 200)
    counts = LabelledCounts.of(scores, predicted, positive)
    records, positives = counts.records.astype(float), counts.positives.astype(float)
    slope = gradients(records, positives)
    for cell in [tuple(each) for each in np.argwhere(records > 0)[::17]]:
        moved = positives.copy()
        moved[cell] += 1e-6
        difference = (metrics(records, moved) - metrics(records, positives)) / 1e-6
        assert_allclose(slope[:, *cell], difference, rtol=1e-4, atol=1e-8)
