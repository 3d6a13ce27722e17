"""Numbers and times as JSON can say them."""

import math
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def plain_number(value: float | None) -> float | None:
    """Return a number as it is; None for nan and the infinities, which JSON does not know."""
    return None if value is None or not math.isfinite(value) else float(value)


def plain_time(ms: int | None) -> str | None:
    """Return unix time in ms as ISO 8601 in UTC.

    >>> plain_time(1_767_571_320_000)
    '2026-01-05T00:02:00Z'
    """
    if ms is None:
        return None
    precision = "milliseconds" if ms % 1000 else "seconds"
    moment = EPOCH + timedelta(milliseconds=ms)
    return moment.isoformat(timespec=precision).replace("+00:00", "Z")
