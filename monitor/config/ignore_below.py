"""The effect below which drift is not worth an alarm."""

import math
from typing import Any

from monitor.config.errors import ClashError, show_value

DEFAULT_IGNORED = 0.05

NUMBER_SCHEMA = {"type": "number", "minimum": 0}

IGNORE_BELOW_SCHEMA = {
    "anyOf": [
        {**NUMBER_SCHEMA, "description": "In standard deviations of the reference."},
        {
            "type": "object",
            "properties": {
                "psi": {**NUMBER_SCHEMA, "description": "As a population stability index."}
            },
            "required": ["psi"],
            "additionalProperties": False,
        },
    ]
}


def parse_ignore_below(value: Any) -> float:
    """Return an effect in sd of the reference, given as that or as a mapping {psi: ...}.

    A small shift by d sd has a PSI of d^2, so a PSI stands for its root. Raises ValueError or
    ClashError, in words for the user, for anything else.
    Source: Cohen (1988), Statistical power analysis, effect size w; PSI is about its square.
    """
    if isinstance(value, dict):
        return math.sqrt(_psi(value))
    effect = _number(value)
    if effect is None:
        raise ValueError(
            f"{show_value(value)} is not an effect; a number of standard deviations from 0 on, "
            "for example 0.05, or a PSI, for example {psi: 0.01}"
        )
    return effect


def _psi(value: dict[Any, Any]) -> float:
    unknown = [(str(key), "unknown key; known here: psi") for key in value if key != "psi"]
    if unknown:
        raise ClashError(unknown)
    if "psi" not in value:
        raise ClashError([("psi", "missing; a number from 0 on, for example 0.01")])
    psi = _number(value["psi"])
    if psi is None:
        wrong = f"{show_value(value['psi'])} is not a PSI; a number from 0 on, for example 0.01"
        raise ClashError([("psi", wrong)])
    return psi


def _number(value: Any) -> float | None:
    """Return a finite number from zero on, None for anything else; a variable's is a text."""
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and number >= 0 else None
