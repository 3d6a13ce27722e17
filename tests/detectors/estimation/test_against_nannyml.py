"""Estimates and sampling errors against those of NannyML 0.13.1 on the same constructed records.

NannyML's CBPE was fitted on the reference and asked for one chunk, with isotonic calibration.
"""

from dataclasses import replace

import numpy as np
from numpy.testing import assert_allclose

from detectors.estimation.calibration import FOLDS, calibrate
from detectors.estimation.calibrators import Isotonic
from detectors.estimation.cbpe import estimated
from detectors.estimation.class_cbpe import ClassRecords, calibrate_classes, estimated_classes
from detectors.estimation.metrics import METRICS, Metric, metrics
from detectors.estimation.reference_errors import ReferenceErrors
from detectors.estimation.score_counts import MIDDLES, LabelledCounts

BINARY = [0.83353, 0.64252, 0.75307, 0.69342, 0.90207]
BINARY_ERRORS = [0.01352, 0.02118, 0.01905, 0.0262, 0.00884]
CLASSES = [0.73655, 0.73578, 0.73607, 0.73576, 0.90011]
"""Accuracy, precision, recall, F1 and ROC area."""


def binary(n, power):
    """Return scores, answers and labels without any random number."""
    i = np.arange(n)
    scores = ((i + 0.5) / n) ** power
    return scores, scores > 0.5, ((i * 7919) % n + 0.5) / n < scores**1.5


def of_classes(n, power):
    """Return records of three classes without any random number."""
    i = np.arange(n)
    u, v, w = ((i + 0.5) / n) ** power, ((i * 7919) % n + 0.5) / n, ((i * 104729) % n + 0.5) / n
    scores = np.stack([u, v * (1 - u), (1 - v) * (1 - u)], axis=1)
    truth = scores**1.5 / (scores**1.5).sum(axis=1, keepdims=True)
    labels = np.minimum((w[:, None] > truth.cumsum(axis=1)).sum(axis=1), 2)
    return ClassRecords(scores, scores.argmax(axis=1), labels)


def parts_of(scores, predicted, positive):
    """Cut a reference into folds."""
    return [
        LabelledCounts.of(scores[k::FOLDS], predicted[k::FOLDS], positive[k::FOLDS])
        for k in range(FOLDS)
    ]


def test_estimates_of_a_binary_classifier_are_those_of_nannyml():
    chosen = calibrate(parts_of(*binary(4000, 1)))
    records = chosen.reference.records.sum(axis=0).astype(float)
    positives = chosen.reference.positives.sum(axis=0).astype(float)
    isotonic = replace(chosen, probability=Isotonic.fit(MIDDLES, positives, records)(MIDDLES))
    scores, predicted, positive = binary(1000, 2)
    window = LabelledCounts.of(scores, predicted, positive)
    assert_allclose(estimated(isotonic, window.scores).value[:5], BINARY, atol=0.003)
    # Held-out records prefer Platt's curve here, which is that of the construction.
    assert chosen.kind == "platt"
    low, high = estimated(chosen, window.scores).interval
    realised = metrics(window.records, window.positives)
    assert ((low <= realised) & (realised <= high)).all()


def test_reference_errors_are_those_of_nannyml():
    errors = ReferenceErrors.of(LabelledCounts.of(*binary(4000, 1))).errors(1000)
    assert_allclose(errors[:5], BINARY_ERRORS, atol=1.5e-5)


def test_the_exact_error_leaves_out_the_spread_that_scores_explain():
    whole = parts_of(*binary(4000, 1))
    calibration = calibrate(whole)
    exact = estimated(calibration, calibration.reference.scores).outcome_error
    published = ReferenceErrors.of(calibration.reference).errors(4000)
    others = np.arange(len(METRICS)) != METRICS.index(Metric.ROC_AUC)
    assert (exact < published)[others].all()
    # The published one of the ROC area lets only the rarer class's ranks vary.
    assert exact[~others] > published[~others]


def test_estimates_of_a_classifier_of_several_classes_are_those_of_nannyml():
    reference, window = of_classes(4000, 1), of_classes(1000, 2)
    parts = [
        ClassRecords(
            *(each[k::FOLDS] for each in (reference.scores, reference.predicted, reference.labels))
        )
        for k in range(FOLDS)
    ]
    calibration = calibrate_classes(parts)
    found = estimated_classes(calibration, calibration.sums(window.scores, window.predicted))
    assert_allclose(found.value[:5], CLASSES, atol=0.006)
