"""A tally is a function of the set of pairs, whatever their order and however they are cut."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.performance import tally
from detectors.performance.error_stream import Errors
from detectors.performance.measures import measure
from detectors.performance.moments import FARTHEST
from detectors.performance.pairs import class_codes
from detectors.performance.tally import Tally
from detectors.prediction_kind import PredictionKind
from tests.detectors.performance.joined import bits, draw, pairs_of, some_pairs, task_of

KINDS = list(PredictionKind)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_neither_cuts_nor_order_change_a_bit(kind, data):
    task = task_of(kind, draw(kind, np.random.default_rng(0), 500))
    pairs = data.draw(some_pairs(kind))
    order = np.array(data.draw(st.permutations(range(len(pairs)))), dtype=np.int64)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(pairs)), max_size=3)))
    for counted in (Tally, Errors):
        whole = counted.of(task, pairs)
        parts = [counted.of(task, pairs.chosen(part)) for part in np.split(order, cuts)]
        assert bits(sum(parts[::-1], counted.empty(task))) == bits(whole)
        assert bits(parts[0] + whole) == bits(whole + parts[0])


@pytest.mark.parametrize("kind", KINDS)
def test_many_pairs_are_the_sum_of_their_pieces(kind, monkeypatch):
    pairs = draw(kind, np.random.default_rng(1), 20_000)
    task = task_of(kind, pairs)
    whole = bits(Tally.of(task, pairs))
    monkeypatch.setattr(tally, "AT_ONCE", 17)
    assert bits(Tally.of(task, pairs)) == whole


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_every_pair_is_judged_or_unusable_and_no_measure_fails(kind, data):
    task = task_of(kind, draw(kind, np.random.default_rng(2), 500))
    pairs = data.draw(some_pairs(kind))
    found = Tally.of(task, pairs)
    assert found.records + found.unusable == len(pairs)
    if kind is not PredictionKind.REGRESSION:
        assert found.confusion.sum() == found.records
    for each in measure(found, task).values():
        assert np.isnan(each.value) or np.isnan(each.low) or each.low <= each.value <= each.high


def test_the_confusion_matrix_counts_predicted_by_actual_and_other_classes_last():
    codes = {"cat": 0, "dog": 1}
    said = ["cat", "cat", "dog", "emu", "emu", "emu", "cat"]
    was = ["cat", "dog", "dog", "cat", "emu", "fox", "fox"]
    pairs = pairs_of(*class_codes(codes, said, was))
    task = task_of(PredictionKind.CLASS, pairs)
    found = Tally.of(task, pairs_of(*class_codes({"cat": 0, "dog": 1, "owl": 2}, said, was)))
    assert found.confusion.tolist() == [[1, 1, 0, 1], [0, 1, 0, 0], [0, 0, 0, 0], [1, 0, 0, 2]]
    assert found.right == 3  # an emu is no fox, though both are classes of no name


def test_a_probability_on_the_threshold_is_positive():
    pairs = pairs_of([0.5, np.nextafter(0.5, 0), 1.0, 0.0], [1, 1, 0, 0])
    task = task_of(PredictionKind.PROBABILITY, pairs)
    assert Tally.of(task, pairs).confusion.tolist() == [[1, 1, 0], [1, 1, 0], [0, 0, 0]]


def test_pairs_without_a_usable_side_are_counted_apart():
    pairs = pairs_of([np.nan, 0.2, 1.2, 0.7], [1, np.nan, 0, 1])
    found = Tally.of(task_of(PredictionKind.PROBABILITY, pairs), pairs)
    assert (found.records, found.unusable) == (1, 3)


def test_far_errors_are_clipped_and_counted():
    reference = pairs_of(np.linspace(-1, 1, 101), np.zeros(101))
    task = task_of(PredictionKind.REGRESSION, reference)
    far = Tally.of(task, pairs_of([1e9, 0.5], [0.0, 0.5]))
    assert far.moments.clipped == 1
    assert measure(far, task)["bias"].value == pytest.approx(FARTHEST * task.bound / 2)


def test_sums_of_the_worst_pairs_do_not_overflow():
    rng = np.random.default_rng(3)
    regression, probability = PredictionKind.REGRESSION, PredictionKind.PROBABILITY
    worst = Tally.of(task_of(regression, draw(regression, rng, 500)), pairs_of([1e300], [-1e300]))
    assert np.abs(worst.moments.sums.astype(np.float64)).max() * 2e9 < 2**63
    wrong = Tally.of(task_of(probability, draw(probability, rng, 500)), pairs_of([0.0], [1]))
    assert wrong.scores.losses.astype(np.float64).max() * 2e8 < 2**63
