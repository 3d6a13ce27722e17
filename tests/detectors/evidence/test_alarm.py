import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.evidence.alarm import QUIET_BLOCKS, Alarm, Change, Level
from detectors.evidence.budget import Budget
from detectors.evidence.evidence import Evidence
from detectors.evidence.groups import RESERVE, SHARES, Group, log_priors

PAGE, TICKET = 8.0, 6.0


def seen(value, block, blocks=1):
    return Evidence(value=value, first=block - blocks + 1, last=block)


def run(values, alarm=None):
    alarm, changes = alarm or Alarm(), []
    for block, value in enumerate(values):
        alarm, change = alarm.step(block, seen(value, block), PAGE, TICKET)
        changes.append(change)
    return alarm, changes


def test_calm_evidence_changes_nothing():
    alarm, changes = run([0, 5.9, 3])
    assert alarm == Alarm()
    assert set(changes) == {Change.NONE}


def test_evidence_at_the_threshold_raises_a_page_and_restarts_the_windows():
    alarm, changes = run([0, 8.0])
    assert changes == [Change.NONE, Change.RAISED]
    assert (alarm.level, alarm.raised, alarm.since) == (Level.PAGE, 1, 2)


def test_a_ticket_keeps_its_windows_and_can_become_a_page():
    alarm, changes = run([6.5, 7.0, 8.5])
    assert changes == [Change.RAISED, Change.CONFIRMED, Change.RAISED]
    assert (alarm.level, alarm.raised, alarm.since) == (Level.PAGE, 2, 3)


def test_a_page_that_goes_on_is_confirmed_and_not_raised_again():
    alarm, changes = run([9, 1, 9, 6.5])
    assert changes == [Change.RAISED, Change.NONE, Change.CONFIRMED, Change.CONFIRMED]
    assert (alarm.raised, alarm.confirmed, alarm.since) == (0, 3, 3)


def test_a_page_clears_after_quiet_and_the_windows_restart():
    alarm, changes = run([9] + [1] * QUIET_BLOCKS)
    assert changes == [Change.RAISED, *[Change.NONE] * (QUIET_BLOCKS - 1), Change.CLEARED]
    assert alarm == Alarm(since=QUIET_BLOCKS + 1)


def test_a_page_from_a_long_window_needs_a_longer_quiet():
    alarm, _ = Alarm().step(100, seen(9, 100, blocks=50), PAGE, TICKET)
    _, early = alarm.step(199, seen(0, 199), PAGE, TICKET)
    cleared, late = alarm.step(200, seen(0, 200), PAGE, TICKET)
    assert (early, late) == (Change.NONE, Change.CLEARED)
    assert cleared.level == Level.CALM


@given(st.lists(st.floats(0, 12), max_size=80))
def test_no_two_pages_share_a_block_of_evidence(values):
    alarm, sinces = Alarm(), []
    for block, value in enumerate(values):
        before = alarm.since
        alarm, change = alarm.step(block, seen(value, block), PAGE, TICKET)
        if change == Change.RAISED and alarm.level == Level.PAGE:
            sinces.append((before, block))
    assert all(later > block for (_, block), (later, _) in itertools.pairwise(sinces))


@given(st.lists(st.floats(0, 12), max_size=40))
def test_an_alarm_comes_back_from_its_numbers(values):
    alarm, _ = run(values)
    assert Alarm.of_numbers(alarm.numbers) == alarm


def test_one_page_in_thirty_days_of_ten_minute_blocks_is_log_4320():
    budget = Budget(pages=1, per_ms=30 * 86_400_000, block_ms=600_000)
    assert budget.page_threshold == pytest.approx(8.3710, abs=1e-4)
    assert budget.ticket_threshold == pytest.approx(8.3710 - 2.3026, abs=1e-4)
    assert budget.p_value(0.0) == 1
    assert budget.p_value(budget.page_threshold + 3) == pytest.approx(0.0498, abs=1e-4)


def test_a_budget_of_a_page_a_block_is_refused():
    with pytest.raises(ValueError, match=r"10 pages in 10 blocks.*fewer than one a block"):
        Budget(pages=10, per_ms=10, block_ms=1)


@given(st.dictionaries(st.sampled_from(list(Group)), st.integers(0, 5000)))
def test_all_weights_of_the_bets_sum_to_the_budget_less_the_reserve(bets):
    priors = log_priors(bets)
    total = sum(np.exp(prior) * bets[group] for group, prior in priors.items())
    assert total == pytest.approx(1 - RESERVE if any(bets.values()) else 0)


def test_a_group_without_bets_gives_its_share_to_the_others():
    alone = log_priors({Group.CONTINUOUS: 1, Group.DENSE: 0}, reserve=0)
    assert alone == {Group.CONTINUOUS: 0.0}
    assert set(SHARES) == set(Group)
