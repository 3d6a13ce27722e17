"""A rise of the errors is paged within the budget, and calm months are not."""

import math

import numpy as np
import pytest
from scipy.signal import lfilter

from detectors.cells import VALUE_BINS, WIDTH
from detectors.evidence.budget import Budget
from detectors.evidence.calibrate import calibrate
from detectors.evidence.detector import Detector
from detectors.evidence.evidence import Evidence
from detectors.evidence.groups import Group
from detectors.evidence.history import History
from detectors.evidence.observed import Observed
from detectors.evidence.season import basis
from detectors.evidence.streams import Kind
from detectors.evidence.watch import Watch
from detectors.performance.error_evidence import SHARE, error_ratios
from detectors.performance.error_stream import RIGHT, WRONG, Errors
from detectors.prediction_kind import PredictionKind
from tests.detectors.performance.joined import draw, pairs_of, task_of

BUDGET = Budget(pages=1, per_ms=4320, block_ms=1)
BLOCK_MS = 600_000
RECORDS = 250
REFERENCE = 20_000
CLASS = task_of(PredictionKind.CLASS, pairs_of([0, 1], [0, 1]))


def row(right, wrong):
    counts = np.zeros((1, WIDTH), dtype=np.int64)
    counts[0, [RIGHT, WRONG]] = right, wrong
    return counts


def watching(counts, task=CLASS):
    return Watch(Detector(error_ratios(task, counts)), BUDGET)


def first_page(rng, rates, reference=0.1):
    """Return how many blocks it takes to a page, None where there is none."""
    wrong = rng.binomial(REFERENCE, reference)
    watch, history = watching(row(REFERENCE - wrong, wrong)), History(4320)
    for block, rate in enumerate(rates, start=1):
        wrong = rng.binomial(RECORDS, rate)
        observed = Observed.block(block, RECORDS, row(RECORDS - wrong, wrong))
        watch.step(history.push(observed), (), 1, True)
        if watch.pages:
            return block
    return None


def test_a_rise_from_10_to_15_errors_in_100_is_paged_within_1250_records():
    calm = 40
    pages = [
        first_page(np.random.default_rng(seed), [0.1] * calm + [0.15] * 100) for seed in range(41)
    ]
    assert None not in pages
    delays = np.array(pages) - calm
    assert delays.min() > 0
    assert np.median(delays) * RECORDS <= 1250


def test_three_months_without_a_change_do_not_page():
    assert first_page(np.random.default_rng(0), [0.1] * 3 * 4320) is None


def test_fewer_errors_are_no_evidence_of_anything():
    ratios = error_ratios(CLASS, row(18_000, 2_000))
    better = Observed.block(1, 5000, row(4900, 100))
    assert Detector(ratios).step([better]) == Evidence()


def test_errors_that_are_too_rare_for_a_gaussian_share_are_bet_on_too():
    # 20 in 20,000; 15 in the next 1,000 are fifteen times as many.
    detector = Detector(error_ratios(CLASS, row(19_980, 20)))
    found = detector.step([Observed.block(1, 1000, row(985, 15))])
    assert found.group == Group.RARE
    assert found.value > BUDGET.page_threshold


def changed(kind, pairs, rng, worse):
    """Pairs of a model that errs more than it did, or less."""
    if kind is PredictionKind.REGRESSION:
        factor = 1.3 if worse else 0.7
        return pairs_of(pairs.actual + factor * (pairs.predicted - pairs.actual), pairs.actual)
    some = rng.random(len(pairs)) < 0.1
    if kind is PredictionKind.PROBABILITY:
        label = (pairs.predicted >= 0.5) != worse
        return pairs_of(pairs.predicted, np.where(some, label, pairs.actual))
    said = (pairs.actual + worse) % 3
    return pairs_of(np.where(some, said, pairs.predicted), pairs.actual, pairs.confidence)


