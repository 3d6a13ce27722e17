"""Durations as Prometheus writes them."""

from monitor.config.durations import DURATION_UNITS


def span(duration_ms: int) -> str:
    """Return a duration in as few units as it takes, the largest first.

    >>> span(1_800_000), span(84_600_000), span(0)
    ('30m', '23h30m', '0s')
    """
    told, rest = "", duration_ms
    for unit, unit_ms in reversed(DURATION_UNITS.items()):
        number, rest = divmod(rest, unit_ms)
        told += f"{number}{unit}" if number else ""
    return told or "0s"
