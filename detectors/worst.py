"""The records that lie farthest outside the reference's support, as a capped monoid."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detectors.columns import Columns
from detectors.counts import FloatArray, IntArray
from detectors.profile import Profile
from detectors.support import excess

MOST_KEPT = 10


@dataclass(frozen=True, slots=True)
class Worst:
    """The few records with the largest excess: ``a + b`` is that of both, in any order.

    All of shape (records kept,), the largest excess first, then in order of partition and offset.
    excess: as detectors.support has it, more than 0. row: of the feature that lies so far out.
    value: its value, nan for a category. ids: "" where a record has none. The rest: as in Columns.
    """

    excess: FloatArray
    row: IntArray
    value: FloatArray
    times: IntArray
    partitions: IntArray
    offsets: IntArray
    ids: tuple[str, ...]

    @classmethod
    def empty(cls) -> "Worst":
        """Return those of no record, the monoid's identity."""
        none, real = np.zeros(0, dtype=np.int64), np.zeros(0)
        return cls(real, none, real, none, none, none, ())

    @classmethod
    def of(cls, profile: Profile, columns: Columns, ids: Sequence[object]) -> "Worst":
        """Return those of some records; ids: one for each, None where it has none."""
        distances, features = excess(profile, columns)
        outside = np.flatnonzero(distances > 0)
        chosen = outside[
            _first(distances[outside], columns.partitions[outside], columns.offsets[outside])
        ]
        row = features[chosen]
        numeric = np.flatnonzero(row < len(profile.numeric))
        value = np.full(len(chosen), np.nan)
        value[numeric] = columns.numeric[chosen[numeric], row[numeric]]
        return cls(
            excess=distances[chosen],
            row=row,
            value=value,
            times=columns.times[chosen],
            partitions=columns.partitions[chosen],
            offsets=columns.offsets[chosen],
            ids=tuple("" if ids[at] is None else str(ids[at]) for at in chosen.tolist()),
        )

    def __len__(self) -> int:
        return len(self.excess)

    def __add__(self, other: "Worst") -> "Worst":
        if not len(other):
            return self
        if not len(self):
            return other
        both = {
            name: np.concatenate([getattr(self, name), getattr(other, name)])
            for name in ("excess", "row", "value", "times", "partitions", "offsets")
        }
        ids = self.ids + other.ids
        chosen = _first(both["excess"], both["partitions"], both["offsets"])
        return Worst(
            **{name: column[chosen] for name, column in both.items()},
            ids=tuple(ids[at] for at in chosen.tolist()),
        )


def _first(excess: FloatArray, partitions: IntArray, offsets: IntArray) -> IntArray:
    """Return which records are kept, in their order."""
    return np.lexsort((offsets, partitions, -excess))[:MOST_KEPT]
