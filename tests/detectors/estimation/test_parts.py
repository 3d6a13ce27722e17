"""What was learned of performance, taken apart for files and put together again."""

import json

import numpy as np
from numpy.testing import assert_array_equal

from detectors.cells import WIDTH
from detectors.estimation.calibration import FOLDS, calibrate
from detectors.estimation.cbpe import estimated
from detectors.estimation.class_cbpe import ClassRecords, calibrate_classes, estimated_classes
from detectors.estimation.loss_model import LossModel, counts_of
from detectors.estimation.parts import estimation_from, estimation_parts
from detectors.estimation.score_counts import LabelledCounts


def stored(learned):
    """Take apart and put together, by way of JSON."""
    meta, arrays = estimation_parts(learned)
    assert all(isinstance(each, np.ndarray) for each in arrays.values())
    return estimation_from(json.loads(json.dumps(meta)), arrays)


def test_either_calibration_comes_back_with_the_same_estimates():
    rng = np.random.default_rng(0)
    scores = rng.random(2000)
    for chance in (scores**2, np.where(scores < 0.5, 0.2, 0.7)):
        positive = rng.random(2000) < chance
        parts = [
            LabelledCounts.of(scores[k::FOLDS], scores[k::FOLDS] > 0.5, positive[k::FOLDS])
            for k in range(FOLDS)
        ]
        learned = calibrate(parts)
        again = stored(learned)
        assert (again.kind, again.checks) == (learned.kind, learned.checks)
        assert_array_equal(again.realised, learned.realised)
        a, b = (estimated(each, parts[0].scores) for each in (learned, again))
        assert_array_equal(a.value, b.value)
        assert_array_equal(a.error, b.error)


def test_a_calibration_of_classes_comes_back_with_the_same_estimates():
    rng = np.random.default_rng(1)
    scores = rng.dirichlet(np.ones(3), 600)
    labels = np.array([rng.choice(3, p=each) for each in scores])
    parts = [
        ClassRecords(scores[k::FOLDS], scores[k::FOLDS].argmax(axis=1), labels[k::FOLDS])
        for k in range(FOLDS)
    ]
    learned = calibrate_classes(parts)
    again = stored(learned)
    assert again.kinds == learned.kinds
    a, b = (
        estimated_classes(each, each.sums(scores, scores.argmax(axis=1)))
        for each in (learned, again)
    )
    assert_array_equal(a.value, b.value)
    assert_array_equal(a.error, b.error)


def test_a_loss_model_comes_back_with_the_same_estimates():
    rng = np.random.default_rng(2)
    cells = rng.integers(0, WIDTH, (500, 3))
    learned = LossModel.fit(cells, 2, rng.random((500, 2)), np.arange(500) % 5, np.ones(2))
    again = stored(learned)
    a, b = (each.estimated(counts_of(cells[:50]), 50) for each in (learned, again))
    assert_array_equal(a.value, b.value)
    assert_array_equal(a.error, b.error)
