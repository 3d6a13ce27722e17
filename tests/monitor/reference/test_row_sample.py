"""The sample of rows is uniform, bounded, and blind to how rows are cut into batches."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from detectors.sample import record_hashes
from monitor.reference.row_sample import RowSample


def sampled(rows, most, ends):
    sample = RowSample(most)
    hashes = record_hashes(1, rows)
    for start, end in zip([0, *ends], [*ends, len(rows)], strict=True):
        near = start + sample.near(hashes[start:end])
        sample.add(hashes[near], [rows[near]])
    return sample.columns()[0]


@given(st.integers(1, 300), st.integers(1, 50), st.lists(st.integers(0, 300), max_size=6))
def test_a_sample_is_the_rows_of_the_smallest_hashes_in_any_batches(rows, most, cuts):
    numbers = np.arange(rows)
    found = sampled(numbers, most, sorted(min(cut, rows) for cut in cuts))
    assert_array_equal(found, numbers[np.argsort(record_hashes(1, numbers))[:most]])


def test_every_part_of_the_rows_is_sampled_alike():
    found = sampled(np.arange(100_000), 10_000, [30_000, 70_000])
    counts = np.histogram(found, bins=10, range=(0, 100_000))[0]
    # binomial: 1,000 +- 30
    assert counts == pytest.approx(np.full(10, 1_000), abs=120)
