"""Windows as suffixes of an exponential histogram of block summaries."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, Self, TypeVar

from numpy.typing import NDArray

from detectors.counts import FloatArray
from detectors.evidence.observed import NO_CLOCK, NO_EXTRA, Observed

BUCKETS_PER_SIZE = 3

B = TypeVar("B")


class Summable(Protocol):
    """What windows are made of: the summary of a block, as a commutative monoid.

    records, counts: what the evidence looks at; counts are (rows, WIDTH).
    """

    @property
    def records(self) -> int: ...

    @property
    def counts(self) -> NDArray[Any]: ...

    @property
    def closed(self) -> Self:
        """The same without what is of use only until its block is closed."""
        ...

    @property
    def narrow(self) -> Self:
        """The same with its largest arrays in as few bytes as they need."""
        ...

    @property
    def wide(self) -> Self:
        """The same with arrays that can be added to."""
        ...

    def __add__(self, other: Self) -> Self: ...


S = TypeVar("S", bound=Summable)


@dataclass(frozen=True, slots=True)
class Bucket(Generic[S]):
    """The summary of 2**level consecutive blocks of a stream, from block ``first`` to ``last``.

    clock, extra: as in Observed.
    """

    level: int
    first: int
    last: int
    summary: S
    clock: FloatArray
    extra: FloatArray

    @property
    def observed(self) -> Observed:
        """What the evidence needs of the bucket."""
        summary = self.summary
        return Observed(
            self.first, self.last, summary.records, summary.counts, self.clock, self.extra
        )


@dataclass(frozen=True, slots=True)
class Windows(Generic[S]):
    """The blocks of a stream, newest first, in buckets of growing size.

    At most three buckets hold each power of two of blocks; where a fourth would, the two
    oldest merge. So the suffixes give windows of a few lengths per octave, from one block
    to the longest, with O(log) state. Blocks without a record are not kept: a window's
    length is the time that it spans.

    Source: Datar, Gionis, Indyk and Motwani (2002), Maintaining stream statistics over
    sliding windows; ADWIN (Bifet and Gavalda 2007) keeps its buckets the same way.
    """

    longest: int
    buckets: tuple[Bucket[S], ...] = ()

    def push(
        self,
        block: int,
        summary: S,
        clock: FloatArray = NO_CLOCK,
        extra: FloatArray = NO_EXTRA,
    ) -> "Windows[S]":
        """Return the windows with the summary of a newer block, and without what is too old.

        clock, extra: what the evidence needs beside the summary (see Closing). Raises
        ValueError if ``block`` is not newer than the newest one here.
        """
        if self.buckets and block <= self.buckets[0].last:
            raise ValueError(f"block {block} comes after block {self.buckets[0].last}")
        newest = Bucket(0, block, block, summary.closed.narrow, clock, extra)
        kept = [bucket for bucket in self.buckets if bucket.last > block - self.longest]
        buckets = merge_overfull([newest, *kept], _level, _merged)
        return Windows(self.longest, tuple(buckets))

    def suffix(self, blocks: int) -> tuple[int, S] | None:
        """Return the smallest window that spans at least ``blocks`` blocks, or all there is.

        The first block of the window and its summary; None where no block is held.
        """
        if not self.buckets:
            return None
        newest = self.buckets[0]
        first = newest.first
        for bucket in self.buckets[1:]:
            if newest.last - first + 1 >= blocks:
                break
            first = bucket.first
        return first, self.since(first)

    def since(self, first: int) -> S:
        """Return the summary of the buckets from block ``first`` on, of one at least."""
        newest, *older = self.buckets
        total = newest.summary.wide
        for bucket in older:
            if bucket.first < first:
                break
            total = total + bucket.summary
        return total


def merge_overfull(
    buckets: list[B], level: Callable[[B], int], merge: Callable[[B, B], B]
) -> list[B]:
    """Return buckets, newest first, of which at most BUCKETS_PER_SIZE are of any level.

    level: of a bucket, which holds 2**level blocks. merge: makes the bucket of the next level
    of a newer and an older one.
    """
    start = 0
    while start < len(buckets):
        first = level(buckets[start])
        end = start + sum(level(bucket) == first for bucket in buckets[start:])
        if end - start <= BUCKETS_PER_SIZE:
            break
        buckets = [*buckets[: end - 2], merge(*buckets[end - 2 : end]), *buckets[end:]]
        start = end - 2
    return buckets


def _level(bucket: Bucket[S]) -> int:
    return bucket.level


def _merged(newer: Bucket[S], older: Bucket[S]) -> Bucket[S]:
    both = (newer.summary.wide + older.summary).narrow
    clock, extra = newer.clock + older.clock, newer.extra + older.extra
    return Bucket(newer.level + 1, older.first, newer.last, both, clock, extra)
