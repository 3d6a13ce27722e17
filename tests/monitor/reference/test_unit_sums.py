"""Sums of units are those of each unit's own rows, in any order and cut."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from detectors.columns import Columns
from detectors.directions import Directions
from detectors.summarise import summarise
from monitor.reference import unit_sums
from monitor.reference.unit_sums import UnitSums, most_units
from monitor.reference.units import Units
from tests.monitor.engine.logs import PROFILE
from tests.monitor.reference.data import DERIVED

LENGTH = 10
UNITS = Units.of(LENGTH, False, 50, 119, most=100)
STANDARD = np.random.default_rng(1).standard_normal((400, 2)).round(2)
DIRECTED = replace(PROFILE, directions=Directions.fit(STANDARD))


def columns_of(values, codes) -> Columns:
    places = np.arange(len(values))
    return Columns(
        numeric=values,
        codes=codes.astype(np.int16)[:, None],
        embeddings=(),
        invalid=np.zeros((0, 2), dtype=np.int64),
        score=np.zeros(len(values)),
        hashes=places.astype(np.uint64),
        times=places,
        partitions=places,
        offsets=places,
    )


rows = st.lists(
    st.tuples(
        st.one_of(st.just(-1), st.integers(50, 119)),
        st.integers(0, 1),
        st.one_of(st.just(float("nan")), st.floats(-9, 9)),
        st.sampled_from([0, 1, 34, 35]),
    ),
    max_size=40,
)


@given(rows, st.sampled_from([PROFILE, DIRECTED]), st.integers(1, 9), st.randoms())
@settings(max_examples=40, deadline=None)
def test_units_hold_what_summarise_makes_of_their_rows(rows, profile, most, random):
    sums = UnitSums(profile, UNITS, segments=2)
    shuffled = random.sample(rows, len(rows))
    for start in range(0, len(rows), most):
        sums.add(*_arrays(shuffled[start : start + most]))
    for segments in ([0], [1], [0, 1]):
        held = []
        for place in range(UNITS.count):
            own = [row for row in rows if row[1] in segments and row[0] // LENGTH == 5 + place]
            alone = summarise(profile, _arrays(own)[0])
            found = sums.summary(segments, place)
            assert found.records == len(own)
            assert_array_equal(found.counts, alone.counts)
            for name in DERIVED:
                assert_array_equal(getattr(found.derived, name), getattr(alone.derived, name))
            held += [place] if own else []
        assert sums.held(segments).tolist() == held


def _arrays(rows):
    times, segments = (np.array([row[at] for row in rows], dtype=np.int64) for at in (0, 1))
    values = np.array([[row[2], 1.0] for row in rows]).reshape(-1, 2)
    return columns_of(values, np.array([row[3] for row in rows])), times, segments


def test_more_rows_of_a_unit_than_16_bits_hold_are_counted():
    sums = UnitSums(DIRECTED, UNITS, segments=1)
    batch = columns_of(np.zeros((40_000, 2)), np.zeros(40_000))
    for _ in range(2):
        sums.add(batch, np.full(40_000, 55), np.zeros(40_000, dtype=np.int64))
    found = sums.summary([0], 0)
    assert found.counts.sum(axis=1).tolist() == [80_000] * 3
    assert found.derived.counts.sum() == 80_000 * DIRECTED.directions.components


@given(st.integers(1, 10**6), st.integers(0, 10**9), st.floats(0, 200_000), st.integers(2, 500))
def test_units_are_whole_blocks_cover_all_rows_and_are_not_too_many(block, first, blocks, most):
    last = first + int(blocks * block)
    units = Units.of(block, False, first, last, most)
    assert units.length == units.blocks * block
    assert units.places(np.array([first, last, -1])).tolist() == [0, units.count - 1, -1]
    assert units.count <= most


@pytest.mark.parametrize(("most", "blocks"), [(100, 1), (99, 2), (50, 2), (34, 3), (10, 10)])
def test_units_are_as_short_as_their_number_allows(most, blocks):
    assert Units.of(60, False, 0, 100 * 60 - 1, most).blocks == blocks


@pytest.mark.parametrize("segments", [1, 21])
def test_the_sums_of_as_many_units_as_there_may_be_fit_in_memory(monkeypatch, segments):
    monkeypatch.setattr(unit_sums, "MOST_BYTES", 1 << 22)
    units = Units.of(60, False, 0, 10**9, most_units(DIRECTED, segments))
    tracemalloc.start()
    sums = UnitSums(DIRECTED, units, segments)
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sums.units is units
    assert (1 << 20) < taken < (1 << 22) + 20_000


def test_more_segments_mean_fewer_units():
    found = [most_units(DIRECTED, segments) for segments in (1, 5, 21, 200)]
    assert found == sorted(found, reverse=True)
    assert found[0] == 14 * 24 * 60
    assert found[2] * 21 <= 100_000
