"""When a re-test is due follows from when it last was, over clock changes and restarts."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config.every import parse_every
from monitor.config.retests import RetestConfig
from monitor.retest.schedule import TRIES, Mark, Schedule

REQUIREMENT = {
    "perturbation": "gaussian_noise",
    "severity": 0.1,
    "measure": "flip_ratio",
    "most": 1,
}
HOUR_MS = 3_600_000


def a_schedule(name: str = "m/nightly", since_ms: int = 0, **told: str) -> Schedule:
    config = RetestConfig.model_validate({"requirements": [REQUIREMENT], **told})
    found = Schedule.of(name, config, since_ms)
    assert found is not None
    return found


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def test_without_a_time_there_is_no_schedule():
    config = RetestConfig.model_validate({"requirements": [REQUIREMENT]})
    assert Schedule.of("m/asked", config, 0) is None


def test_a_cron_expression_is_of_its_time_zone_and_knows_summer():
    nightly = a_schedule(every="0 3 * * *", timezone="Europe/Berlin")
    winter = ms("2026-03-28T03:00+01:00")
    assert nightly.next_ms(winter - 1) == winter
    assert nightly.next_ms(winter) == ms("2026-03-29T03:00+02:00") == winter + 23 * HOUR_MS


@given(st.integers(0, 10**13), st.integers(0, 400))
def test_intervals_are_counted_from_when_they_were_first_seen(since, hours):
    every = a_schedule(every="6h", since_ms=since)
    begun = since + hours * HOUR_MS
    assert every.next_ms(begun) == since + (hours // 6 + 1) * 6 * HOUR_MS


@given(st.integers(0, 2 * 10**12), st.integers(1, 10**9))
def test_any_number_of_missed_runs_is_one(done, away):
    often = a_schedule(every="*/5 * * * *", jitter="30s")
    due = often.next_ms(done)
    assert done < due <= done + 330_000
    now = due + away
    following = often.next_ms(Mark(0, done).begin(now).end().done)
    assert now < following <= now + 330_000


@given(st.integers(0, 10**12))
def test_a_start_is_moved_by_less_than_the_jitter_and_always_alike(done):
    exact, moved = a_schedule(every="1h"), a_schedule(every="1h", jitter="20m")
    delay = moved.next_ms(done) - exact.next_ms(done)
    assert 0 <= delay <= 20 * 60_000
    assert moved.next_ms(done) == a_schedule(every="1h", jitter="20m").next_ms(done)


def test_two_re_tests_are_moved_differently():
    delays = {a_schedule(f"m/{at}", every="0 3 * * *", jitter="1h").next_ms(0) for at in range(20)}
    assert len(delays) == 20


def test_a_run_that_was_cut_off_is_due_still_but_not_for_ever():
    mark = Mark(since=0, done=1_000)
    for begun in range(2_000, 2_000 + TRIES - 1):
        mark = mark.begin(begun).resumed()
        assert mark.done == 1_000
    assert mark.begin(9_000).resumed() == Mark(0, 9_000)


@pytest.mark.parametrize("wrong", ["0 3 * *", "daily", "0s", "-1h", ""])
def test_what_is_no_time_is_refused_with_an_example(wrong):
    with pytest.raises(ValueError, match=r"is neither a cron.*such as '0 3 \* \* \*' or '6h'"):
        parse_every(wrong, "UTC")
    with pytest.raises(ValueError, match="every"):
        RetestConfig.model_validate({"requirements": [REQUIREMENT], "every": wrong})


def test_a_wrong_field_of_a_cron_expression_is_told():
    with pytest.raises(ValueError, match=r"'0 25 .*' is not a cron expression: .*hour"):
        parse_every("0 25 * * *", "UTC")


def test_a_month_without_the_day_is_passed_over():
    last = a_schedule(every="0 0 31 * *")
    january = datetime(2026, 1, 31, tzinfo=UTC)
    assert last.next_ms(round(january.timestamp() * 1000)) == ms("2026-03-31T00:00+00:00")
