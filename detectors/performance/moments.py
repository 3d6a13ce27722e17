"""Sums of powers of errors and labels: for MAE, RMSE, R2, bias and how sure they are."""

from dataclasses import dataclass
from enum import IntEnum
from fractions import Fraction
from typing import Self

import numpy as np

from detectors.counts import FloatArray, IntArray

FARTHEST = 16.0
"""An error beyond so many bounds, or a label beyond so many scales, counts as this far."""

LARGEST_BITS = 32
"""A term is at most 2 ** LARGEST_BITS on its grid, whatever its order, so that sums are exact up
to two thousand million pairs however far out all of them lie."""


class Moment(IntEnum):
    """Of what a sum is: e is the error in bounds, y the standardised label."""

    E = 0
    ABS_E = 1
    EE = 2
    EEEE = 3
    Y = 4
    YY = 5
    YYY = 6
    YYYY = 7
    EEY = 8
    EEYY = 9


ORDERS = (1, 1, 2, 4, 1, 2, 3, 4, 3, 4)
"""Of each moment, as a polynomial: a sum of order k lies on the grid of 2 ** -(32 - 4 k)."""


@dataclass(frozen=True, slots=True)
class Moments:
    """Sums over pairs of a regression; ``a + b`` is exact in any order.

    sums: (len(Moment),), each on the grid of its order. clipped: pairs whose error or label
    lay farther out than FARTHEST.
    """

    sums: IntArray
    clipped: int

    @classmethod
    def empty(cls) -> "Moments":
        """Return the sums of no pair."""
        return cls(np.zeros(len(Moment), dtype=np.int64), 0)

    @classmethod
    def of(cls, errors: FloatArray, labels: FloatArray) -> "Moments":
        """Return the sums of pairs: errors in bounds, standardised labels; both (n,)."""
        e = np.clip(errors, -FARTHEST, FARTHEST)
        y = np.clip(labels, -FARTHEST, FARTHEST)
        ee, yy = e * e, y * y
        terms = (e, np.abs(e), ee, ee * ee, y, yy, yy * y, yy * yy, ee * y, ee * yy)
        grids = [2.0 ** _bits(order) for order in ORDERS]
        return cls(
            np.array(
                [
                    np.rint(term * grid).astype(np.int64).sum()
                    for term, grid in zip(terms, grids, strict=True)
                ]
            ),
            int(np.count_nonzero((e != errors) | (y != labels))),
        )

    def __add__(self, other: Self) -> "Moments":
        return Moments(self.sums + other.sums, self.clipped + other.clipped)

    def mean(self, moment: Moment, records: int) -> Fraction:
        """Return the mean of what a sum is of, exactly; records: at least 1."""
        return Fraction(int(self.sums[moment]), records << _bits(ORDERS[moment]))


def _bits(order: int) -> int:
    return LARGEST_BITS - order * int(np.log2(FARTHEST))
