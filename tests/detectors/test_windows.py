"""Windows as suffixes of an exponential histogram of blocks."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.summary import Summary, total
from detectors.windows import BUCKETS_PER_SIZE, Windows
from tests.detectors.strategies import Table, bits, profile_of, summary_of

TABLE = Table({"x": np.arange(8.0)})
PROFILE = profile_of(TABLE, components=2)
gaps = st.lists(st.integers(1, 5), min_size=1, max_size=120)


def block_of(k: int) -> Summary:
    """Return the summary of a block that no other block's equals."""
    return summary_of(PROFILE, Table({"x": np.arange(float(k % 11 + 1))}))


def pushed(blocks, longest=10_000):
    windows = Windows(longest)
    for block in blocks:
        windows = windows.push(block, block_of(block))
    return windows


def closed(summary: Summary) -> dict[str, object]:
    return bits(summary.closed)


@given(gaps)
def test_at_most_three_buckets_hold_each_size(steps):
    windows = pushed(np.cumsum(steps).tolist())
    levels = [bucket.level for bucket in windows.buckets]
    assert max(Counter(levels).values()) <= BUCKETS_PER_SIZE
    assert levels == sorted(levels)


@given(gaps)
def test_buckets_lie_side_by_side_newest_first(steps):
    blocks = np.cumsum(steps).tolist()
    buckets = pushed(blocks).buckets
    assert buckets[0].last == blocks[-1]
    assert buckets[-1].first == blocks[0]
    for newer, older in pairwise(buckets):
        assert older.first <= older.last < newer.first


@given(gaps, st.integers(1, 400))
def test_a_suffix_is_the_sum_of_the_blocks_that_it_spans(steps, length):
    blocks = np.cumsum(steps).tolist()
    first, summary = pushed(blocks).suffix(length)
    within = [block_of(block) for block in blocks if block >= first]
    assert closed(summary) == closed(total(within))


@given(gaps, st.integers(1, 400))
def test_a_suffix_is_the_shortest_that_spans_what_was_asked_for(steps, length):
    blocks = np.cumsum(steps).tolist()
    windows = pushed(blocks)
    first, _ = windows.suffix(length)
    starts = [bucket.first for bucket in windows.buckets]
    enough = [start for start in starts if blocks[-1] - start + 1 >= length]
    assert first == (enough[0] if enough else starts[-1])


def test_there_are_window_lengths_in_every_octave():
    windows = pushed(range(1, 2001))
    lengths = [2000 - bucket.first + 1 for bucket in windows.buckets]
    assert lengths[0] == 1
    for octave in range(10):
        assert any(2**octave <= length < 2 ** (octave + 1) for length in lengths)
    assert len(windows.buckets) <= BUCKETS_PER_SIZE * 11


def test_no_window_is_more_than_twice_as_long_as_asked_for():
    windows = pushed(range(1, 1001))
    for length in range(1, 1000):
        first, _ = windows.suffix(length)
        assert length <= 1000 - first + 1 <= 2 * length


@given(gaps, st.integers(1, 60))
def test_blocks_older_than_the_longest_window_are_let_go(steps, longest):
    blocks = np.cumsum(steps).tolist()
    windows = pushed(blocks, longest)
    assert all(bucket.last > blocks[-1] - longest for bucket in windows.buckets)
    kept = {block for block in blocks if block > blocks[-1] - longest}
    assert min(kept) >= windows.buckets[-1].first


def test_a_block_that_is_not_newer_is_refused():
    with pytest.raises(ValueError, match="block 5 comes after block 5"):
        pushed([5]).push(5, block_of(5))


def test_without_a_block_there_is_no_window():
    assert Windows(10).suffix(1) is None


def test_samples_are_not_kept():
    assert len(pushed([1]).buckets[0].summary.sample.hashes) == 0


def test_counts_are_held_in_as_few_bytes_as_they_need_and_never_overflow():
    large = replace(block_of(1), counts=np.full((1, 36), 60_000, dtype=np.int64))
    windows = Windows(100).push(1, large)
    assert windows.buckets[0].summary.counts.dtype == np.uint16
    for block in range(2, 40):
        windows = windows.push(block, large)
    assert windows.suffix(100)[1].counts.tolist() == [[39 * 60_000] * 36]
    assert replace(large, counts=large.counts * 10**6).narrow.counts.dtype == np.int64
