"""When a delivery that failed is tried again, and when it is given up."""

from tenacity import RetryCallState, Retrying, wait_random_exponential

FIRST_S, LONGEST_S = 2.0, 600.0

WAIT = wait_random_exponential(multiplier=FIRST_S, max=LONGEST_S, min=1.0)
"""Doubling, each wait drawn anew from one second to the whole: receivers that come back are not
met by everybody at once."""


def next_attempt_ms(
    failures: int, now_ms: int, after_s: float | None, noted_ms: int, give_up_after_ms: int
) -> int | None:
    """Return when a delivery is tried next, None where it is given up.

    failures: attempts that failed so far, 1 or more. after_s: the least time that the receiver
    asked to wait, None where it did not. noted_ms: when the event was noted. The last attempt is
    made at the moment of giving up, whatever the receiver asked for; and one is made in any case,
    however long driftd was down.
    """
    last_ms = noted_ms + give_up_after_ms
    if now_ms >= last_ms:
        return None
    wait_s = max(backoff_s(failures), after_s or 0.0)
    return min(now_ms + round(1000 * wait_s), last_ms)


def backoff_s(failures: int) -> float:
    """Return a random time to wait after so many failures, in s."""
    state = RetryCallState(Retrying(), None, (), {})
    state.attempt_number = failures
    return WAIT(state)
