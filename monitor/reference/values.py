"""From a column of a data file to what the decoder would make of its values in live records."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import Any, TypeAlias

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from detectors.counts import BoolArray, FloatArray, IntArray
from monitor.decode.category import boolean_text, category_text, is_scalar

Column: TypeAlias = "pa.Array | list[Any]"
"""Values of one column: an Arrow array, or a list where they are of several types."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Categories of n rows: the distinct ones, and for each row its place among them.

    codes: (n,), -1 where a row has no usable category.
    """

    codes: IntArray
    levels: Sequence[str]

    def only(self, rows: IntArray) -> "Texts":
        """Return the categories of some rows."""
        return Texts(self.codes[rows], self.levels)

    def at(self, rows: IntArray) -> NDArray[np.object_]:
        """Return the categories of some rows as texts, None where a row has none."""
        return np.array([*self.levels, None], dtype=np.object_)[self.codes[rows]]

    def mapped(self, codes: Mapping[str, int], other: int, missing: int) -> IntArray:
        """Return each row's number: that of its category, else ``other``, or ``missing``."""
        table = [codes.get(level, other) for level in self.levels]
        return np.array([*table, missing], dtype=np.int64)[self.codes]

    def count(self) -> dict[str, int]:
        """Return how many rows have each category."""
        counts = np.bincount(self.codes[self.codes >= 0], minlength=len(self.levels)).tolist()
        found: dict[str, int] = {}
        for level, count in zip(self.levels, counts, strict=True):
            if count:
                found[level] = found.get(level, 0) + count
        return found


def numbers(column: Column, integer: bool, parse: bool) -> tuple[FloatArray, BoolArray]:
    """Return a column as numbers, nan where missing, and which values could not be used.

    parse: whether a text that reads as a number, or a boolean, is one. Unusable are all other
    values, non-finite numbers and, where the feature is an integer, fractions: they count as
    missing too.
    """
    present = _present(column)
    values = _as_floats(column, parse)
    unusable = present & ~np.isfinite(values)
    if integer:
        unusable |= present & (values != np.floor(values))
    values[unusable | ~present] = nan
    values += 0.0  # turns -0 into 0: which of the two an edge is would depend on the rows' order
    return values, unusable


def texts(column: Column, boolean: bool, parse: bool) -> tuple[Texts, BoolArray]:
    """Return a column as categories, and which values could not be used.

    boolean: whether true and false are all that a value may be. parse: whether a text may be
    a boolean in other spellings than JSON's.
    """
    codes, values = distinct(column)
    if boolean:
        levels = [boolean_text(_plain(value) if parse else value) for value in values]
    else:
        levels = [category_text(value) if is_scalar(value) else None for value in values]
    usable = np.array([level is not None for level in levels] + [False])[codes]
    found = Texts(np.where(usable, codes, -1), [level or "" for level in levels])
    return found, _present(column) & ~usable


def vectors(column: Column, size: int, parse: bool) -> tuple[FloatArray, BoolArray]:
    """Return a column as vectors (n, size), nan where missing, and which could not be used.

    parse: whether a text that reads as a JSON list is one. Unusable are vectors of another
    size and those with a value that is no finite number.
    """
    present = _present(column)
    if parse and isinstance(column, pa.Array) and _is_text(column.type):
        column = [None if text is None else _read_json(text) for text in column.to_pylist()]
    found = np.full((len(column), size), nan)
    if isinstance(column, list):
        for row, value in enumerate(column):
            if isinstance(value, list) and len(value) == size:
                found[row] = [_number(each, parse=False) for each in value]
    elif _is_list(column.type):
        right = pc.equal(pc.list_value_length(column), size).fill_null(False)
        flat = _as_floats(column.filter(right).flatten(), parse=False)
        found[right.to_numpy(zero_copy_only=False)] = flat.reshape(-1, size)
    unusable = present & ~np.isfinite(found).all(axis=1)
    found[unusable] = nan
    return found, unusable


def chances(
    column: Column, classes: Sequence[str], parse: bool
) -> tuple[FloatArray, Texts, BoolArray]:
    """Return the likeliest class' probability, the class, and which values could not be used.

    Values are objects of class: probability, or lists in the order of ``classes``.
    parse: whether a text that reads as one of these in JSON is one.
    """
    likeliest = [_likeliest(value) for value in _named(column, classes, parse)]
    confidence = np.array([chance for _, chance in likeliest], dtype=np.float64)
    names, _ = texts(pa.array([name for name, _ in likeliest], pa.string()), False, parse)
    return confidence, names, _present(column) & np.isnan(confidence)


