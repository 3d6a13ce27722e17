"""The few bins of a feature that people look at."""

import numpy as np
import pytest
from hypothesis import given

from detectors.coarse import MOST_BINS, CoarseBins, range_names
from tests.detectors.strategies import Table, profile_of, summary_of, tables


def coarse_of(table: Table) -> tuple[CoarseBins, np.ndarray]:
    """Return the bins of a reference of these columns, and its own counts."""
    profile = profile_of(table)
    counts = summary_of(profile, table).counts
    return CoarseBins.of(profile, counts), counts


def test_a_numeric_feature_has_bins_below_inside_above_and_missing():
    bins, counts = coarse_of(Table({"x": np.arange(3200.0)}))
    (names,) = bins.names
    assert names[:3] == ("01: below 0", "02: 0 to 499", "03: 499 to 899")
    assert names[-2:] == ("09: above 3199", "10: missing")
    (shares,) = bins.shares(counts, np.array([0]))
    assert shares[[0, 8, 9]].tolist() == [0, 0, 0]
    assert shares[1:8] == pytest.approx(np.full(7, 1 / 7), abs=0.02)


def test_values_beyond_the_reference_and_missing_ones_are_in_bins_of_their_own():
    before = Table({"x": np.arange(3200.0)})
    profile = profile_of(before)
    bins = CoarseBins.of(profile, summary_of(profile, before).counts)
    after = Table({"x": np.array([-1.0, 5000.0, 5000.0, np.nan])})
    (shares,) = bins.shares(summary_of(profile, after).counts, np.array([0]))
    assert shares.tolist() == [0.25, 0, 0, 0, 0, 0, 0, 0, 0.5, 0.25]


def test_a_feature_of_few_values_has_a_bin_for_each():
    bins, counts = coarse_of(Table({"x": np.repeat([1.0, 2.0, 5.0], 100)}))
    names = bins.names[0]
    assert (names[1], names[-3]) == ("02: 1", "06: 5")
    shares = dict(zip(names, bins.shares(counts, np.array([0]))[0].tolist(), strict=False))
    assert sorted(shares.values())[-3:] == pytest.approx([1 / 3] * 3)


def test_a_feature_that_the_reference_never_had_has_one_bin_for_values():
    bins, _ = coarse_of(Table({"x": np.full(5, np.nan)}))
    assert bins.names == (("01: any value", "02: missing"),)


def test_categories_are_named_the_most_frequent_first():
    plans = [*["free"] * 5, *["pro"] * 3, "team", None]
    bins, counts = coarse_of(Table(categorical={"plan": plans}))
    assert bins.names == (("01: free", "02: pro", "03: team", "04: never seen", "05: missing"),)
    assert bins.shares(counts, np.array([0]))[0, :5].tolist() == [0.5, 0.3, 0.1, 0, 0.1]


def test_what_is_not_among_the_most_frequent_categories_is_one_bin():
    levels = [f"level {number:02}" for number in range(30) for _ in range(60 - number)]
    bins, counts = coarse_of(Table(categorical={"city": levels}))
    (names,) = bins.names
    assert len(names) == MOST_BINS
    assert names[0] == "01: level 00"
    assert names[7:] == ("08: rarer ones", "09: never seen", "10: missing")
    (shares,) = bins.shares(counts, np.array([0]))
    assert shares[7] == pytest.approx(sum(60 - number for number in range(7, 30)) / len(levels))


def test_a_long_category_is_cut():
    (names,) = coarse_of(Table(categorical={"url": ["/" + "x" * 500] * 3}))[0].names
    assert names[0] == "01: /" + "x" * 38 + "…"


def test_a_feature_without_a_record_has_no_shares():
    bins, counts = coarse_of(Table({"x": np.arange(10.0)}))
    assert np.isnan(bins.shares(np.zeros_like(counts), np.array([0]))).all()


@given(tables())
def test_every_record_is_in_one_of_at_most_ten_bins_whose_names_sort_in_order(table):
    bins, counts = coarse_of(table)
    rows = np.arange(len(bins.names))
    shares = bins.shares(counts, rows)
    for names, share in zip(bins.names, shares, strict=True):
        assert 2 <= len(names) <= MOST_BINS
        assert list(names) == sorted(names)
        assert share[len(names) :].sum() == 0
        assert share.sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("edges", "names"),
    [
        ([0.0, 154_123.4, 2e6], ["below 0", "0 to 154100", "154100 to 2e+06", "above 2e+06"]),
        ([-5e-324, 0.0, 1e-7], ["below 0", "0", "0 to 1e-07", "above 1e-07"]),
        (
            [1_767_571_200_000.0, 1_767_571_260_000.0],
            [
                "below 1.7675712e+12",
                "1.7675712e+12 to 1.7675713e+12",
                "above 1.7675713e+12",
            ],
        ),
    ],
)
def test_edges_are_told_in_as_few_digits_as_tell_them_apart(edges, names):
    assert range_names(np.array(edges)) == names
