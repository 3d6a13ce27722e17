"""A bounded uniform sample of rows that depends on their numbers only, not on batches."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.columns import UInt64Array
from detectors.counts import IntArray


class RowSample:
    """The rows with the smallest hashes: a uniform sample, and of any part a uniform one too.

    Source: Cohen and Kaplan (2007), Summarizing data using bottom-k sketches.
    """

    def __init__(self, most: int) -> None:
        """Take how many rows are kept."""
        self._most = most
        self._limit = np.uint64(np.iinfo(np.uint64).max)
        self._parts: list[list[NDArray[Any]]] = []
        self._held = 0

    def near(self, hashes: UInt64Array) -> IntArray:
        """Return which rows may belong to the sample, the only ones worth adding."""
        return np.flatnonzero(hashes <= self._limit)

    def add(self, hashes: UInt64Array, columns: Sequence[NDArray[Any]]) -> None:
        """Take rows: their hashes and columns, all of one length."""
        self._parts.append([hashes, *columns])
        self._held += len(hashes)
        if self._held > 2 * self._most:
            self._shrink()

    def columns(self) -> list[NDArray[Any]]:
        """Return the columns of the rows kept, smallest hash first."""
        self._shrink()
        return self._parts[0][1:]

    def _shrink(self) -> None:
        joined = [np.concatenate(each) for each in zip(*self._parts, strict=True)]
        order = np.argsort(joined[0], kind="stable")[: self._most]
        self._parts = [[each[order] for each in joined]]
        self._held = len(order)
        if self._held == self._most:
            self._limit = joined[0][order[-1]]
