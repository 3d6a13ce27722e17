"""A block's bottom-k sample: the records with the smallest hashes, whatever their order."""

from dataclasses import dataclass

import numpy as np

from detectors.columns import UInt64Array
from detectors.counts import FloatArray, IntArray

SAMPLE_SIZE = 1024


def record_hashes(partition_key: int, offsets: IntArray) -> UInt64Array:
    """Return the random priority of the records at some offsets of one partition.

    partition_key: a number of 64 bits that names the partition. A record's hash depends on
    where it lies in the log and on nothing else; two offsets of a partition never share one.

    Source: the finaliser of SplitMix64 (Steele, Lea and Flood 2014).
    """
    mixed = offsets.astype(np.uint64) + np.uint64(partition_key)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


@dataclass(frozen=True, slots=True)
class Sample:
    """The k records of a block with the smallest hashes: a uniform sample that merges.

    All arrays have shape (records kept,), in order of hash, partition and offset.

    Source: Cohen and Kaplan (2007), Summarizing data using bottom-k sketches.
    """

    hashes: UInt64Array
    times: IntArray
    partitions: IntArray
    offsets: IntArray
    score: FloatArray

    @classmethod
    def empty(cls) -> "Sample":
        """Return the sample of no record."""
        none = np.zeros(0, dtype=np.int64)
        return cls(none.astype(np.uint64), none, none, none, none.astype(np.float64))

    @classmethod
    def of(
        cls,
        hashes: UInt64Array,
        times: IntArray,
        partitions: IntArray,
        offsets: IntArray,
        score: FloatArray,
    ) -> "Sample":
        """Return the bottom-k sample of records given as arrays of one length."""
        if len(hashes) > SAMPLE_SIZE:
            kth = np.partition(hashes, SAMPLE_SIZE - 1)[SAMPLE_SIZE - 1]
            near = hashes <= kth
            hashes, times, partitions = hashes[near], times[near], partitions[near]
            offsets, score = offsets[near], score[near]
        order = np.lexsort((offsets, partitions, hashes))[:SAMPLE_SIZE]
        return cls(hashes[order], times[order], partitions[order], offsets[order], score[order])

    def __add__(self, other: "Sample") -> "Sample":
        if not len(self.hashes):
            return other
        if not len(other.hashes):
            return self
        return Sample.of(
            np.concatenate([self.hashes, other.hashes]),
            np.concatenate([self.times, other.times]),
            np.concatenate([self.partitions, other.partitions]),
            np.concatenate([self.offsets, other.offsets]),
            np.concatenate([self.score, other.score]),
        )

    def scores_in_order(self) -> FloatArray:
        """Return the scores in order of event time, partition and offset, missing ones left out."""
        order = np.lexsort((self.offsets, self.partitions, self.times))
        ordered = self.score[order]
        return ordered[~np.isnan(ordered)]
