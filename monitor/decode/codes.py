"""Codes of categories: the number of each category's text, looked up without making the text."""

from collections.abc import Mapping, Sequence
from itertools import repeat
from types import NoneType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.cells import MISSING, OTHER, UNSEEN
from monitor.decode.category import number_of

CodeArray = NDArray[np.int16]
Table = dict[Any, int]

UNUSABLE = -1
"""Code of a value that is there and is no boolean, where one was expected."""


class Codes:
    """Looks up the code of each value of a column of strings, numbers, booleans and nulls."""

    def __init__(self, texts: Table, numbers: Table, booleans: Table, unknown: int) -> None:
        """Take one table for each of JSON's types, with None in each for null.

        unknown: the code of all other values.
        """
        self._texts = texts
        self._tables = {
            str: texts, NoneType: texts, int: numbers, float: numbers, bool: booleans,
        }  # fmt: skip
        self._unknown = unknown

    @classmethod
    def of_texts(cls, codes: Mapping[str, int], unknown: int, missing: int) -> "Codes":
        """Return the codes of categories by their texts.

        codes: of the texts that are known. unknown: of all others. missing: of null.
        """
        texts: Table = dict(codes)
        numbers: Table = {number_of(text): code for text, code in codes.items()}
        booleans: Table = {
            True: codes.get("true", unknown), False: codes.get("false", unknown),
        }  # fmt: skip
        null: Table = {None: missing}
        return cls(texts | null, numbers | null, booleans | null, unknown)

    @classmethod
    def of_levels(cls, levels: Sequence[str], others: frozenset[str] | None) -> "Codes":
        """Return the codes of a categorical feature: as in detectors.profile."""
        return cls.of_texts(*_levels(levels, others))

    @classmethod
    def of_booleans(cls, levels: Sequence[str], others: frozenset[str] | None) -> "Codes":
        """Return the codes of a boolean feature; UNUSABLE for what is no boolean."""
        codes, unknown, missing = _levels(levels, others)
        true, false = codes.get("true", unknown), codes.get("false", unknown)
        null: Table = {None: missing}
        return cls(
            {"true": true, "false": false} | null,
            {1: true, 0: false} | null,
            {True: true, False: false} | null,
            UNUSABLE,
        )

    def read(self, values: Sequence[object]) -> CodeArray:
        """Return the code of each value; shape (values,)."""
        kinds = set(map(type, values)) - {NoneType}
        if len(kinds) <= 1 or kinds == {int, float}:
            table = self._tables[kinds.pop()] if kinds else self._texts
            found = map(table.get, values, repeat(self._unknown))
            return np.fromiter(found, np.int16, len(values))
        tables, unknown = self._tables, self._unknown
        each = [tables[type(value)].get(value, unknown) for value in values]
        return np.array(each, dtype=np.int16)


def _levels(
    levels: Sequence[str], others: frozenset[str] | None
) -> tuple[dict[str, int], int, int]:
    codes = dict.fromkeys(others or (), OTHER)
    codes |= {level: code for code, level in enumerate(levels)}
    return codes, OTHER if others is None else UNSEEN, MISSING
