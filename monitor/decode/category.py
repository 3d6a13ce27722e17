"""Categories as texts: one text for equal values, however JSON wrote them."""

import math
from typing import TypeGuard

Scalar = str | bool | int | float
"""What a category may be in a record."""


def category_text(value: object) -> str:
    """Return the text of a category.

    A string is its own text; booleans are "true" and "false"; 5 and 5.0 are both "5"; other
    numbers are written as Python's repr. Raises ValueError for what is no category: a list,
    an object, null, a number that is not finite.

    >>> category_text("pro"), category_text(True), category_text(5.0), category_text(0.5)
    ('pro', 'true', '5', '0.5')
    """
    match value:
        case str():
            return str(value)
        case bool():
            return "true" if value else "false"
        case int():
            return str(int(value))
        case float() if math.isfinite(value):
            return str(int(value)) if value.is_integer() else repr(float(value))
    raise ValueError(f"{value!r} is not a category: a string, a finite number or a boolean")


def boolean_text(value: object) -> str | None:
    """Return "true" or "false" for what is meant as a boolean, None for anything else.

    JSON's true and false, the numbers 1 and 0, and the strings "true" and "false".
    """
    if not is_scalar(value):
        return None
    text = category_text(value)
    if isinstance(value, str):
        return text if text in ("true", "false") else None
    return {"true": "true", "1": "true", "false": "false", "0": "false"}.get(text)


def is_scalar(value: object) -> TypeGuard[Scalar]:
    """Tell whether a value can be a category."""
    match value:
        case float():
            return math.isfinite(value)
        case str() | bool() | int():
            return True
    return False


def number_of(text: str) -> int | float | None:
    """Return the number whose category text is ``text``, None where there is none."""
    for kind in (int, float):
        try:
            number = kind(text)
            if category_text(number) == text:
                return number
        except ValueError:
            continue
    return None
