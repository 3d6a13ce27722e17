"""Joined pairs of an open block that wait to be summed together."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from monitor.labels.pairs import Pairs


@dataclass(slots=True)
class UnsummedPairs:
    """Pairs of one block by the number of their partition; pairs: how many."""

    parts: dict[int, list[Pairs]] = field(default_factory=dict)
    pairs: int = 0

    def add(self, number: int, found: Pairs) -> None:
        """Take further pairs of a partition."""
        self.parts.setdefault(number, []).append(found)
        self.pairs += len(found)

    def by_partition(self) -> Iterator[tuple[int, Pairs]]:
        """Yield each partition's number and all of its pairs."""
        for number, parts in self.parts.items():
            yield number, Pairs.joined(parts)
