"""Summaries are a commutative monoid of facts: no cut and no order changes a bit."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.cells import MISSING, OTHER, TOP_LEVELS, UNSEEN
from detectors.grids import SUM_GRID
from detectors.summarise import summarise
from detectors.summary import Summary, total
from tests.detectors.strategies import (
    Table,
    bits,
    columns_of,
    profile_of,
    rows,
    summary_of,
    tables,
)


@given(tables(), tables(), tables())
def test_adding_summaries_is_associative_and_commutative(a, b, c):
    profile = profile_of(a)
    x, y, z = (
        summary_of(profile, replace(each, offsets=np.arange(start, start + len(each))))
        for each, start in ((a, 0), (b, 100), (c, 200))
    )
    assert bits((x + y) + z) == bits(x + (y + z))
    assert bits(x + y) == bits(y + x)


@given(tables())
def test_the_summary_of_nothing_is_the_identity(table):
    profile = profile_of(table)
    summary, nothing = summary_of(profile, table), Summary.empty(profile)
    assert bits(summary + nothing) == bits(summary) == bits(nothing + summary)


@given(tables(), st.data())
def test_no_cut_and_no_order_of_the_records_changes_a_bit(table, data):
    profile = profile_of(table)
    columns = columns_of(profile, table)
    order = np.array(data.draw(st.permutations(range(len(table)))))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(table)), max_size=4)))
    parts = [summarise(profile, rows(columns, part)) for part in np.split(order, cuts)]
    assert bits(total(parts)) == bits(summarise(profile, columns))


def test_cuts_of_many_records_agree_bit_for_bit():
    rng = np.random.default_rng(1)
    n = 10_000
    table = Table(
        numeric={"x": rng.standard_cauchy(n) * 1e6, "y": rng.normal(size=n)},
        categorical={"plan": rng.choice(["a", "b"], n).tolist()},
        embeddings={"text": rng.normal(size=(n, 16))},
        score=rng.random(n),
    )
    profile = profile_of(table)
    columns = columns_of(profile, table)
    whole = bits(summarise(profile, columns))
    for pieces in (2, 3, 7, 1000):
        parts = np.array_split(rng.permutation(n), pieces)
        assert bits(total([summarise(profile, rows(columns, part)) for part in parts])) == whole


def test_the_summary_of_no_records_is_empty():
    table = Table({"x": np.arange(9.0)}, {"plan": list("aabbccabc")}, {"text": np.ones((9, 2))})
    profile = profile_of(table)
    nothing = rows(columns_of(profile, table), np.zeros(0, dtype=np.int64))
    assert bits(summarise(profile, nothing)) == bits(Summary.empty(profile))


def test_every_record_is_counted_once_in_every_feature():
    table = Table(
        numeric={"x": np.array([0.0, 1.0, np.nan, 2.0, 1e9])},
        categorical={"plan": ["a", None, "a", "b", "b"]},
    )
    profile = profile_of(Table({"x": np.array([0.0, 1.0, 2.0])}, {"plan": ["a", "a", "b"]}))
    summary = summary_of(profile, table)
    assert summary.records == 5
    assert summary.counts.sum(axis=1).tolist() == [5, 5]
    assert summary.missing.tolist() == [1, 1]
    assert summary.value_bins.total.tolist() == [4, 4]
    assert (summary.low[0], summary.high[0]) == (0.0, 1e9)
    assert summary.outside.tolist() == [1]


def test_levels_beyond_the_top_ones_are_counted_as_other_or_never_seen():
    seen = [f"level{k:02d}" for k in range(TOP_LEVELS + 2) for _ in range(30 - k)]
    profile = profile_of(Table(categorical={"plan": seen}))
    window = ["level00", "level15", "level16", "new", None]
    summary = summary_of(profile, Table(categorical={"plan": window}))
    told = {column: int(summary.counts[0, column]) for column in (0, OTHER, UNSEEN, MISSING)}
    assert told == {0: 1, OTHER: 2, UNSEEN: 1, MISSING: 1}
    assert summary.unseen.tolist() == [1]


def test_sums_and_squares_are_those_of_the_standardised_values():
    values = np.array([1.0, 2.0, 3.0, 4.0, 5.0, np.nan])
    profile = profile_of(Table({"x": values}))
    summary = summary_of(profile, Table({"x": values}))
    standard = (values[:5] - 3.0) / profile.scale
    assert summary.sums[0] / SUM_GRID == pytest.approx(standard.sum(), abs=5 / SUM_GRID)
    assert summary.squares[0] / SUM_GRID**2 == pytest.approx((standard**2).sum(), rel=2e-3)


def test_the_largest_floats_are_counted_as_far_out():
    profile = profile_of(Table({"x": np.arange(100.0)}))
    farthest = np.array([1.7e308, -1.7e308])
    summary = summary_of(profile, Table({"x": farthest}))
    assert summary.sums.tolist() == [0]
    assert summary.squares.tolist() == [2 * int(64 * SUM_GRID) ** 2]
    assert summary.high.tolist() == [1.7e308]


def test_values_that_could_not_be_used_are_counted_for_their_feature():
    table = Table(
        numeric={"x": np.array([np.nan, 1.0])},
        categorical={"plan": ["a", None]},
        embeddings={"text": np.array([[np.nan, np.nan], [1.0, 2.0]])},
        invalid=np.array([[0, 0], [1, 1], [0, 2]]),
    )
    summary = summary_of(profile_of(table), table)
    assert summary.invalid.tolist() == [1, 1, 1]
    assert summary.kernel_records.tolist() == [2, 1]
