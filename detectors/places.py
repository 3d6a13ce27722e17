"""Where records lie in the log: a range of offsets in each partition."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Places:
    """The offsets between which records lie, as a commutative monoid.

    ranges: first and last offset, both included, by the number that names the partition.
    """

    ranges: Mapping[int, tuple[int, int]] = field(default_factory=dict)

    def __add__(self, other: "Places") -> "Places":
        if not other.ranges:
            return self
        if not self.ranges:
            return other
        both = dict(self.ranges)
        for partition, (first, last) in other.ranges.items():
            known = both.get(partition, (first, last))
            both[partition] = (min(first, known[0]), max(last, known[1]))
        return Places(both)

    @property
    def rows(self) -> list[tuple[int, int, int]]:
        """Partition, first and last offset of each range, in order of the partition."""
        return [(partition, *self.ranges[partition]) for partition in sorted(self.ranges)]

    @classmethod
    def of_rows(cls, rows: Iterable[Iterable[int]]) -> "Places":
        """Return what ``rows`` told."""
        return cls({partition: (first, last) for partition, first, last in rows})


NOWHERE = Places()
"""Of records that lie in no log, such as a reference's."""
