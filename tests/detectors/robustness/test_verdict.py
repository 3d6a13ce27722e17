"""Verdicts on shares and on measures with bounds of their own."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from detectors.robustness.intervals import lower_bound, upper_bound
from detectors.robustness.verdict import Decision, Verdict, interval_verdict, share_verdict

PASSED, FAILED, INCONCLUSIVE = Verdict.PASSED, Verdict.FAILED, Verdict.INCONCLUSIVE


@st.composite
def shares(draw):
    n = draw(st.integers(1, 300))
    low = draw(st.integers(0, n))
    return low, draw(st.integers(low, n)), n


@given(shares(), st.floats(0.01, 0.99))
def test_at_least_of_a_share_is_at_most_of_its_complement(counts, limit):
    low, high, n = counts
    at_most = share_verdict(low, high, n, limit, True, 0.003)
    at_least = share_verdict(n - high, n - low, n, 1 - limit, False, 0.003)
    assert at_most.verdict is at_least.verdict
    assert at_most.low == pytest.approx(1 - at_least.high, abs=1e-9)
    assert at_most.high == pytest.approx(1 - at_least.low, abs=1e-9)


@given(shares(), st.floats(0.0, 1.0), st.booleans())
def test_a_decision_stands_however_the_unanswered_records_count(counts, limit, most):
    low, high, n = counts
    whole = share_verdict(low, high, n, limit, most, 0.003)
    if whole.verdict is not INCONCLUSIVE:
        for count in {low, (low + high) // 2, high}:
            alone = share_verdict(count, count, n, limit, most, 0.003)
            assert alone.verdict is whole.verdict


@pytest.mark.parametrize("limit", [0.02, 0.05, 0.3])
def test_a_model_that_meets_its_limit_exactly_is_failed_with_a_chance_of_alpha_at_most(limit):
    n, alpha = 250, 0.0017
    counts = np.arange(n + 1)
    failed = np.array(
        [share_verdict(k, k, n, limit, True, alpha).verdict is FAILED for k in range(n // 2)]
        + [True] * (n + 1 - n // 2)
    )
    assert 0 < binom.pmf(counts, n, limit)[failed].sum() <= alpha


def test_a_share_is_failed_passed_or_undecided_by_its_exact_bounds():
    # 1000 records, at most 2 %: 10 prove it, 36 disprove it at 0.0017, 20 neither.
    found = [share_verdict(k, k, 1000, 0.02, True, 0.0017) for k in (10, 20, 36)]
    assert [each.verdict for each in found] == [PASSED, INCONCLUSIVE, FAILED]
    assert found[2].low == float(lower_bound(36, 1000, 0.0017))
    assert found[2].high == float(upper_bound(36, 1000, 0.05))


def test_an_undecided_share_tells_how_many_records_a_verdict_takes():
    # 15 of 1000 against 2 %: 0.015 proves to be below 0.02 with 4,646 records.
    found = share_verdict(15, 15, 1000, 0.02, True, 0.0017)
    assert found.verdict is INCONCLUSIVE
    assert found.needed == 4646


def test_no_number_of_records_decides_a_share_that_is_its_limit():
    assert share_verdict(20, 20, 1000, 0.02, True, 0.0017).needed is None


def test_unanswered_records_that_could_decide_otherwise_leave_it_undecided():
    assert share_verdict(5, 5, 1000, 0.02, True, 0.0017).verdict is PASSED
    assert share_verdict(5, 60, 1000, 0.02, True, 0.0017).verdict is INCONCLUSIVE


@pytest.mark.parametrize(("most", "limit"), [(True, 1.0), (False, 0.0)])
def test_no_record_decides_nothing(most, limit):
    assert share_verdict(0, 0, 0, limit, most, 0.01) == Decision(INCONCLUSIVE, 0.0, 1.0)


def test_no_answer_decides_nothing_and_needs_no_more_records():
    assert share_verdict(0, 50, 50, 0.1, True, 0.01) == Decision(INCONCLUSIVE, 0.0, 1.0)


def test_counts_in_the_wrong_order_are_refused():
    with pytest.raises(ValueError, match="counts 5 to 3 of 10 records"):
        share_verdict(5, 3, 10, 0.1, True, 0.01)


@pytest.mark.parametrize(
    ("bounds", "most", "expected"),
    [
        ((0.03, math.nan, math.nan, 0.06), True, FAILED),
        ((0.01, math.nan, math.nan, 0.02), True, PASSED),
        ((0.01, math.nan, math.nan, 0.06), True, INCONCLUSIVE),
        ((math.nan, 0.01, 0.005, math.nan), False, FAILED),
        ((math.nan, math.inf, 0.02, math.nan), False, PASSED),
        ((math.nan, math.inf, -math.inf, math.nan), False, INCONCLUSIVE),
        ((math.nan, math.nan, math.nan, math.nan), True, INCONCLUSIVE),
    ],
)
def test_bounds_of_any_measure_are_held_against_the_limit(bounds, most, expected):
    assert interval_verdict(*bounds, 0.02, most).verdict is expected
