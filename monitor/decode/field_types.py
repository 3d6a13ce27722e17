"""What the value of a field may be, told to both parsers."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any

from msgspec import Meta

from monitor.decode.category import is_scalar
from monitor.schema import TimeUnit


@dataclass(frozen=True, slots=True)
class FieldType:
    """One type of value.

    expected: the type in words, which also name it: equal words are equal types.
    annotation: the type as msgspec is told it; it accepts null. missing: stands for a field
    that is not there. check: returns a value other than null as the columns take it, None if
    it is of another type; it accepts what the annotation does, and what json.loads adds to
    JSON (NaN, Infinity, lone surrogates) where that can be used.
    """

    expected: str
    annotation: Any = field(compare=False, repr=False)
    missing: Any = field(compare=False, repr=False)
    check: Callable[[Any], Any] = field(compare=False, repr=False)


def _check_number(value: Any) -> float | None:
    kind = type(value)
    if kind is float:
        return value if math.isfinite(value) else None
    if kind is not int:
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def _check_scalar(value: Any) -> Any:
    if type(value) is str:
        return _encodable(value)
    return value if is_scalar(value) else None


def _check_clock(value: Any) -> int | float | None:
    if type(value) is int or (type(value) is float and math.isfinite(value)):
        return value
    return None


def _check_text(value: Any) -> str | None:
    return _encodable(value) if type(value) is str else None


def _check_vector(value: Any, size: int) -> list[float] | None:
    if type(value) is not list or len(value) != size:
        return None
    numbers = [number for number in map(_check_number, value) if number is not None]
    return numbers if len(numbers) == size else None


def _check_chances(value: Any, size: int) -> list[float] | dict[str, float] | None:
    if type(value) is not dict:
        return _check_vector(value, size) if size else None
    numbers = _check_vector(list(value.values()), len(value))
    if not numbers:
        return None
    return dict(zip(value, numbers, strict=True))


def _encodable(text: str) -> str:
    """Return a text without lone surrogates, which no label, log or file can hold."""
    return text.encode(errors="replace").decode()


NUMBER = FieldType("a number", float | None, math.nan, _check_number)

SCALAR = FieldType(
    "a string, number or boolean", str | int | float | bool | None, None, _check_scalar
)
"""Categories, booleans, versions, segments and ids: read alike, coded later."""

ANYTHING = FieldType("anything", Any, None, lambda value: value)


def vector_of(size: int) -> FieldType:
    """Return the type of a list of exactly ``size`` numbers."""
    annotation = Annotated[list[float], Meta(min_length=size, max_length=size)] | None
    return FieldType(
        f"a list of {size} numbers", annotation, None, lambda value: _check_vector(value, size)
    )


def chances_of(classes: int) -> FieldType:
    """Return the type of class probabilities: an object, or a list where classes are named.

    classes: how many are named, 0 if none.
    """
    named = Annotated[dict[str, float], Meta(min_length=1)]
    words = "an object of class: probability"
    annotation = named | None
    if classes:
        words = f"a list of {classes} probabilities, or {words}"
        annotation |= Annotated[list[float], Meta(min_length=classes, max_length=classes)]
    return FieldType(words, annotation, None, lambda value: _check_chances(value, classes))


def time_in(unit: TimeUnit) -> FieldType:
    """Return the type of an event time that is written in ``unit``."""
    if unit is TimeUnit.ISO8601:
        return FieldType("a time as ISO 8601 writes it", str | None, None, _check_text)
    return FieldType(f"a time in {unit} since 1970", int | float | None, None, _check_clock)
