"""Which keys a slice of the store may hold, told without looking into it."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from monitor.labels.keys import KeyArray

Words = NDArray[np.uint64]

BITS = 5
"""Bits that a key sets, all within one word."""
BITS_PER_KEY = 20
FIRST_WORDS = 1 << 12
GROWTH = 4
MOST_WORDS = 1 << 20


@dataclass(slots=True)
class Segment:
    """A filter for as many keys as its words can tell apart, and how many it has taken."""

    words: Words
    keys: int = 0
    changed: bool = True

    @property
    def room(self) -> int:
        """How many more keys it takes."""
        return len(self.words) * 64 // BITS_PER_KEY - self.keys


@dataclass(slots=True)
class Sieve:
    """A Bloom filter that grows: a key that was added always passes, another one hardly ever.

    Each key sets BITS bits of one word (a blocked filter), so that a look costs one access to
    memory. A full segment is followed by one of GROWTH times its size, up to MOST_WORDS words
    (8 MiB, 3.3 million keys); about 1 in 500 keys that were never added passes a full one.

    Source: Putze, Sanders and Singler (2007), Cache-, hash- and space-efficient Bloom filters.
    """

    segments: list[Segment] = field(default_factory=list)

    def add(self, keys: KeyArray, patterns: Words) -> None:
        """Add keys, with the patterns that ``patterns_of`` returned for them."""
        at = 0
        while at < len(keys):
            segment = self._segment_with_room()
            end = at + segment.room
            part = keys[at:end, 0]
            places = part & np.uint64(len(segment.words) - 1)
            np.bitwise_or.at(segment.words, places, patterns[at:end])
            segment.keys += len(part)
            segment.changed = True
            at = end

    def passes(self, keys: KeyArray, patterns: Words) -> NDArray[np.bool_]:
        """Return which keys may have been added; shape (n,)."""
        found = np.zeros(len(keys), dtype=bool)
        for segment in self.segments:
            words = segment.words[keys[:, 0] & np.uint64(len(segment.words) - 1)]
            found |= (words & patterns) == patterns
        return found

    def changed(self) -> Iterator[tuple[int, Segment]]:
        """Yield the segments that were changed since this was last asked, with their places."""
        for place, segment in enumerate(self.segments):
            if segment.changed:
                segment.changed = False
                yield place, segment

    def _segment_with_room(self) -> Segment:
        if not self.segments or not self.segments[-1].room:
            last = len(self.segments[-1].words) if self.segments else FIRST_WORDS // GROWTH
            self.segments.append(Segment(np.zeros(min(GROWTH * last, MOST_WORDS), dtype=np.uint64)))
        return self.segments[-1]


def patterns_of(keys: KeyArray) -> Words:
    """Return the bits that each key sets within its word; shape (n,)."""
    pattern = np.zeros(len(keys), dtype=np.uint64)
    for bit in range(BITS):
        pattern |= np.uint64(1) << ((keys[:, 1] >> np.uint64(6 * bit)) & np.uint64(63))
    return pattern
