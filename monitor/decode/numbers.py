"""Numeric columns: all numbers of a batch through as few flat arrays as there are objects."""

import struct
from collections.abc import Callable, Iterable, Sequence
from itertools import starmap
from operator import attrgetter, itemgetter

import numpy as np
from msgspec.structs import astuple

from detectors.counts import FloatArray
from monitor.decode.layout import Leaf, Row

Tuples = Callable[[Sequence[Row]], Iterable[tuple[float | None, ...]]]
"""The values of some fields, one tuple per record."""


class NumericColumns:
    """Reads the numeric features of rows.

    Measured: packing the tuple of an object's fields costs half of a flat array over them, which
    costs a third of an array per column.
    """

    def __init__(self, leaves: Sequence[Leaf], integers: Sequence[int]) -> None:
        """Take the fields by column; integers: the columns that hold whole numbers only."""
        self._width = len(leaves)
        self._integers = np.array(integers, dtype=np.int64)
        objects: dict[str, list[int]] = {}
        for column, leaf in enumerate(leaves):
            objects.setdefault(leaf.parent, []).append(column)
        self._groups = [
            (_span(columns) or columns, _tuple_reader([leaves[column] for column in columns]))
            for columns in objects.values()
        ]

    def read(self, rows: Sequence[Row]) -> tuple[FloatArray, list[tuple[int, int]]]:
        """Return the columns, shape (rows, columns), and (row, column) of each fraction refused."""
        numeric = np.empty((len(rows), self._width))
        for columns, tuples in self._groups:
            width = numeric[:, columns].shape[1]
            numeric[:, columns] = _to_floats(tuples, rows, width)
        return numeric, self._refuse_fractions(numeric)

    def _refuse_fractions(self, numeric: FloatArray) -> list[tuple[int, int]]:
        if not len(self._integers):
            return []
        whole = numeric[:, self._integers]
        rows, places = np.nonzero(np.floor(whole) < whole)
        columns = self._integers[places]
        numeric[rows, columns] = np.nan
        return list(zip(rows.tolist(), columns.tolist(), strict=True))


def _tuple_reader(leaves: Sequence[Leaf]) -> Tuples:
    """Return the reader of some fields that lie in one object."""
    if len(leaves) == 1:
        get_value = attrgetter(leaves[0].attribute)
        return lambda rows: zip(map(get_value, rows), strict=True)
    take = _taker([leaf.place for leaf in leaves])
    if not leaves[0].parent:
        return lambda rows: map(take, map(astuple, rows))
    get_object = attrgetter(leaves[0].parent)
    return lambda rows: map(take, map(astuple, map(get_object, rows)))


def _taker(places: Sequence[int]) -> Callable[[tuple[object, ...]], tuple[float | None, ...]]:
    span = _span(places)
    return itemgetter(*places) if span is None else itemgetter(span)


def _span(places: Sequence[int]) -> slice | None:
    """Return the slice that takes some places, None where they are not consecutive."""
    start, stop = places[0], places[0] + len(places)
    return slice(start, stop) if list(places) == list(range(start, stop)) else None


def _to_floats(tuples: Tuples, rows: Sequence[Row], width: int) -> FloatArray:
    pack = struct.Struct(f"{width}d").pack
    try:
        packed = b"".join(starmap(pack, tuples(rows)))
    except struct.error:
        # A null, which becomes nan here; it costs three times as much.
        return np.array(list(tuples(rows)), dtype=np.float64).reshape(len(rows), width)
    return np.frombuffer(packed).reshape(len(rows), width)
