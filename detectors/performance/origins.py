"""Where the predictions lie whose labels came: labels of one block tell of many earlier ones."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from detectors.counts import IntArray
from detectors.places import NOWHERE, Places

NO_BLOCK = np.iinfo(np.int64)


@dataclass(frozen=True, slots=True)
class Origins:
    """The blocks and the offsets between which predictions lie, as a commutative monoid.

    first, last: blocks, both included; first is the larger where there are no predictions.
    places: in the log, by the number of the partition.
    """

    first: int = NO_BLOCK.max
    last: int = NO_BLOCK.min
    places: Places = NOWHERE

    @classmethod
    def of(cls, partition: int, blocks: IntArray, offsets: IntArray) -> Self:
        """Return those of one prediction or more of a partition; blocks, offsets: (n,)."""
        places = Places({partition: (int(offsets.min()), int(offsets.max()))})
        return cls(int(blocks.min()), int(blocks.max()), places)

    def __add__(self, other: "Origins") -> "Origins":
        return Origins(
            min(self.first, other.first),
            max(self.last, other.last),
            self.places + other.places,
        )


NO_ORIGINS = Origins()
"""Of predictions whose labels have not come."""
