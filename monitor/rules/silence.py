"""When something that used to come no longer comes, told from traffic that rests."""

from monitor.rules.pace import DAY_MS, WEEK_MS
from monitor.rules.span import span

BUSY = 20
"""Of a rate that gives so many in a window, none at all in the next one is no chance."""


def stopped(known: str, counter: str, by: str, window_ms: int) -> str:
    """Return when nothing came within a window, though at this time something always does.

    Always: yesterday around this time, in three windows one after the other, and a week ago. So
    neither nights nor weekends nor a batch once a day count, and without a week of history
    nothing is said. known: series that are there, of which those are kept. A counter that is
    reset looks as if it had counted, which hides silence for one window and never feigns it.
    """
    usual_ms = [DAY_MS - window_ms, DAY_MS, DAY_MS + window_ms, WEEK_MS]
    busy = [
        f"and on ({by}) sum by ({by}) ({_increase(counter, window_ms, each)}) >= {BUSY}"
        for each in usual_ms
    ]
    return "\n".join([known, _nothing(counter, by, window_ms), *busy])


def gone(known: str, counter: str, by: str, window_ms: int) -> str:
    """Return when nothing came in a day or longer, though a week ago something did."""
    ago_ms = max(WEEK_MS, window_ms)
    before = f"sum by ({by}) ({_increase(counter, window_ms, ago_ms)}) > 0"
    return "\n".join([known, _nothing(counter, by, window_ms), f"and on ({by}) {before}"])


def _nothing(counter: str, by: str, window_ms: int) -> str:
    return f"unless on ({by}) sum by ({by}) ({_increase(counter, window_ms)}) > 0"


def _increase(counter: str, window_ms: int, ago_ms: int = 0) -> str:
    offset = f" offset {span(ago_ms)}" if ago_ms else ""
    return f"increase({counter}[{span(window_ms)}]{offset})"
