"""Summaries come back from their stacked arrays bit for bit, whatever the size of their counts."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from detectors.cells import WIDTH
from detectors.summary import Summary
from monitor.state.stack import stack, unstack
from tests.monitor.engine.logs import PROFILE, bits

EMPTY = Summary.empty(PROFILE)
SHAPE = (len(PROFILE.features), WIDTH)
counts = st.one_of(
    arrays(np.int64, SHAPE, elements=st.integers(0, 100)),
    arrays(np.int64, SHAPE, elements=st.integers(0, 2**40)),
    arrays(np.int64, SHAPE, elements=st.sampled_from([0, 2**16 - 1, 2**16, 2**16 + 1])),
)


@given(st.lists(counts, min_size=1, max_size=4))
def test_counts_of_any_size_come_back(tables):
    summaries = [replace(EMPTY, counts=table) for table in tables]
    assert list(map(bits, unstack(stack(summaries)))) == list(map(bits, summaries))


def test_small_counts_take_two_bytes_and_few_large_ones_little_more():
    small = [replace(EMPTY, counts=np.full(SHAPE, 7))] * 30
    large = replace(EMPTY, counts=np.full(SHAPE, 10**6))
    size = sum(each.nbytes for name, each in stack(small).items() if name.startswith("counts"))
    with_large = sum(
        each.nbytes for name, each in stack([*small, large]).items() if name.startswith("counts")
    )
    cells = SHAPE[0] * SHAPE[1]
    assert size == 30 * cells * 2
    assert with_large <= size + cells * 4 + 8


def test_outlying_records_come_back_and_files_without_them_had_none():
    some = [EMPTY, replace(EMPTY, outlying=3)]
    assert [each.outlying for each in unstack(stack(some))] == [0, 3]
    assert "outlying" not in stack([EMPTY])
    assert unstack(stack([EMPTY]))[0].outlying == 0
