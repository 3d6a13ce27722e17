"""Waits double with jitter, a receiver's wish is heard, and there is an end."""

import pytest

from monitor.triggers.schedule import FIRST_S, LONGEST_S, backoff_s, next_attempt_ms

DAY_MS = 86_400_000


@pytest.mark.parametrize("failures", [1, 2, 3, 5, 8, 10, 100, 100_000])
def test_a_wait_lies_between_a_second_and_what_doubling_gives(failures):
    longest = min(FIRST_S * 2.0 ** min(failures - 1, 50), LONGEST_S)
    waits = [backoff_s(failures) for _ in range(200)]
    assert min(waits) >= 1
    assert max(waits) <= longest
    assert max(waits) - min(waits) > 0.5 * (longest - 1)  # they are spread, not all alike


def test_a_receiver_that_asks_to_wait_longer_is_heard():
    assert next_attempt_ms(1, 1_000, 3_000.0, 0, DAY_MS) == 3_001_000


def test_a_receiver_that_asks_to_wait_less_does_not_shorten_the_wait():
    waits = [next_attempt_ms(20, 0, 0.5, 0, DAY_MS) for _ in range(50)]
    assert min(each for each in waits if each is not None) >= 1_000


def test_the_last_attempt_is_made_at_the_moment_of_giving_up():
    assert next_attempt_ms(3, DAY_MS - 500, None, 0, DAY_MS) == DAY_MS
    assert next_attempt_ms(3, 0, 1e12, 0, DAY_MS) == DAY_MS


def test_then_it_is_given_up():
    assert next_attempt_ms(4, DAY_MS, None, 0, DAY_MS) is None


def test_what_is_older_than_that_after_a_long_stop_is_given_up_after_one_attempt():
    assert next_attempt_ms(1, 3 * DAY_MS, None, 0, DAY_MS) is None
