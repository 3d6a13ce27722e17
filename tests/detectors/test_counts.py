"""Counts in bins and the shares that statistics are made of."""

import numpy as np
import pytest
from hypothesis import given
from numpy.testing import assert_allclose

from detectors.chi_square import ChiSquarePerDf
from detectors.counts import Counts, sampling_variance
from detectors.cramers_v import CramersV
from detectors.hellinger import Hellinger
from detectors.jensen_shannon import JensenShannon
from detectors.ks import KS
from detectors.psi import PSI
from tests.detectors.strategies import counts

OF_COUNTS = [KS(), PSI(), JensenShannon(), Hellinger(), ChiSquarePerDf(), CramersV()]
every_statistic = pytest.mark.parametrize("statistic", OF_COUNTS, ids=lambda s: type(s).__name__)


@given(counts(3, 5))
def test_shares_of_a_feature_sum_to_one(a):
    assert_allclose(a.shares().sum(axis=1), 1.0)
    used = a.used_with(Counts.zeros(3, 5))
    assert_allclose(a.shares(used, 0.5).sum(axis=1), 1.0)
    assert (a.shares(used, 0.5)[~used] == 0).all()


def test_shares_of_nothing_are_not_a_number():
    assert np.isnan(Counts.zeros(1, 3).shares()).all()


@pytest.mark.parametrize(
    ("values", "message"),
    [([1, 2], r"shape \(2,\)"), ([[1, -1]], "never negative")],
)
def test_what_are_no_counts_is_refused(values, message):
    with pytest.raises(ValueError, match=message):
        Counts(values)


def test_the_variance_of_a_difference_is_unknown_without_records():
    variance = sampling_variance(np.array([4.0, 0.0, 4.0]), np.array([2.0, 2.0, 0.0]))
    assert_allclose(variance, [0.75, np.nan, np.nan])


@every_statistic
@given(a=counts(3, 8), b=counts(3, 8))
def test_every_statistic_is_symmetric_finite_and_never_negative(statistic, a, b):
    value = statistic(a, b)
    assert np.isfinite(value).all()
    assert (value >= 0).all()
    assert_allclose(value, statistic(b, a), atol=1e-12)


@every_statistic
@given(a=counts(3, 8))
def test_every_statistic_is_zero_for_equal_counts(statistic, a):
    assert statistic(a, a).tolist() == [0, 0, 0]


@every_statistic
@given(a=counts(2, 6), b=counts(2, 6))
def test_bins_that_stay_empty_change_nothing(statistic, a, b):
    padded = [Counts(np.pad(each.values, ((0, 0), (0, 4)))) for each in (a, b)]
    assert_allclose(statistic(*padded), statistic(a, b), atol=1e-12)
    assert_allclose(statistic.noise(*padded), statistic.noise(a, b), atol=1e-12)


@every_statistic
@given(a=counts(4, 6), b=counts(4, 6))
def test_features_do_not_see_one_another(statistic, a, b):
    together = statistic(a, b)
    for row in range(4):
        alone = statistic(Counts(a.values[[row]]), Counts(b.values[[row]]))
        assert_allclose(alone, together[[row]], rtol=1e-12)


@every_statistic
def test_an_empty_side_gives_no_number_and_no_warning(statistic):
    some, nothing = Counts([[1, 2], [3, 4]]), Counts([[0, 0], [3, 4]])
    for a, b in ((some, nothing), (nothing, some), (nothing, nothing)):
        assert np.isnan(statistic(a, b)).tolist() == [True, False]
        assert np.isnan(statistic.noise(a, b)).tolist() == [True, False]


@every_statistic
def test_where_one_bin_holds_everything_there_is_neither_drift_nor_noise(statistic):
    a, b = Counts([[0, 500, 0]]), Counts([[0, 3, 0]])
    assert statistic(a, b).tolist() == [0]
    assert statistic.noise(a, b).tolist() == [0]


@every_statistic
def test_one_record_is_enough_for_a_number(statistic):
    assert np.isfinite(statistic(Counts([[50, 50, 0]]), Counts([[0, 0, 1]]))).all()


@every_statistic
def test_windows_binned_differently_are_refused(statistic):
    with pytest.raises(ValueError, match=r"8 bins cannot be compared.*10 bins"):
        statistic(Counts.zeros(1, 10), Counts.zeros(1, 8))


@every_statistic
def test_large_counts_do_not_overflow(statistic):
    a, b = Counts([[2**52, 2**53, 0]]), Counts([[2**53, 2**52, 2**40]])
    assert np.isfinite(statistic(a, b)).all()
    assert np.isfinite(statistic.noise(a, b)).all()
