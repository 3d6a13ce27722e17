"""A chart of estimates with their intervals, as inline SVG."""

import math
from collections.abc import Callable, Iterator, Mapping
from html import escape

from reevaluate.comparison import Estimate

WIDTH, ROW, LEFT, RIGHT, TOP, BOTTOM = 640, 34, 110, 70, 14, 34
MOST_TICKS = 6
MARGIN = 0.08


def interval_chart(
    rows: Mapping[str, Estimate],
    mark: float | None,
    label: str,
    name: str,
    number: Callable[[float], str],
) -> str:
    """Return a chart with a row for each estimate: a dot, and a line over its interval.

    mark: a value with a vertical line, called ``label``; None for none. name: of the axis.
    number: writes a value. "" without a row.
    """
    if not rows:
        return ""
    ends = [end for each in rows.values() for end in (each.low, each.high)]
    ends += [] if mark is None else [mark]
    span = (max(ends) - min(ends)) or 0.1
    low, high = min(ends) - MARGIN * span, max(ends) + MARGIN * span
    height = TOP + ROW * len(rows) + BOTTOM

    def x(value: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (value - low) / (high - low)

    parts = [*_axis(low, high, height, name, number, x)]
    if mark is not None:
        at = f"{x(mark):.1f}"
        parts.append(
            f'<line class="mark" x1="{at}" x2="{at}" y1="{TOP}" y2="{height - BOTTOM}"/>'
            f'<text x="{at}" y="{TOP - 3}" text-anchor="middle">{escape(label)}</text>'
        )
    for place, (key, each) in enumerate(rows.items()):
        y = TOP + ROW * (place + 0.5)
        parts.append(
            f'<text x="{LEFT - 12}" y="{y + 4}" text-anchor="end">{escape(key)}</text>'
            f'<line class="bar" x1="{x(each.low):.1f}" x2="{x(each.high):.1f}" y1="{y}" y2="{y}"/>'
            f'<circle cx="{x(each.value):.1f}" cy="{y}" r="5"/>'
            f'<text x="{WIDTH - RIGHT + 10}" y="{y + 4}">{escape(number(each.value))}</text>'
        )
    told = ", ".join(f"{key} {number(each.value)}" for key, each in rows.items())
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(f"{name}: {told}")}">'
        f"{''.join(parts)}</svg>"
    )


def _axis(
    low: float,
    high: float,
    height: int,
    name: str,
    number: Callable[[float], str],
    x: Callable[[float], float],
) -> Iterator[str]:
    y = height - BOTTOM
    yield f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>'
    for value in _ticks(low, high):
        told = escape(number(value))
        yield f'<text x="{x(value):.1f}" y="{y + 15}" text-anchor="middle">{told}</text>'
    middle = (LEFT + WIDTH - RIGHT) / 2
    yield f'<text x="{middle}" y="{height - 4}" text-anchor="middle">{escape(name)}</text>'


def _ticks(low: float, high: float) -> list[float]:
    """Return round values between two ends, at most MOST_TICKS."""
    unit = 10.0 ** math.floor(math.log10((high - low) / MOST_TICKS))
    step = next(
        unit * factor for factor in (1, 2, 5, 10, 20) if (high - low) / (unit * factor) < MOST_TICKS
    )
    return [step * at for at in range(math.ceil(low / step), math.floor(high / step) + 1)]
