"""The second parser: one record at a time, with what JSON forbids and producers write."""

import json
from typing import Any

import msgspec

from monitor.decode.bare_tokens import replace_bare_tokens
from monitor.decode.layout import Layout, Leaf, Node, Row
from monitor.decode.reasons import Reason, RecordError, shown

Unusable = tuple[Leaf, object]
"""A field and the value that it holds and cannot be used."""


def read_leniently(layout: Layout, value: bytes) -> tuple[Row, list[Leaf]]:
    """Return a record's row and the leaves whose values had to be left out of it.

    NaN, Infinity and numbers that no float can hold are values that cannot be used, and so is
    a value of a wrong type. Raises RecordError where the record has no object, or where it is
    the prediction or the time that cannot be used.
    """
    found = load_quickly(value)
    if isinstance(found, dict):
        try:
            return _read(layout, found)
        except RecordError:
            pass  # to be told in the record's own words
    return _read(layout, parse_object(value))


def load_quickly(value: bytes) -> Any:
    """Return what json.loads does, but [] for NaN and Infinity; None where that fails.

    No field may be an empty list, so it is refused wherever they are. Takes a third of the
    time of json.loads.
    """
    try:
        return msgspec.json.decode(replace_bare_tokens(value, b"[]")[0])
    except (ValueError, RecursionError):
        return None


def parse_object(value: bytes) -> dict[str, Any]:
    """Return the object that a record's value holds; raises RecordError if it holds none."""
    if not value or value.isspace():
        raise RecordError(Reason.EMPTY_VALUE, "the value is empty, a JSON object was expected")
    try:
        text = value.decode()
        found = _load(text)
    except UnicodeDecodeError as error:
        where = f"byte 0x{value[error.start]:02x} at position {error.start}"
        raise RecordError(Reason.NOT_UTF8, f"the value is not UTF-8: {where}") from None
    except RecursionError:
        problem = "the value is nested too deeply to be read"
        raise RecordError(Reason.MALFORMED_JSON, problem) from None
    except ValueError as error:
        problem = f"the value is not JSON: {error}; it is {shown(text)}"
        raise RecordError(Reason.MALFORMED_JSON, problem) from None
    if not isinstance(found, dict):
        problem = f"the value is {shown(text)}, a JSON object was expected"
        raise RecordError(Reason.NOT_AN_OBJECT, problem)
    return found


def _load(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        raise
    except ValueError:
        # An integer with more digits than Python converts.
        return json.loads(text, parse_int=_whole_number)


def _whole_number(digits: str) -> int | float:
    try:
        return int(digits)
    except ValueError:
        return float(digits)


def _read(layout: Layout, record: dict[str, Any]) -> tuple[Row, list[Leaf]]:
    unusable: list[Unusable] = []
    row = _fill(layout.root, record, unusable)
    if unusable:
        _require_prediction_and_time(layout, row, unusable)
    return row, [leaf for leaf, _ in unusable]


def _fill(node: Node, record: dict[str, Any], unusable: list[Unusable]) -> Row:
    values = []
    for key, each in node.fields:
        value = record.get(key)
        if isinstance(each, Leaf):
            values.append(_take(each, value, unusable))
        elif value is None or isinstance(value, dict):
            values.append(_fill(each, value or {}, unusable))
        else:
            unusable.extend((leaf, value) for leaf in each.leaves())
            values.append(each.struct())
    return node.struct(*values)


def _take(leaf: Leaf, value: Any, unusable: list[Unusable]) -> Any:
    if value is None:
        return leaf.type.missing
    usable = leaf.type.check(value)
    if usable is None:
        unusable.append((leaf, value))
        return leaf.type.missing
    return usable


def _require_prediction_and_time(layout: Layout, row: Row, unusable: list[Unusable]) -> None:
    wrong = dict(unusable)
    prediction, time = layout.prediction, layout.time
    if prediction in wrong:
        raise RecordError(Reason.INVALID_PREDICTION, prediction.problem(wrong[prediction]))
    # A record without prediction is refused for that, whatever its time.
    if time in wrong and prediction.get(row) not in (None, prediction.type.missing):
        raise RecordError(Reason.INVALID_TIME, time.problem(wrong[time]))