def chance_table(
    column: Column, order: Sequence[str], classes: Sequence[str], parse: bool
) -> FloatArray:
    """Return the probabilities of some classes, (n, classes), 0 where one is not named.

    order, parse: as ``chances`` takes them. A row of nan where they are missing or one of them is
    not in [0, 1].
    """
    found = np.array(
        [[value.get(name, 0.0) for name in classes] for value in _named(column, order, parse)],
        dtype=np.float64,
    ).reshape(len(column), len(classes))
    found[~((found >= 0) & (found <= 1)).all(axis=1)] = nan
    return found


def distinct(column: Column) -> tuple[IntArray, list[Any]]:
    """Return each row's place among the column's distinct values, -1 where missing."""
    if isinstance(column, list):
        return _distinct_objects(column)
    if pa.types.is_nested(column.type):
        return np.zeros(len(column), dtype=np.int64), [None]
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    values = column.dictionary
    if pa.types.is_temporal(values.type):
        values = values.cast(pa.string())
    elif pa.types.is_decimal(values.type):
        values = values.cast(pa.float64())
    codes = column.indices.cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False)
    return codes, values.to_pylist()


def in_any_spelling(value: object) -> object:
    """Return the number or the boolean that a text stands for, other values as they are."""
    if not isinstance(value, str):
        return value
    number = _number(value, parse=True)
    return value.strip().lower() if np.isnan(number) else number


def _named(column: Column, order: Sequence[str], parse: bool) -> Iterator[dict[str, float]]:
    """Yield each row's probabilities by class, {} where they cannot be used."""
    for value in column if isinstance(column, list) else column.to_pylist():
        yield _by_class(_read_json(value) if parse and isinstance(value, str) else value, order)


def _by_class(value: Any, order: Sequence[str]) -> dict[str, float]:
    if isinstance(value, list) and len(value) == len(order):
        value = dict(zip(order, value, strict=True))
    if not isinstance(value, dict):
        return {}
    # Arrow fills in classes that other rows have with null.
    found = {name: _number(each, False) for name, each in value.items() if each is not None}
    return found if np.isfinite(list(found.values())).all() else {}


def _likeliest(chances: Mapping[str, float]) -> tuple[str | None, float]:
    if not chances:
        return None, nan
    name = max(chances, key=chances.__getitem__)
    return name, chances[name]


def _present(column: Column) -> BoolArray:
    if isinstance(column, list):
        return np.array([value is not None for value in column], dtype=np.bool_)
    if not column.null_count:
        return np.ones(len(column), dtype=np.bool_)
    valid: BoolArray = column.is_valid().to_numpy(zero_copy_only=False)
    return valid


def _as_floats(column: Column, parse: bool) -> FloatArray:
    if isinstance(column, list):
        return np.array([_number(value, parse) for value in column], dtype=np.float64)
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if parse and _is_text(column.type):
        column = _parse(column)
    if not (_is_number(column.type) or (parse and pa.types.is_boolean(column.type))):
        return np.full(len(column), nan)
    floats = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return np.array(floats, dtype=np.float64)


def _parse(column: pa.Array) -> pa.Array:
    try:
        return column.cast(pa.float64())
    except pa.ArrowInvalid:
        encoded = column.dictionary_encode()
        read = [_number(text, parse=True) for text in encoded.dictionary.to_pylist()]
        return pa.array(read, pa.float64()).take(encoded.indices)


def _number(value: object, parse: bool) -> float:
    """Return the number that a single value is, nan if it is none."""
    accepted = int | float | str if parse else int | float
    if not isinstance(value, accepted) or (isinstance(value, bool) and not parse):
        return nan
    try:
        return nan if isinstance(value, str) and "_" in value else float(value)
    except (ValueError, OverflowError):
        return nan


def _distinct_objects(column: list[Any]) -> tuple[IntArray, list[Any]]:
    places: dict[tuple[type, str], int] = {}
    values: list[Any] = []
    codes = np.full(len(column), -1, dtype=np.int64)
    for row, value in enumerate(column):
        if value is None:
            continue
        place = places.setdefault((type(value), repr(value)), len(values))
        if place == len(values):
            values.append(value)
        codes[row] = place
    return codes, values


def _plain(value: object) -> object:
    return {"1": 1, "0": 0}.get(value, value.lower()) if isinstance(value, str) else value


def _read_json(text: str) -> object:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text


def _is_text(kind: pa.DataType) -> bool:
    types = pa.types
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def _is_number(kind: pa.DataType) -> bool:
    types = pa.types
    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind))


def _is_list(kind: pa.DataType) -> bool:
    types = pa.types
    return bool(types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind))
