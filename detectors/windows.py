"""Windows as suffixes of an exponential histogram of block summaries."""

from dataclasses import dataclass, replace

import numpy as np

from detectors.sample import Sample
from detectors.summary import Summary

BUCKETS_PER_SIZE = 3


@dataclass(frozen=True, slots=True)
class Bucket:
    """The summary of 2**level consecutive blocks of a stream, from block ``first`` to ``last``."""

    level: int
    first: int
    last: int
    summary: Summary


@dataclass(frozen=True, slots=True)
class Windows:
    """The blocks of a stream, newest first, in buckets of growing size.

    At most three buckets hold each power of two of blocks; where a fourth would, the two
    oldest merge. So the suffixes give windows of a few lengths per octave, from one block
    to the longest, with O(log) state. Blocks without a record are not kept: a window's
    length is the time that it spans.

    Source: Datar, Gionis, Indyk and Motwani (2002), Maintaining stream statistics over
    sliding windows; ADWIN (Bifet and Gavalda 2007) keeps its buckets the same way.
    """

    longest: int
    buckets: tuple[Bucket, ...] = ()

    def push(self, block: int, summary: Summary) -> "Windows":
        """Return the windows with the summary of a newer block, and without what is too old.

        Raises ValueError if ``block`` is not newer than the newest one here.
        """
        if self.buckets and block <= self.buckets[0].last:
            raise ValueError(f"block {block} comes after block {self.buckets[0].last}")
        newest = Bucket(0, block, block, narrow(replace(summary, sample=Sample.empty())))
        kept = [bucket for bucket in self.buckets if bucket.last > block - self.longest]
        return Windows(self.longest, tuple(_merge_overfull([newest, *kept])))

    def suffix(self, blocks: int) -> tuple[int, Summary] | None:
        """Return the smallest window that spans at least ``blocks`` blocks, or all there is.

        The first block of the window and its summary; None where no block is held.
        """
        if not self.buckets:
            return None
        newest = self.buckets[0]
        total = _wide(newest.summary)
        first = newest.first
        for bucket in self.buckets[1:]:
            if newest.last - first + 1 >= blocks:
                break
            total = total + bucket.summary
            first = bucket.first
        return first, total


def _merge_overfull(buckets: list[Bucket]) -> list[Bucket]:
    start = 0
    while start < len(buckets):
        level = buckets[start].level
        end = start + sum(bucket.level == level for bucket in buckets[start:])
        if end - start <= BUCKETS_PER_SIZE:
            break
        newer, older = buckets[end - 2 : end]
        both = narrow(_wide(newer.summary) + older.summary)
        merged = Bucket(level + 1, older.first, newer.last, both)
        buckets = [*buckets[: end - 2], merged, *buckets[end:]]
        start = end - 2
    return buckets


def narrow(summary: Summary) -> Summary:
    """Hold the counts, by far the largest part, in as few bytes as they need."""
    largest = summary.counts.max(initial=0)
    for kind in (np.uint16, np.uint32):
        if largest <= np.iinfo(kind).max:
            return replace(summary, counts=summary.counts.astype(kind))
    return summary


def _wide(summary: Summary) -> Summary:
    return replace(summary, counts=summary.counts.astype(np.int64))
