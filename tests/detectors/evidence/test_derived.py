import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from detectors.directions import Directions
from detectors.evidence.dense import Dense, whitening_of
from detectors.evidence.derived import Derivation
from detectors.evidence.streams import Kind
from tests.detectors.evidence.streams_of_data import draw


@pytest.fixture(scope="module")
def derivation():
    reference = np.rint(draw(np.random.default_rng(1), 4000, features=8).numeric * 1024) / 1024
    return Derivation.of(Directions.fit(reference[::2]), reference[1::2])


def closed(derivation, records):
    return derivation.closed(derivation.directions.sums(records), len(records))


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 200), max_size=4))
def test_derived_sums_do_not_depend_on_how_records_are_cut(derivation, seed, cuts):
    records = draw(np.random.default_rng(seed), 200, features=8).numeric
    records = np.rint(records * 1024) / 1024
    ends = sorted([0, *cuts, 200])
    parts = [derivation.directions.sums(records[a:b]) for a, b in itertools.pairwise(ends)]
    total = parts[-1]
    for part in parts[:-1]:
        total = total + part
    whole = derivation.directions.sums(records)
    for name in ("values", "projected", "lengths", "counts"):
        assert np.array_equal(getattr(total, name), getattr(whole, name))


def test_a_block_that_only_moved_has_the_lengths_of_the_reference(derivation):
    records = draw(np.random.default_rng(2), 2000, features=8).numeric
    still = closed(derivation, records)[-2:] / 2000
    moved = closed(derivation, records + 0.2)[-2:] / 2000
    assert_allclose(moved, still, atol=0.02)


def test_a_block_that_lost_its_correlation_has_longer_ones(derivation):
    records = np.random.default_rng(3).standard_normal((2000, 8))
    assert closed(derivation, records)[-2] / 2000 > 0.2


def test_no_record_has_no_sums(derivation):
    assert not closed(derivation, np.zeros((0, 8))).any()


def test_missing_values_count_as_the_centre(derivation):
    extra = closed(derivation, np.full((50, 8), np.nan))
    assert np.isfinite(extra).all()


def test_a_small_reference_keeps_leading_directions_only():
    reference = draw(np.random.default_rng(4), 200, features=8).numeric
    assert Directions.fit(reference[::2]).projection.shape == (8, 4)
    assert len(whitening_of(np.eye(8), 150)) == 3
    assert len(whitening_of(np.eye(8), 49)) == 0


def test_too_few_columns_or_records_have_no_directions():
    rng = np.random.default_rng(6)
    assert Directions.fit(rng.standard_normal((1000, 1))) is None
    assert Directions.fit(rng.standard_normal((99, 8))) is None


def test_whitened_scores_have_unit_covariance():
    rng = np.random.default_rng(5)
    factor = rng.standard_normal((6, 6))
    covariance = factor @ factor.T
    white = whitening_of(covariance, 10_000)
    assert_allclose(white @ (covariance + 0.02 * np.eye(6)) @ white.T, np.eye(6), atol=1e-8)


def test_the_dense_log_ratio_matches_the_hand_computed_value():
    # one dimension, h m = 100, mean 0.5: at tau = 0.1 the gain is 1, so -log(2)/2 + 25/4
    dense = Dense(Kind.LOCATION, slice(0, 1), np.eye(1))
    value = dense.log_factors(np.array([0.25]), np.array([100.0]))
    assert value[0] == pytest.approx(-np.log(2) / 2 + 25 / 4)
