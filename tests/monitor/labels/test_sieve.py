"""A sieve lets every key pass that was added, and hardly any other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.labels.sieve import Sieve, patterns_of


def random_keys(seed: int, count: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 1 << 64, (count, 2), dtype=np.uint64)


@given(st.integers(0, 1000), st.lists(st.integers(1, 20_000), max_size=4))
def test_what_was_added_passes_however_many_segments_it_filled(seed, counts):
    sieve = Sieve()
    added = [random_keys(seed + at, count) for at, count in enumerate(counts)]
    for keys in added:
        sieve.add(keys, patterns_of(keys))
    for keys in added:
        assert sieve.passes(keys, patterns_of(keys)).all()
    assert sum(segment.keys for segment in sieve.segments) == sum(counts)


@pytest.mark.parametrize("count", [100, 10_000, 300_000])
def test_one_in_500_other_keys_passes_a_segment_at_most(count):
    sieve, keys, others = Sieve(), random_keys(1, count), random_keys(2, 100_000)
    sieve.add(keys, patterns_of(keys))
    assert sieve.passes(others, patterns_of(others)).mean() < len(sieve.segments) / 500


def test_only_changed_segments_are_told_and_each_once():
    sieve, keys = Sieve(), random_keys(3, 30_000)
    sieve.add(keys, patterns_of(keys))
    places = [place for place, _ in sieve.changed()]
    assert places == list(range(len(sieve.segments)))
    assert not list(sieve.changed())
    sieve.add(keys[:1], patterns_of(keys[:1]))
    assert [place for place, _ in sieve.changed()] == [places[-1]]
