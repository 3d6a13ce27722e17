"""Durations (`30s`, `6h`) and sizes (`100MB`) as the configuration writes them."""

import re
from typing import Annotated

from pydantic import (
    BeforeValidator,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
)

from monitor.config.errors import show_value

DURATION_UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
"""Milliseconds in each unit."""

SIZE_UNITS = {
    "B": 1,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
}
"""Bytes in each unit."""

LONGEST_DURATION_MS = 3650 * DURATION_UNITS["d"]
LARGEST_SIZE = 2**50

DURATION_PATTERN = r"^[0-9]{1,18}(ms|s|m|h|d)$"
SIZE_PATTERN = r"^[0-9]{1,18}(B|KB|MB|GB|KiB|MiB|GiB)?$"


def parse_duration(value: object) -> int:
    """Return a duration such as '500ms', '30s', '1m', '6h' or '30d' in ms.

    Raises ValueError, in words for the user, for anything else.
    """
    if isinstance(value, str) and value.startswith("-") and _is_duration(value[1:]):
        raise ValueError(
            f"{show_value(value)} is negative; a duration is zero or more, for example '30s'"
        )
    if not (isinstance(value, str) and _is_duration(value)):
        raise ValueError(
            f"{show_value(value)} is not a duration; a whole number and one of "
            f"{', '.join(DURATION_UNITS)}, for example '30s'"
        )
    number, unit = _split(value)
    duration_ms = number * DURATION_UNITS[unit]
    if duration_ms > LONGEST_DURATION_MS:
        raise ValueError(
            f"{show_value(value)} is too long; at most {format_duration(LONGEST_DURATION_MS)}"
        )
    return duration_ms


def format_duration(duration_ms: int) -> str:
    """Return a duration in ms as the configuration writes it, in the largest fitting unit."""
    return _in_largest_unit(duration_ms, DURATION_UNITS)


def parse_size(value: object) -> int:
    """Return a size such as '100MB' or '64KiB', or a whole number of bytes, in bytes.

    Raises ValueError, in words for the user, for anything else.
    """
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        size = value
    elif isinstance(value, str) and re.fullmatch(SIZE_PATTERN, value):
        number, unit = _split(value)
        size = number * SIZE_UNITS[unit or "B"]
    else:
        raise ValueError(
            f"{show_value(value)} is not a size; a whole number and one of "
            f"{', '.join(SIZE_UNITS)}, for example '100MB'"
        )
    if size > LARGEST_SIZE:
        raise ValueError(f"{show_value(value)} is too large; at most {format_size(LARGEST_SIZE)}")
    return size


def format_size(size: int) -> str:
    """Return a size in bytes as the configuration writes it, in the largest fitting unit."""
    return _in_largest_unit(size, SIZE_UNITS)


def _is_duration(text: str) -> bool:
    return re.fullmatch(DURATION_PATTERN, text) is not None


def _split(text: str) -> tuple[int, str]:
    number = text.rstrip("BGKMdhims")
    return int(number), text[len(number) :]


def _in_largest_unit(amount: int, units: dict[str, int]) -> str:
    fitting = [unit for unit, size in units.items() if amount % size == 0 and amount >= size]
    unit = max(fitting, key=units.__getitem__, default=min(units, key=units.__getitem__))
    return f"{amount // units[unit]}{unit}"


def _require_positive(given: object, parse: ValidatorFunctionWrapHandler) -> int:
    duration_ms: int = parse(given)
    if duration_ms == 0:
        raise ValueError(
            f"{show_value(given)} is too short; it must be longer than nothing, for example '30s'"
        )
    return duration_ms


Duration = Annotated[
    int,
    BeforeValidator(parse_duration),
    WithJsonSchema({"type": "string", "pattern": DURATION_PATTERN}),
]
"""Milliseconds; written as a whole number and its unit."""

PositiveDuration = Annotated[Duration, WrapValidator(_require_positive)]
"""Milliseconds, at least one."""

Size = Annotated[
    int,
    BeforeValidator(parse_size),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": SIZE_PATTERN},
                {"type": "integer", "minimum": 0},
            ]
        }
    ),
]
"""Bytes; written as a whole number, with or without a unit."""
