"""Values of one feature at the edges of what it may be, and beyond."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from detectors.robustness.space import Feature, Values

LONG_TEXT = 10_000
UNSEEN = "never seen before"

Odd = tuple[str, Any, bool]
"""What a value is in words, the value as JSON holds it, and whether an answer is expected."""


def odd_values(feature: Feature) -> Iterator[Odd]:
    """Yield a feature's odd values; a missing one is among them."""
    name = feature.name
    match feature.values:
        case Values.NUMERIC:
            yield from _numbers(feature)
        case Values.CATEGORICAL:
            if feature.levels:
                yield f"{name} is its rarest known level", feature.levels[-1], True
            yield f"{name} is a level never seen", UNSEEN, False
            yield f"{name} is empty", "", False
        case Values.TEXT:
            yield from _texts(name)
        case Values.EMBEDDING:
            yield from _vectors(feature)
    yield f"{name} is missing", None, False


def _numbers(feature: Feature) -> Iterator[Odd]:
    name, low, high = feature.name, feature.low, feature.high
    step = 1.0 if feature.integer else feature.scale
    if np.isfinite(low):
        yield f"{name} at its lowest", low, True
        yield f"{name} just below its lowest", low - step, False
    if np.isfinite(high):
        yield f"{name} at its highest", high, True
        yield f"{name} just above its highest", high + step, False
    for value in (0.0, -0.0, 5e-324, 1e308, -1e308, 2.0**53):
        whole = not feature.integer or value == np.round(value)
        yield f"{name} is {value:g}", value, bool(low <= value <= high and whole)


def _texts(name: str) -> Iterator[Odd]:
    yield f"{name} is empty", "", True
    yield f"{name} is of spaces", "   ", True
    yield f"{name} has {LONG_TEXT:,} characters", "a " * (LONG_TEXT // 2), True
    yield f"{name} is written from right to left", "\u202eשלום عالم", True
    yield f"{name} is of emoji", "\U0001f642\U0001f469\u200d\U0001f4bb", True
    yield f"{name} has a NUL character", "a\x00b", False
    yield f"{name} has half of a surrogate pair", "a\ud800b", False


def _vectors(feature: Feature) -> Iterator[Odd]:
    name, size = feature.name, feature.size
    yield f"{name} is of zeros", [0.0] * size, bool(feature.low <= 0 <= feature.high)
    for end, value in (("lowest", feature.low), ("highest", feature.high)):
        if np.isfinite(value):
            yield f"{name} has all numbers at their {end}", [value] * size, True
    yield f"{name} has a number too few", [0.0] * (size - 1), False
