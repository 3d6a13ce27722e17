"""Units of time that a reference's rows are counted in: blocks of a stream, or a few together."""

from dataclasses import dataclass

import numpy as np

from detectors.counts import IntArray


@dataclass(frozen=True, slots=True)
class Units:
    """Consecutive units, those without a row too.

    length: of a unit, in ms of event time or in rows. blocks: of a stream in each. first: number
    of the first one, counted from time 0. count: of units.
    """

    length: int
    blocks: int
    first: int
    count: int
    by_rows: bool

    @classmethod
    def of(cls, block: int, by_rows: bool, first: int, last: int, most: int) -> "Units":
        """Return the shortest units from time ``first`` to ``last``, ``most`` or fewer.

        block: length of a stream's block, of which a unit has a whole number. most: at least 2.
        """
        blocks = max(1, (last - first) // (block * most))
        while _count(block * blocks, first, last) > most:
            blocks += 1
        length = block * blocks
        return cls(length, blocks, first // length, _count(length, first, last), by_rows)

    def places(self, times: IntArray) -> IntArray:
        """Return each row's unit, counted from the first one; -1 where its time is in none."""
        places = times // self.length - self.first
        return np.where((times >= 0) & (places >= 0) & (places < self.count), places, -1)

    def middle_ms(self, place: int) -> int | None:
        """Return the time in the middle of a unit; None where units are of rows."""
        if self.by_rows:
            return None
        return (self.first + place) * self.length + self.length // 2


def _count(length: int, first: int, last: int) -> int:
    return last // length - first // length + 1
