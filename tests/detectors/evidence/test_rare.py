import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import betaln, gammaln

from detectors.cells import WIDTH
from detectors.evidence.rare import ALTERNATIVES, RareBins
from detectors.evidence.streams import Kind


def rare_bin(count, records, prior=0.5):
    return RareBins(
        np.array([0]), np.array([5]), np.array([count]), np.array([prior]), (Kind.SPIKE,), records
    )


@pytest.mark.parametrize(("count", "records", "prior"), [(200, 1000, 0.5), (3000, 10_000, 0.5)])
def test_the_mean_of_a_bayes_factor_under_the_references_posterior_is_one(count, records, prior):
    # only the largest alternative is more than twice the share, so the best is that one alone
    bins, window = rare_bin(count, records, prior), 400
    assert bins.bets == 1
    found = np.arange(window + 1.0)
    chance = (
        gammaln(window + 1)
        - gammaln(found + 1)
        - gammaln(window - found + 1)
        + betaln(found + count + prior, window - found + records - count + 0.5)
        - betaln(count + prior, records - count + 0.5)
    )
    factors = bins.log_factors(np.zeros(window + 1, dtype=int), found, np.full(window + 1, window))
    assert np.exp(chance + factors).sum() == pytest.approx(1, rel=1e-9)


def test_a_bayes_factor_matches_the_hand_computed_value():
    # none in 99 records, 2 of 2 in the window: q^2 / (B(2.5, 99.5) / B(0.5, 99.5)) at q = 0.9,
    # and B(2.5, b) / B(0.5, b) = (0.5 * 1.5) / ((b + 0.5) (b + 1.5))
    factor = rare_bin(0, 99).log_factors(np.array([0]), np.array([2.0]), np.array([2.0]))
    assert factor[0] == pytest.approx(np.log(0.9**2 / (0.75 / (100 * 101))))


@given(
    st.integers(0, 40),
    st.integers(1000, 50_000),
    st.integers(1, 100_000),
    st.floats(0, 0.2),
    st.floats(6, 20),
)
def test_the_quick_bound_passes_over_no_bayes_factor_that_is_needed(
    count, records, window, share, needed
):
    bins = rare_bin(count, records)
    found = np.array([float(round(window * share))])
    size = np.array([float(window)])
    factor = bins.log_factors(np.array([0]), found, size)[0]
    looked = bins.worth_a_look(found[None], size, np.array([[needed]]))[0, 0]
    assert looked or factor < needed


def test_only_shares_well_above_the_references_are_bet_on():
    assert rare_bin(0, 100_000).bets == len(ALTERNATIVES)
    assert rare_bin(100, 10_000).bets == 4


def test_bins_outside_the_range_never_seen_and_missing_are_rare():
    counts, used = np.zeros((2, WIDTH), dtype=np.int64), np.zeros((2, WIDTH), dtype=bool)
    counts[0, 1:4], used[0, :5] = 1000, True
    counts[1, :2], used[1, [0, 1, -2, -1]] = 1500, True
    used[0, -1] = True
    rare = RareBins.of(counts, used, numeric=1)
    assert list(zip(rare.row.tolist(), rare.column.tolist(), rare.kinds, strict=True)) == [
        (0, 0, Kind.OUTSIDE),
        (0, 4, Kind.OUTSIDE),
        (0, WIDTH - 1, Kind.MISSING),
        (1, WIDTH - 2, Kind.UNSEEN),
        (1, WIDTH - 1, Kind.MISSING),
    ]
    assert rare.prior.tolist() == [1, 1, 0.5, 0.5, 0.5]
