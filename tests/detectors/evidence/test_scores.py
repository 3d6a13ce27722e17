import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose

from detectors.cells import MISSING, OTHER, UNSEEN, VALUE_BINS
from detectors.evidence.scores import (
    DELTAS,
    SMALLEST_SHARE,
    cumulants,
    order_scores,
    smoothed_shares,
    used_columns,
)
from tests.detectors.evidence.streams_of_data import draw, profile_of


def shares_of(counts):
    return counts / counts.sum(axis=1, keepdims=True)


@given(hnp.arrays(np.int64, (3, VALUE_BINS), elements=st.integers(0, 1000)))
def test_scores_have_mean_zero_unit_variance_and_no_correlation(counts):
    counts[:, 0] += 1
    shares = shares_of(counts)
    scores = order_scores(shares)
    kept = np.abs(scores).sum(axis=2) > 0
    assert_allclose(np.einsum("fk,fdk->fd", shares, scores), 0, atol=1e-8)
    gram = np.einsum("fk,fdk,fek->fde", shares, scores, scores)
    assert_allclose(gram, np.einsum("fd,de->fde", kept, np.eye(4)), atol=1e-6)


def test_the_location_score_of_two_equal_bins_is_minus_one_and_one():
    shares = np.zeros((1, VALUE_BINS))
    shares[0, 1:3] = 0.5
    scores = order_scores(shares)[0]
    assert_allclose(scores[0, 1:3], [-1, 1])
    assert not scores[1:].any()


def test_a_missing_share_keeps_the_variance_over_all_records():
    shares = np.zeros((1, VALUE_BINS))
    shares[0, 1:3] = 0.125
    location = order_scores(shares)[0, 0]
    assert_allclose(location[1:3], [-2, 2])
    assert (shares[0] * location**2).sum() == pytest.approx(1)


def test_scores_of_many_equal_bins_are_close_to_hermite_polynomials():
    shares = np.full((1, VALUE_BINS), 1 / VALUE_BINS)
    location, scale = order_scores(shares)[0, :2]
    middle = slice(5, -5)
    assert_allclose(scale[middle], (location[middle] ** 2 - 1) / np.sqrt(2), atol=0.12)


def test_a_bin_without_a_share_of_its_own_takes_the_scores_of_its_neighbour():
    shares = np.full((1, VALUE_BINS), 1 / 32)
    shares[0, [0, -1]] = SMALLEST_SHARE / 1e4
    shares /= shares.sum()
    scores = order_scores(shares)[0]
    assert_allclose(scores[:, 0], scores[:, 1])
    assert_allclose(scores[:, -1], scores[:, -2])
    assert np.abs(scores).max() < 10


def test_one_bin_or_no_value_has_no_score():
    shares = np.zeros((2, VALUE_BINS))
    shares[0, 3] = 1.0
    assert not order_scores(shares).any()


def test_the_cumulant_of_a_fair_coin_is_log_cosh():
    psi = cumulants(np.array([[0.5, 0.5]]), np.array([[-1.0, 1.0]]))
    assert_allclose(psi[0], np.log(np.cosh([DELTAS, DELTAS])))


def test_columns_in_use_are_bins_levels_unseen_and_missing():
    profile = profile_of(draw(np.random.default_rng(1), 1000, features=1))
    used = used_columns(profile)
    assert used[0].sum() == VALUE_BINS + 1
    assert np.flatnonzero(used[1]).tolist() == [0, 1, 2, 3, UNSEEN, MISSING]
    assert not used[1, OTHER]


def test_shares_are_smoothed_by_half_a_record():
    shares = smoothed_shares(np.array([[3, 0, 0]]), np.array([[True, True, False]]))
    assert_allclose(shares, [[3.5 / 4, 0.5 / 4, 0]])
