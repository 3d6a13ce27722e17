"""Scores in fixed bins."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from detectors.estimation.score_counts import (
    BINS,
    EDGES,
    MIDDLES,
    LabelledCounts,
    ScoreCounts,
    bins_of,
)

SCORES = arrays(np.float64, st.integers(0, 60), elements=st.floats(0, 1))


@given(SCORES)
def test_every_score_lies_between_the_edges_of_its_bin(scores):
    bins = bins_of(scores)
    assert (EDGES[bins] <= scores).all()
    assert ((scores < EDGES[bins + 1]) | (scores == 1)).all()


def test_bins_are_symmetric_and_half_is_an_edge():
    np.testing.assert_array_equal(EDGES, 1 - EDGES[::-1])
    np.testing.assert_array_equal(MIDDLES, 1 - MIDDLES[::-1])
    assert EDGES[BINS // 2] == 0.5


def test_bins_are_narrow_at_the_ends_and_nowhere_wider_than_a_160th():
    widths = np.diff(EDGES)
    assert widths[0] < 4e-5
    assert widths.max() < 1 / 160


@given(SCORES, st.integers(0, 60), st.integers(0, 2**32 - 1))
def test_counts_of_parts_add_up_to_the_counts_of_the_whole(scores, cut, seed):
    rng = np.random.default_rng(seed)
    predicted, positive = rng.random((2, len(scores))) < 0.5
    whole = LabelledCounts.of(scores, predicted, positive)
    parts = [
        LabelledCounts.of(scores[part], predicted[part], positive[part])
        for part in (slice(None, cut), slice(cut, None))
    ]
    for summed in (parts[0] + parts[1], parts[1] + parts[0] + LabelledCounts.empty()):
        assert summed.records.tobytes() == whole.records.tobytes()
        assert summed.positives.tobytes() == whole.positives.tobytes()
    assert ((parts[0] + parts[1]) - parts[1]).records.tolist() == parts[0].records.tolist()
    assert (whole.scores + ScoreCounts.empty()).records.tolist() == whole.records.tolist()


def test_records_are_counted_by_predicted_class():
    counts = LabelledCounts.of(
        np.array([0.0, 0.9, 1.0, np.nan]),
        np.array([False, True, True, True]),
        np.array([True, False, True, True]),
    )
    assert counts.records.sum(axis=1).tolist() == [1, 2]
    assert counts.positives.sum(axis=1).tolist() == [1, 1]
    assert counts.records[0, 0] == counts.records[1, BINS - 1] == 1


@pytest.mark.parametrize("wrong", [-0.01, 1.5, np.inf])
def test_a_score_that_is_no_probability_is_refused(wrong):
    with pytest.raises(ValueError, match=f"scores are probabilities in .0, 1., and {wrong} is not"):
        ScoreCounts.of(np.array([0.5, wrong]), np.array([True, True]))
