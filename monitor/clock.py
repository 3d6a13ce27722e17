"""The wall clock, for what is not a function of the log."""

import time


def wall_clock_ms() -> int:
    """Return the wall clock in ms."""
    return time.time_ns() // 1_000_000
