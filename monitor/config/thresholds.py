"""From which value of a statistic on a feature is named as drifted."""

import math
from difflib import get_close_matches
from typing import Any

from monitor.config.errors import ClashError, show_value

STATISTICS = (
    "ks",
    "psi",
    "js",
    "hellinger",
    "wasserstein",
    "mean_shift",
    "chi2_per_df",
    "cramers_v",
    "mmd2",
)

DEFAULT_THRESHOLDS = {
    "ks": 0.1,
    "psi": 0.2,
    "js": 0.2,
    "hellinger": 0.15,
    "mean_shift": 0.25,
    "mmd2": 0.01,
}
"""Effects that people care about.

A quarter of a standard deviation in the location of a normal feature (ks, mean_shift; for mmd2,
in that of every column); for shares what the literature calls a moderate change (psi) and its
equals, as PSI is about 8 hellinger^2 and 8 ln(2) js^2 for small changes. chi2_per_df and
cramers_v have none: they depend on how many records there are, so they say how sure a change is
rather than how large. wasserstein has none either: where tails are heavy, a few records decide it.
"""

THRESHOLDS_SCHEMA = {
    "type": "object",
    "properties": {
        name: {
            "anyOf": [{"type": "number", "minimum": 0}, {"type": "null"}],
            "default": DEFAULT_THRESHOLDS.get(name),
        }
        for name in STATISTICS
    },
    "additionalProperties": False,
}


def parse_thresholds(value: Any) -> dict[str, float]:
    """Return the defaults with the given statistics replaced, without those given as null.

    Raises ValueError or ClashError, in words for the user, for anything but numbers from zero on
    under the names of statistics.
    """
    if not isinstance(value, dict):
        raise ValueError(
            f"{show_value(value)} is not a mapping of statistic: number, for example {{psi: 0.2}}"
        )
    merged: dict[str, float | None] = dict(DEFAULT_THRESHOLDS)
    problems = []
    for name, given in value.items():
        if name not in STATISTICS:
            problems.append((name, _unknown(name)))
            continue
        number = _number(given)
        if number is None and given is not None:
            problems.append(
                (name, f"{show_value(given)} is not a threshold; a number from 0 on, or null")
            )
        merged[name] = number
    if problems:
        raise ClashError(problems)
    return {name: number for name, number in merged.items() if number is not None}


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _unknown(name: str) -> str:
    close = get_close_matches(name, STATISTICS, n=1)
    meant = f"did you mean {close[0]}?" if close else f"one of {', '.join(STATISTICS)}"
    return f"unknown statistic; {meant}"
