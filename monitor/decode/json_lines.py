"""From the bytes of many records to their rows: the fast parser, and the second for the rest."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from detectors.counts import IntArray
from monitor.decode.bare_tokens import BareTokenReader
from monitor.decode.layout import Layout, Leaf, Row
from monitor.decode.lenient import read_leniently
from monitor.decode.reasons import RecordError
from monitor.sources.lines import Lines

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rows:
    """What was read of n values.

    rows: those that hold a record. places: (rows,), the index of each among the values.
    invalid: (row, feature) of each value of a feature that could not be used.
    refusals: place and refusal of the other values, in order.
    """

    rows: list[Row]
    places: IntArray
    invalid: list[tuple[int, int]]
    refusals: list[tuple[int, RecordError]]


class RowReader:
    """Reads records of one layout.

    What is read of a record depends on its own bytes only: msgspec's strict parser takes it,
    or the second parser judges it alone. So it does not matter which records come together.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._bare_tokens = BareTokenReader(layout)
        self._features: dict[Leaf, list[int]] = {}
        leaves = layout.numeric + layout.categorical + layout.embeddings
        for feature, leaf in enumerate(leaves):
            self._features.setdefault(leaf, []).append(feature)

    def read(self, values: Sequence[bytes]) -> Rows:
        """Return the rows of some records' values."""
        rows, unread = self._read_strictly(values)
        places = np.arange(len(values))
        if not unread:
            return Rows(rows, places, [], [])
        invalid: list[tuple[int, int]] = []
        refusals: list[tuple[int, RecordError]] = []
        for place in unread:
            try:
                row, unusable = self._read_loosely(values[place])
            except RecordError as refusal:
                refusals.append((place, refusal))
                continue
            rows[place] = row
            record = place - len(refusals)
            for leaf in unusable:
                invalid += [(record, feature) for feature in self._features.get(leaf, ())]
        if refusals:
            refused = [place for place, _ in refusals]
            places = np.delete(places, refused)
            rows = [rows[place] for place in places.tolist()]
        return Rows(rows, places, invalid, refusals)

    def _read_loosely(self, value: bytes) -> tuple[Row, list[Leaf]]:
        """Return a row and the leaves without a usable value; raises RecordError."""
        return self._bare_tokens.read(value) or read_leniently(self._layout, value)

    def _read_strictly(self, values: Sequence[bytes]) -> tuple[list[Row], list[int]]:
        """Return one row per value, and the places whose rows have yet to be read."""
        if self._layout.decoder is None:
            return [None] * len(values), list(range(len(values)))
        if isinstance(values, Lines) and values.text.isascii():
            # One bad record fails them all; they are read one by one then.
            with suppress(ValueError, RecursionError):
                read = self._layout.decoder.decode_lines(values.text)
                if len(read) == len(values):
                    return read, []
        rows, unread = _map_all(self._layout.decoder.decode, values)
        if not all(map(bytes.isascii, values)):
            # msgspec does not look into the strings that it skips.
            _, not_utf8 = _map_all(bytes.decode, values)
            unread = sorted({*unread, *not_utf8})
        return rows, unread


def _map_all(
    function: Callable[[bytes], T], values: Iterable[bytes]
) -> tuple[list[T | None], list[int]]:
    """Apply a function to every value; return the results and the places where it failed.

    ``extend`` keeps the results before an error, and the map goes on behind it, so that a
    failure costs no second try of its neighbours.
    """
    results: list[T | None] = []
    failed: list[int] = []
    remaining = map(function, values)
    while True:
        try:
            results.extend(remaining)
        except (ValueError, RecursionError):
            failed.append(len(results))
            results.append(None)
        else:
            return results, failed
