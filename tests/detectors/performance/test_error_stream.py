"""Errors as a stream: what is counted and what is fed on."""

import numpy as np
import pytest

from detectors.adwin import ScoreAdwin
from detectors.cells import WIDTH
from detectors.performance.error_stream import ERROR, LOSS, RIGHT, WRONG, Errors, error_rows
from detectors.prediction_kind import PredictionKind
from detectors.sample import SAMPLE_SIZE
from tests.detectors.performance.joined import draw, pairs_of, task_of

ROWS = {
    PredictionKind.CLASS: (ERROR,),
    PredictionKind.PROBABILITY: (LOSS, ERROR),
    PredictionKind.PROBABILITIES: (LOSS, ERROR),
    PredictionKind.REGRESSION: (LOSS,),
}


@pytest.mark.parametrize("kind", list(PredictionKind))
def test_every_judged_pair_is_counted_once_in_every_row(kind):
    pairs = draw(kind, np.random.default_rng(0), 3000)
    task = task_of(kind, pairs)
    errors = Errors.of(task, pairs)
    assert error_rows(task) == ROWS[kind]
    assert errors.counts.shape == Errors.empty(task).counts.shape == (len(ROWS[kind]), WIDTH)
    assert errors.counts.sum(axis=1).tolist() == [3000] * len(ROWS[kind])


def test_right_and_wrong_answers_are_counted():
    pairs = pairs_of([0, 1, 2, 0, np.nan], [0, 1, 0, 1, 1])
    counts = Errors.of(task_of(PredictionKind.CLASS, pairs), pairs).counts
    assert counts[0, [RIGHT, WRONG]].tolist() == [2, 2]


@pytest.mark.parametrize("kind", [kind for kind, rows in ROWS.items() if LOSS in rows])
def test_losses_of_the_reference_fill_its_bins_alike(kind):
    pairs = draw(kind, np.random.default_rng(1), 32_000)
    counts = Errors.of(task_of(kind, pairs), pairs).counts[0]
    assert counts[counts > 0].tolist() == pytest.approx([1000] * 32, abs=2)


def test_errors_of_a_regression_are_in_the_references_99th_percentile_and_at_most_1():
    reference = pairs_of(np.linspace(-1, 1, 20_001), np.zeros(20_001))
    task = task_of(PredictionKind.REGRESSION, reference)
    assert task.bound == pytest.approx(0.99)
    sample = Errors.of(task, pairs_of([0.495, -0.495, 5.0, 0.0], [0, 0, 0, 0])).sample
    assert sample.scores_in_order() == pytest.approx([0.5, 0.5, 1.0, 0.0])


def test_errors_come_in_order_of_time_whatever_the_order_of_arrival():
    pairs = pairs_of([0, 0, 1, 1, 1], [0, 1, 1, 0, 0])
    task = task_of(PredictionKind.CLASS, pairs)
    shuffled = [pairs.chosen(np.isin(pairs.offsets, each)) for each in ([3, 1], [4], [2, 0])]
    errors = sum((Errors.of(task, each) for each in shuffled), Errors.empty(task))
    assert errors.sample.scores_in_order().tolist() == [0, 1, 0, 1, 1]


def test_adwin_finds_a_rise_in_what_blocks_hand_it():
    rng, adwin = np.random.default_rng(2), ScoreAdwin()
    task = task_of(PredictionKind.CLASS, draw(PredictionKind.CLASS, rng, 100))
    for rate in [0.1] * 12 + [0.2] * 4:
        labels = rng.integers(0, 2, 2000)
        pairs = pairs_of(np.where(rng.random(2000) < rate, 1 - labels, labels), labels)
        errors = Errors.of(task, pairs).sample.scores_in_order()
        assert len(errors) == SAMPLE_SIZE
        cuts = adwin.feed(errors)
        assert bool(cuts) <= (rate == 0.2)
    assert adwin.detections >= 1
    assert adwin.mean == pytest.approx(0.2, abs=0.02)


def test_a_perfect_reference_leaves_a_unit_for_the_errors_to_come():
    pairs = pairs_of([1, 2, 3], [1, 2, 3])
    task = task_of(PredictionKind.REGRESSION, pairs)
    assert task.bound == task.scale == pytest.approx(np.std([1, 2, 3]))
    constant = task_of(PredictionKind.REGRESSION, pairs_of([2, 2], [2, 2]))
    assert constant.bound == constant.scale == 1.0
    assert task_of(PredictionKind.REGRESSION, pairs.chosen(slice(0))).bound == 1.0
