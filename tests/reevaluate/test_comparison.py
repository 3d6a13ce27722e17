"""How well models did on the same records, against numbers from elsewhere."""

import numpy as np
import pytest
from reevaluate.comparison import Health, Shown, gain, health, score
from scipy.stats import binomtest

LABELS = np.arange(400) % 4 * 1.0


def wrong_at(*places: int) -> np.ndarray:
    """Answers that are right but at some places."""
    answers = LABELS.copy()
    answers[list(places)] = 9.0
    return answers


def test_an_accuracy_has_its_exact_interval():
    found = score(wrong_at(*range(40)), LABELS, regression=False)
    exact = binomtest(360, 400).proportion_ci(0.95)
    assert (found.value, found.low, found.high) == pytest.approx((0.9, exact.low, exact.high))


def test_a_record_without_an_answer_is_wrongly_answered():
    answers = LABELS.copy()
    answers[:100] = np.nan
    assert score(answers, LABELS, regression=False).value == 0.75


def test_the_same_wrong_answers_are_no_gain():
    live, other = wrong_at(*range(80)), wrong_at(*range(20, 100))
    found = gain(other, live, LABELS, regression=False, comparisons=1)
    assert found.value == 0
    assert found.shown is Shown.NOTHING
    # 20 against 20 discordant records of 400, by the standard error: 1.96 sqrt(40) / 400.
    assert found.high == pytest.approx(1.959964 * np.sqrt(40) / 400)


def test_a_gain_is_shown_record_by_record():
    live, other = wrong_at(*range(80)), wrong_at(*range(40))
    assert gain(other, live, LABELS, regression=False, comparisons=3).shown is Shown.BETTER
    assert gain(live, other, LABELS, regression=False, comparisons=3).shown is Shown.WORSE


def test_of_a_regression_the_gain_is_the_fall_of_the_absolute_error():
    rng = np.random.default_rng(5)
    truth = rng.normal(size=500)
    live, other = truth + 0.5, truth + rng.normal(scale=0.1, size=500)
    assert score(live, truth, regression=True).value == pytest.approx(0.5)
    found = gain(other, live, truth, regression=True, comparisons=1)
    assert found.low < 0.5 - np.abs(other - truth).mean() < found.high
    assert found.shown is Shown.BETTER
    live[:] = np.nan
    assert score(live, truth, regression=True) is None


@pytest.mark.parametrize(
    ("right", "reference", "expected"),
    [
        (380, 0.95, Health.UNSURE),
        (392, 0.95, Health.HELD),
        (300, 0.95, Health.HARMED),
        (300, None, Health.UNSURE),
    ],
)
def test_a_model_is_harmed_where_its_whole_interval_is_below_what_is_tolerable(
    right, reference, expected
):
    live = score(wrong_at(*range(400 - right)), LABELS, regression=False)
    assert health(live, reference, 0.02, regression=False) is expected


def test_an_error_may_rise_by_a_share():
    truth = np.zeros(100)
    live = score(truth + 1.0, truth, regression=True)
    assert health(live, 0.95, 0.1, regression=True) is Health.HELD
    assert health(live, 0.8, 0.1, regression=True) is Health.HARMED
