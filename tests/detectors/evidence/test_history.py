import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detectors.evidence.history import History
from detectors.evidence.observed import Observed


def block(number, records=1):
    return Observed.block(number, records, np.full((1, 1), records))


@given(st.integers(1, 400))
def test_buckets_hold_every_block_once_in_at_most_three_of_each_size(blocks):
    history = History(longest=1000)
    for number in range(blocks):
        buckets = history.push(block(number))
    assert sum(bucket.records for bucket in buckets) == blocks
    assert buckets[0].last == blocks - 1
    assert buckets[-1].first == 0
    assert all(newer.first == older.last + 1 for newer, older in itertools.pairwise(buckets))
    levels = [level for level, _ in history.buckets]
    assert max(levels.count(level) for level in levels) <= 3


def test_buckets_older_than_the_longest_window_are_dropped():
    history = History(longest=10)
    for number in (0, 1, 50):
        buckets = history.push(block(number))
    assert [bucket.first for bucket in buckets] == [50]
