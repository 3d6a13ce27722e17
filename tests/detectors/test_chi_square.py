"""Two-sample chi-square over its degrees of freedom."""

import numpy as np
import pytest
from hypothesis import given
from numpy.testing import assert_allclose
from scipy.stats import chi2, chi2_contingency, kstest

from detectors.chi_square import ChiSquarePerDf, chi_square
from detectors.counts import Counts
from tests.detectors.strategies import counts, drift_free, mean_and_error


@given(counts(1, 6), counts(1, 6))
def test_the_statistic_is_scipys_over_the_bins_in_use(a, b):
    used = a.used_with(b)[0]
    table = np.stack([a.values[0, used], b.values[0, used]])
    expected = chi2_contingency(table, correction=False)
    assert_allclose(chi_square(a, b), [expected.statistic], rtol=1e-9, atol=1e-9)
    assert_allclose(
        ChiSquarePerDf()(a, b), [expected.statistic / max(expected.dof, 1)], rtol=1e-9, atol=1e-9
    )


def test_the_statistic_matches_the_hand_computed_value():
    # Expected 62.5 and 37.5 on both sides: 2 (12.5^2 / 62.5 + 12.5^2 / 37.5) = 13.333...
    assert ChiSquarePerDf()(Counts([[50, 50]]), Counts([[75, 25]])) == pytest.approx([40 / 3])


def test_the_statistic_grows_with_the_records_where_the_shares_differ():
    small, large = Counts([[50, 50], [75, 25]]), Counts([[500, 500], [750, 250]])
    value = [chi_square(Counts(c.values[:1]), Counts(c.values[1:]))[0] for c in (small, large)]
    assert value[1] == pytest.approx(10 * value[0])


@pytest.mark.parametrize("m", [500, 20_000])
def test_drift_free_data_show_one_per_degree_of_freedom(m):
    shares = [0.3, 0.22, 0.16, 0.12, 0.1, 0.05, 0.03, 0.02]
    a, b = drift_free(shares, 20_000, m, runs=2000, seed=m)
    mean, error = mean_and_error(ChiSquarePerDf()(a, b))
    assert ChiSquarePerDf().noise(a, b).mean() == pytest.approx(mean, abs=4 * error)
    assert kstest(chi_square(a, b), chi2(7).cdf).pvalue > 0.01
