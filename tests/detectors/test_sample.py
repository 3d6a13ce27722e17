"""The bottom-k sample is a function of the set of records."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest

from detectors.sample import SAMPLE_SIZE, Sample, record_hashes
from tests.detectors.strategies import bits


def sample_of(offsets, partition=0):
    offsets = np.asarray(offsets, dtype=np.int64)
    return Sample.of(
        record_hashes(partition * 0x9E3779B97F4A7C15 % 2**64, offsets),
        offsets // 10,
        np.full(len(offsets), partition),
        offsets,
        offsets % 100 / 100,
    )


@given(st.permutations(range(40)), st.lists(st.integers(0, 40), max_size=3))
def test_neither_cuts_nor_order_change_a_small_sample(order, cuts):
    whole = sample_of(range(40))
    parts = [sample_of(part) for part in np.split(np.array(order), sorted(cuts))]
    assert bits(sum(parts[1:], parts[0])) == bits(whole)


def test_neither_cuts_nor_order_change_a_full_sample():
    rng = np.random.default_rng(5)
    whole = bits(sample_of(range(20_000)))
    for pieces in (2, 5, 40):
        parts = [sample_of(part) for part in np.array_split(rng.permutation(20_000), pieces)]
        assert bits(sum(parts, Sample.empty())) == whole


def test_partitions_can_be_added_in_any_order():
    a, b, c = (sample_of(range(2000), partition) for partition in (1, 2, 3))
    assert bits((a + b) + c) == bits(c + (b + a))
    assert len((a + b + c).hashes) == SAMPLE_SIZE


def test_every_record_is_kept_up_to_the_samples_size():
    assert sorted(sample_of(range(SAMPLE_SIZE)).offsets.tolist()) == list(range(SAMPLE_SIZE))
    assert len(sample_of(range(SAMPLE_SIZE + 1)).offsets) == SAMPLE_SIZE


def test_each_record_is_kept_with_the_same_chance():
    offsets = sample_of(range(100_000)).offsets
    assert kstest(offsets / 100_000, "uniform").pvalue > 0.01
    assert kstest(record_hashes(3, np.arange(10_000)) / 2**64, "uniform").pvalue > 0.01


def test_two_offsets_of_a_partition_never_share_a_hash():
    assert len(np.unique(record_hashes(2**64 - 1, np.arange(200_000)))) == 200_000


def test_scores_come_in_order_of_time_without_missing_ones():
    times = np.array([30, 10, 20, 10])
    score = np.array([0.3, 0.1, np.nan, 0.2])
    offsets = np.arange(4)
    sample = Sample.of(record_hashes(0, offsets), times, np.zeros(4, np.int64), offsets, score)
    assert sample.scores_in_order().tolist() == [0.1, 0.2, 0.3]
