"""The budget of false failures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.robustness.gate_budget import LARGEST, alpha_per_gate


@given(st.floats(0.01, 100), st.integers(1, 200), st.floats(0.1, 10_000))
def test_all_verdicts_of_a_period_together_stay_within_the_budget(most, gates, runs):
    alpha = alpha_per_gate(most, gates, runs)
    assert 0 < alpha <= LARGEST
    assert alpha * gates * runs <= most * (1 + 1e-12)


def test_twenty_requirements_every_night_and_one_false_failure_a_month_leave_one_in_600():
    assert alpha_per_gate(1, 20, 30) == pytest.approx(0.0017, abs=5e-5)


def test_a_budget_of_nothing_is_refused():
    with pytest.raises(ValueError, match="most is 0"):
        alpha_per_gate(0, 20, 30)
