"""The texts of many records as one row of characters, so that a change runs over all at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.counts import BoolArray, IntArray

CodePoints = NDArray[np.uint32]

_ENCODING = "utf-32-le"


@dataclass(frozen=True, slots=True)
class Letters:
    """The characters of n texts, end to end.

    points: (m,), their Unicode code points, lone surrogates included. owners: (m,), the text of
    each, ascending. texts: n.
    """

    points: CodePoints
    owners: IntArray
    texts: int

    @classmethod
    def of(cls, texts: Sequence[str]) -> "Letters":
        """Return the characters of texts."""
        encoded = "".join(texts).encode(_ENCODING, "surrogatepass")
        lengths = np.fromiter(map(len, texts), np.int64, len(texts))
        owners = np.repeat(np.arange(len(texts)), lengths)
        return cls(np.frombuffer(encoded, np.uint32), owners, len(texts))

    def strings(self) -> list[str]:
        """Return the texts."""
        joined = self.points.tobytes().decode(_ENCODING, "surrogatepass")
        ends = np.cumsum(np.bincount(self.owners, minlength=self.texts)).tolist()
        return [joined[start:end] for start, end in zip([0, *ends], ends, strict=False)]

    def replaced(self, places: BoolArray, points: CodePoints) -> "Letters":
        """Return the texts with other characters at some places; points: (m,)."""
        return Letters(np.where(places, points, self.points), self.owners, self.texts)

    def without(self, places: BoolArray) -> "Letters":
        """Return the texts without the characters at some places."""
        return Letters(self.points[~places], self.owners[~places], self.texts)

    def followed(self, places: BoolArray, points: CodePoints) -> "Letters":
        """Return the texts with a further character after those at some places; points: (m,)."""
        after = np.flatnonzero(places) + 1
        return Letters(
            np.insert(self.points, after, points[places]),
            np.insert(self.owners, after, self.owners[places]),
            self.texts,
        )

    def swapped(self, places: BoolArray) -> "Letters":
        """Return the texts with the characters at some places and the next ones exchanged.

        No character moves twice: of places in a row, the first, third and so on are taken.
        places: (m,), false at the last character of a text.
        """
        first = np.flatnonzero(_every_other(places))
        points = self.points.copy()
        points[first], points[first + 1] = self.points[first + 1], self.points[first]
        return Letters(points, self.owners, self.texts)

    def are_letters(self) -> BoolArray:
        """Return which characters are letters; (m,)."""
        kinds, places = np.unique(self.points, return_inverse=True)
        known = np.fromiter((chr(each).isalpha() for each in kinds.tolist()), np.bool_, len(kinds))
        letters: BoolArray = known[places]
        return letters

    def next_alike(self, wanted: BoolArray) -> BoolArray:
        """Return where a wanted character is followed by another one in the same text; (m,)."""
        found = np.zeros(len(self.points), dtype=np.bool_)
        found[:-1] = wanted[:-1] & wanted[1:] & (self.owners[:-1] == self.owners[1:])
        return found


def _every_other(places: BoolArray) -> BoolArray:
    """Return the first, third, ... of each run of true places."""
    index = np.arange(len(places))
    last_false = np.maximum.accumulate(np.where(places, -1, index))
    taken: BoolArray = places & ((index - last_false) % 2 == 1)
    return taken