@pytest.mark.parametrize("kind", list(PredictionKind))
def test_worse_answers_are_paged_and_better_ones_are_not(kind):
    rng = np.random.default_rng(1)
    reference, calm = draw(kind, rng, REFERENCE), draw(kind, rng, 5000)
    task = task_of(kind, reference)
    ratios = error_ratios(task, Errors.of(task, reference).counts)
    better, worse = (changed(kind, calm, rng, each) for each in (False, True))
    for pairs, paged in [(calm, False), (better, False), (worse, True)]:
        block = Observed.block(1, 5000, Errors.of(task, pairs).counts)
        assert (Detector(ratios).step([block]).value >= BUDGET.page_threshold) == paged


def test_a_loss_beyond_all_of_the_references_is_a_change_of_its_own():
    rng = np.random.default_rng(2)
    reference = draw(PredictionKind.REGRESSION, rng, REFERENCE)
    task = task_of(PredictionKind.REGRESSION, reference)
    detector = Detector(error_ratios(task, Errors.of(task, reference).counts))
    pairs = draw(PredictionKind.REGRESSION, rng, 1000)
    pairs.predicted[:8] += 100
    found = detector.step([Observed.block(1, 1000, Errors.of(task, pairs).counts)])
    assert (found.kind, found.feature, found.column) == (Kind.OUTSIDE, 0, VALUE_BINS - 1)
    assert found.value >= BUDGET.page_threshold


@pytest.mark.parametrize("kind", list(PredictionKind))
def test_all_bets_together_spend_the_share_of_the_budget(kind):
    reference = draw(kind, np.random.default_rng(3), REFERENCE)
    task = task_of(kind, reference)
    ratios = error_ratios(task, Errors.of(task, reference).counts)
    spent = sum(part.bets * math.exp(ratios.prior(part)) for part in ratios.parts)
    spent += ratios.rare.bets * math.exp(ratios.priors.get(Group.RARE, -np.inf))
    assert spent == pytest.approx(SHARE)
    assert (ratios.streams.psi[:, 1] == np.inf).all()


@pytest.mark.parametrize("records", [1, 20])
def test_a_tiny_reference_says_nothing_and_breaks_nothing(records):
    for kind in PredictionKind:
        reference = draw(kind, np.random.default_rng(4), records)
        task = task_of(kind, reference)
        detector = Detector(error_ratios(task, Errors.of(task, reference).counts))
        block = Errors.of(task, draw(kind, np.random.default_rng(5), 500)).counts
        assert detector.step([Observed.block(1, 500, block)]).value < BUDGET.page_threshold


def wandering_months(rng, first, days):
    """Blocks of ten minutes whose error rate follows the day and wanders for two hours."""
    blocks = np.arange(first, first + 144 * days)
    wander = lfilter([0.01], [1, -0.92], rng.standard_normal(len(blocks)))
    rates = 0.1 + 0.03 * np.sin(2 * np.pi * blocks / 144) + wander * np.sqrt(1 - 0.92**2)
    for block, wrong in zip(blocks.tolist(), rng.binomial(RECORDS, rates).tolist(), strict=True):
        clock = basis(np.array([block * BLOCK_MS + BLOCK_MS // 2]))[0]
        yield Observed.block(block, RECORDS, row(RECORDS - wrong, wrong), clock)


def test_calibrated_on_a_reference_in_time_order_a_season_of_errors_does_not_page():
    rng = np.random.default_rng(6)
    reference = list(wandering_months(rng, 0, days=28))
    raw = error_ratios(CLASS, sum(block.counts for block in reference))
    calm, pages = calibrate(raw, reference, BLOCK_MS), []
    for ratios in (raw, calm):
        watch, history = Watch(Detector(ratios), BUDGET), History(4320)
        for block in wandering_months(rng, 28 * 144, days=10):
            watch.step(history.push(block), (), 1, True)
        pages.append(watch.pages)
    assert pages[0] > pages[1] == 0


def test_a_reference_without_labels_is_refused():
    with pytest.raises(ValueError, match="no prediction with its label"):
        error_ratios(CLASS, row(0, 0))
