"""Rates as the configuration writes them: a number a second or a minute."""

import re
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from monitor.config.errors import show_value

RATE_PATTERN = r"^[0-9]+(\.[0-9]+)?/(s|m|h)$"
SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}


def parse_rate(value: object) -> float:
    """Return a rate such as '50/s' or '100/m' in events a second.

    Raises ValueError, in words for the user, for anything else.
    """
    if isinstance(value, str) and re.fullmatch(RATE_PATTERN, value):
        number, unit = value.split("/")
        if float(number) > 0:
            return float(number) / SECONDS[unit]
    raise ValueError(f"{show_value(value)} is not a rate; a number and /s, /m or /h, such as 50/s")


Rate = Annotated[
    float,
    BeforeValidator(parse_rate),
    WithJsonSchema({"type": "string", "pattern": RATE_PATTERN}),
]
"""Events a second; written as a number and its unit."""
