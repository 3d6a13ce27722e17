"""The smallest shifts that a reference can see, for machines and in a line for people."""

import math
from collections.abc import Mapping, Sequence
from statistics import median_low

from detectors.counts import FloatArray
from detectors.evidence.smallest_effect import MOST
from monitor.config.windows import BLOCK
from monitor.schema import REST

Shifts = Mapping[str, Mapping[str, float | None]]
"""Window to feature to shift in sd; None where no shift can be seen."""


def outline_sight(features: Sequence[str], shifts: Mapping[str, FloatArray]) -> Shifts:
    """Return the shifts by window and feature as JSON, without features that have no order.

    shifts: (features,) by window, as ``monitor.reference.sight`` has them.
    """
    return {
        window: {
            name: None if math.isinf(shift) else round(shift, 4)
            for name, shift in zip(features, found.tolist(), strict=True)
            if not math.isnan(shift)
        }
        for window, found in shifts.items()
    }


def say_segment(segment: str) -> str:
    """Return a segment's name in words."""
    return "the rest" if segment == REST else f"segment {segment}"


def say_sight(shifts: Shifts, block: str) -> str | None:
    """Return what the median feature and the worst one would show, None if none has an order.

    block: the length of a block in words.
    """
    seen: list[str] = []
    unseen: list[str] = []
    for window, of_features in shifts.items():
        if not of_features:
            return None
        within = block if window == BLOCK else window
        median = median_low(map(_size, of_features.values()))
        if math.isinf(median):
            unseen.append(within)
        elif seen:
            seen.append(f"{median:.2g} within {within}")
        else:
            seen.append(f"{median:.2g} sd ({_say_worst(of_features, median)}) within {within}")
    nothing = f"no shift of up to {MOST:g} sd within {_either(unseen)}" if unseen else ""
    found = f"a shift of {', '.join(seen)}" if seen else ""
    return f"sees {'; '.join(filter(None, (found, nothing)))}"


def _say_worst(of_features: Mapping[str, float | None], median: float) -> str:
    worst = max(of_features, key=lambda name: _size(of_features[name]))
    size = of_features[worst]
    shown = "none" if size is None else f"{size:.2g}"
    if len(of_features) == 1:
        return f"`{worst}`"
    if shown == f"{median:.2g}":
        return "any feature"
    return f"median feature; worst: `{worst}` {shown}"


def _size(shift: float | None) -> float:
    return math.inf if shift is None else shift


def _either(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last
