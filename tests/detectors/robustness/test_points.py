"""Records become points and points become records that could be."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.robustness.points import Points
from detectors.robustness.space import Values
from detectors.robustness.table import Table
from detectors.robustness.threat import Norm
from tests.detectors.robustness.spaces import SPACE, tables

seeds = st.integers(0, 2**32)


def same(first, second):
    return all(
        np.array_equal(first[name], second[name], equal_nan=first[name].dtype == float)
        for name in first
    )


@given(tables())
def test_points_that_nobody_moved_are_their_records_to_the_bit(table):
    points = Points.of(SPACE, table)
    back = points.table(points.origins, np.arange(len(table)))
    assert same(back.columns, table.columns)


@given(tables(), seeds)
def test_whatever_an_attack_asks_for_becomes_a_record_that_could_be(table, seed):
    rng = np.random.default_rng(seed)
    points = Points.of(SPACE, table)
    places = rng.integers(0, len(table), 20)
    moved = points.origins[places] + rng.normal(scale=3.0, size=(20, points.origins.shape[1]))
    found = points.table(moved, places)
    parents = table.take(places)
    for feature in SPACE.mutable(Values.NUMERIC):
        column, old = found.columns[feature.name], parents.columns[feature.name]
        assert (np.isnan(column) == np.isnan(old)).all()
        known = ~np.isnan(column)
        assert (column[known] >= feature.low).all()
        assert (column[known] <= feature.high).all()
        if feature.integer:
            assert (column == np.round(column)).all()
    assert (found.columns["plan_a"] + found.columns["plan_b"] == 1).all()
    assert (found.columns["origin"] == parents.columns["origin"]).all()
    assert (found.columns["remark"] == parents.columns["remark"]).all()
    known = np.isin(parents.columns["colour"].astype(str), ["red", "green", "blue"])
    assert set(found.columns["colour"][known]) <= {"red", "green", "blue"}
    assert (found.columns["colour"][~known] == parents.columns["colour"][~known]).all()


@given(tables(), seeds)
def test_rounding_integers_makes_no_change_larger(table, seed):
    rng = np.random.default_rng(seed)
    points = Points.of(SPACE, table)
    places = np.arange(len(table))
    moved = points.origins + rng.normal(size=points.origins.shape)
    read = points.read(points.table(moved, places), places)
    age = points.columns.index("age")
    changes = np.abs(read - points.origins)[:, age]
    assert (changes <= np.abs(moved - points.origins)[:, age] + 1e-9).all()


@given(tables(), seeds)
def test_what_is_read_back_is_what_is_sent_again(table, seed):
    rng = np.random.default_rng(seed)
    points = Points.of(SPACE, table)
    places = np.arange(len(table))
    sent = points.table(points.origins + rng.normal(size=points.origins.shape), places)
    again = points.table(points.read(sent, places), places)
    for name, column in sent.columns.items():
        if column.dtype == float:
            assert again.columns[name] == pytest.approx(column, nan_ok=True, abs=1e-9)
        else:
            assert (again.columns[name] == column).all()


@given(tables())
def test_every_record_lies_in_its_own_threat_set(table):
    points = Points.of(SPACE, table)
    threat = points.threat(Norm.L2, 1.0)
    assert (threat.low <= points.origins).all()
    assert (points.origins <= threat.high).all()
    assert (threat.low[points.frozen] == threat.high[points.frozen]).all()


def test_a_changed_category_counts_as_the_root_of_two_in_l2_and_as_one_in_linf():
    table = Table({name: column[:1] for name, column in one_record().columns.items()})
    points = Points.of(SPACE, table)
    colour = points.columns.index("colour")
    moved = points.origins.copy()
    moved[0, colour] = 2.0
    assert points.threat(Norm.L2, 1.0).distance(moved, points.origins) == pytest.approx([2**0.5])
    assert points.threat(Norm.LINF, 1.0).distance(moved, points.origins) == pytest.approx([1.0])


def one_record():
    return Table(
        {
            "income": np.array([40.0]),
            "age": np.array([50.0]),
            "origin": np.array([1.0]),
            "plan_a": np.array([1.0]),
            "plan_b": np.array([0.0]),
            "colour": np.array(["red"], object),
            "member": np.array([True], object),
            "vector": np.array([[0.0, 0.0]]),
            "remark": np.array(["none"], object),
        }
    )
