"""Performance of binary classifiers estimated without labels."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from detectors.estimation.calibration import FOLDS, RAW, Calibration, Check, calibrate
from detectors.estimation.calibrators import Platt
from detectors.estimation.cbpe import compared, estimated
from detectors.estimation.metrics import Metric
from detectors.estimation.score_counts import BINS, MIDDLES, LabelledCounts, ScoreCounts


def logistic(x):
    return 1 / (1 + np.exp(-x))


def records_of(rng, n, shift=0.0, concept=0.0):
    """Return scores of an overconfident model, its answers and the labels of n records."""
    x = rng.normal(shift, 1, n)
    positive = rng.random(n) < logistic(1.5 * x - 1 + concept * x)
    scores = logistic(1.6 * (1.5 * x - 1))
    return scores, scores > 0.5, positive


def parts_of(scores, predicted, positive):
    """Cut a reference into folds."""
    return [
        LabelledCounts.of(scores[k::FOLDS], predicted[k::FOLDS], positive[k::FOLDS])
        for k in range(FOLDS)
    ]


def with_table(probability):
    """Return a calibration that is certain of these probabilities."""
    nothing = LabelledCounts.empty()
    return Calibration(
        kind="platt",
        calibrator=Platt(np.array([1.0, 0.0]), np.zeros((2, 2))),
        checks={RAW: Check(0.0, 0.0)},
        probability=probability,
        factor=np.zeros((BINS, 1)),
        reference=nothing,
        estimated=np.full(len(Metric), np.nan),
        dispersion=1.0,
    )


def test_expected_confusion_gives_the_hand_computed_estimates():
    # Calibrated .9 and .6 predicted positive, .3 predicted negative: TP 1.5, FP .5, FN .3.
    window = ScoreCounts.of(np.array([0.8, 0.6, 0.2]), np.array([True, True, False]))
    probability = np.select([MIDDLES > 0.7, MIDDLES > 0.5], [0.9, 0.6], 0.3)
    found = estimated(with_table(probability), window)
    assert_allclose(found.value[0], (0.9 + 0.6 + 0.7) / 3)
    assert_allclose(found.value[1], 1.5 / 2)
    assert_allclose(found.value[2], 1.5 / 1.8)
    assert_allclose(found.value[3], 1.5 / (1.5 + 0.5 * (0.5 + 0.3)))
    # Trapezoid over (fpr, tpr) of .1/1.2 .9/1.8, .5/1.2 1.5/1.8, 1 1.
    area = (0.1 * 0.45 + 0.4 * (0.9 + 1.5) / 2 + 0.7 * (1.5 + 1.8) / 2) / (1.2 * 1.8)
    assert_allclose(found.value[4], area)
    assert_allclose(found.outcome_error[0], np.sqrt(0.09 + 0.24 + 0.21) / 3)
    assert_allclose(found.outcome_error[1], np.sqrt(0.09 + 0.24) / 2)


def test_binned_estimates_are_near_those_of_each_record():
    rng = np.random.default_rng(3)
    scores, predicted, _ = records_of(rng, 2000)

    def exact(score):
        return logistic(np.log(score / (1 - score)) / 1.6)

    c = exact(scores)
    found = estimated(with_table(exact(MIDDLES)), ScoreCounts.of(scores, predicted)).value
    assert_allclose(found[0], np.where(predicted, c, 1 - c).mean(), atol=2e-4)
    assert_allclose(found[1], c[predicted].mean(), atol=4e-4)
    assert_allclose(found[2], c[predicted].sum() / c.sum(), atol=4e-4)
    order = np.argsort(scores)
    c = c[order]
    area = (c * (np.cumsum(1 - c) - (1 - c) / 2)).sum() / (c.sum() * (1 - c).sum())
    assert_allclose(found[4], area, atol=2e-4)
    assert_allclose(
        found[5],
        -(c * np.log(scores[order]) + (1 - c) * np.log1p(-scores[order])).mean(),
        atol=2e-3,
    )
    assert_allclose(
        found[6], (c * (1 - scores[order]) ** 2 + (1 - c) * scores[order] ** 2).mean(), atol=2e-4
    )


def test_the_outcome_error_is_the_spread_of_outcomes_that_are_drawn():
    rng = np.random.default_rng(4)
    scores, predicted, _ = records_of(rng, 400)
    found = estimated(with_table(MIDDLES), window := ScoreCounts.of(scores, predicted))
    probability = MIDDLES[np.floor(np.interp(scores, MIDDLES, np.arange(BINS)) + 0.5).astype(int)]
    realised = [
        compared(
            with_table(MIDDLES), LabelledCounts.of(scores, predicted, rng.random(400) < probability)
        ).realised
        for _ in range(1000)
    ]
    assert window.records.sum() == 400
    assert_allclose(np.std(realised, axis=0), found.outcome_error, rtol=0.08)
    assert_allclose(np.mean(realised, axis=0), found.value, atol=0.005)


def test_covariate_shift_is_followed_within_the_interval_in_at_least_95_of_100_windows():
    rng = np.random.default_rng(5)
    held, errors = [], []
    for _ in range(25):
        calibration = calibrate(parts_of(*records_of(rng, 5000)))
        for shift in (-1.0, -0.5, 0.0, 0.5, 1.0):
            found = compared(calibration, LabelledCounts.of(*records_of(rng, 1000, shift)))
            low, high = found.estimated.interval
            held.append((low <= found.realised) & (found.realised <= high))
            errors.append(found.standard_errors)
    assert (np.mean(held, axis=0) >= 0.95).all()
    # The error is not merely wide: its size is that of the differences.
    assert ((np.std(errors, axis=0) > 0.75) & (np.std(errors, axis=0) < 1.15)).all()


def test_covariate_shift_moves_the_explained_part_and_concept_drift_the_unexplained_one():
    rng = np.random.default_rng(6)
    calibration = calibrate(parts_of(*records_of(rng, 20_000)))
    shifted = compared(calibration, LabelledCounts.of(*records_of(rng, 4000, shift=-1.0)))
    drifted = [
        compared(calibration, LabelledCounts.of(*records_of(rng, 1000, concept=-1.5)))
        for _ in range(40)
    ]
    assert abs(shifted.explained[0]) > 0.04
    assert abs(shifted.standard_errors[0]) < 3
    assert (shifted.holds == 1).all()
    assert np.mean([each.standard_errors[0] < -3 for each in drifted]) == 1
    assert np.mean([abs(each.explained[0]) < 0.04 for each in drifted]) == 1
    assert max(each.holds[0] for each in drifted) < 0.5


def test_scores_that_are_calibrated_already_may_stay_as_they_are():
    rng = np.random.default_rng(11)
    scores = rng.random(3000)
    found = calibrate(parts_of(scores, scores > 0.5, rng.random(3000) < scores))
    assert found.kind == RAW
    assert_allclose(found.probability, MIDDLES, atol=1e-12)
    # They are no more certain than those that were fitted.
    assert (np.abs(found.factor).sum(axis=1) > 0).all()


def test_errors_of_what_rests_on_too_few_positives_are_not_told():
    window = ScoreCounts.of(np.full(100, 0.03), np.arange(100) < 3)
    found = estimated(with_table(MIDDLES), window)
    assert not np.isnan(found.value).any()
    assert np.isnan(found.error).tolist() == [False, False, True, True, True, False, False]


def test_the_better_calibrator_on_held_out_records_is_chosen():
    rng = np.random.default_rng(7)
    smooth = calibrate(parts_of(*records_of(rng, 5000)))
    assert smooth.kind == "platt"
    scores = rng.random(5000)
    stepped = rng.random(5000) < np.where(scores < 0.4, 0.1, np.where(scores < 0.6, 0.8, 0.85))
    steps = calibrate(parts_of(scores, scores > 0.5, stepped))
    assert steps.kind == "isotonic"
    for found in (smooth, steps):
        assert found.checks[found.kind].log_loss < found.checks[RAW].log_loss
        assert found.checks[found.kind].error < found.checks[RAW].error
        assert_allclose(found.estimated, found.realised, atol=0.01)


def test_errors_that_last_widen_the_error_and_independent_records_do_not():
    rng = np.random.default_rng(8)
    calm = calibrate(parts_of(*records_of(rng, 10_000)))
    moody = calibrate(
        [
            LabelledCounts.of(*records_of(rng, 1000, concept=rng.normal(0, 0.5)))
            for _ in range(FOLDS)
        ]
    )
    assert calm.dispersion < 2.5
    assert moody.dispersion > 3


def test_a_small_reference_widens_the_error_by_what_it_does_not_know():
    rng = np.random.default_rng(9)
    window = ScoreCounts.of(*records_of(rng, 50_000)[:2])
    small, large = (
        estimated(calibrate(parts_of(*records_of(rng, n))), window) for n in (500, 50_000)
    )
    assert small.reference_error[0] > 3 * small.outcome_error[0]
    assert_allclose(large.reference_error[0] / large.outcome_error[0], 1, rtol=0.5)


def test_a_window_without_records_has_no_estimate():
    rng = np.random.default_rng(10)
    found = estimated(calibrate(parts_of(*records_of(rng, 500))), ScoreCounts.empty())
    assert np.isnan(found.value).all()
    assert np.isnan(found.error).all()


def test_a_reference_of_one_outcome_is_refused():
    scores = np.linspace(0, 1, 100)
    parts = parts_of(scores, scores > 0.5, scores > 0.95)
    with pytest.raises(ValueError, match="there are 10 parts, 5 positive and 95 negative records"):
        calibrate(parts)
