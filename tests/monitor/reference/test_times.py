"""Times are the same instants however a data file writes them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.decode.event_time import END_MS, PER_SECOND, milliseconds
from monitor.reference.times import times
from monitor.schema import TimeUnit

ISO = TimeUnit.ISO8601
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
instants = st.lists(st.integers(0, END_MS - 1), min_size=1, max_size=20)
UNITS = [TimeUnit.SECONDS, TimeUnit.MILLISECONDS, TimeUnit.MICROSECONDS, TimeUnit.NANOSECONDS]


@given(instants, st.sampled_from(UNITS), st.sampled_from([None, "UTC", "Europe/Berlin"]))
def test_arrow_timestamps_of_any_unit_and_zone_are_their_instant(found, unit, zone):
    numbers = [ms * PER_SECOND[unit] // 1_000 for ms in found]
    column = pa.array(numbers, pa.timestamp(unit, tz=zone))
    expected = [number * 1_000 // PER_SECOND[unit] for number in numbers]
    assert times(column, TimeUnit.SECONDS).tolist() == expected


@given(instants, st.sampled_from([ISO, *UNITS]))
def test_iso_texts_are_their_instant_whatever_the_unit(found, unit):
    texts = [(EPOCH + timedelta(milliseconds=ms)).isoformat() for ms in found]
    assert times(pa.array(texts), unit).tolist() == found
    assert times(texts, unit).tolist() == found


@given(instants, st.sampled_from(UNITS))
def test_numbers_are_in_the_schemas_unit_as_in_live_records(found, unit):
    numbers = [ms * PER_SECOND[unit] // 1_000 for ms in found]
    expected = [milliseconds(number, unit) for number in numbers]
    assert times(pa.array(numbers, pa.int64()), unit).tolist() == expected
    assert times([str(number) for number in numbers], unit).tolist() == expected
    assert times([*numbers, None], unit).tolist() == [*expected, -1]


@given(st.lists(st.integers(10**11, END_MS - 1), min_size=1))
def test_numbers_in_no_unit_are_ms(found):
    assert times(found, ISO).tolist() == found
    assert times([str(ms) for ms in found], ISO).tolist() == found
    assert times([Decimal(ms) for ms in found], ISO).tolist() == found


def test_dates_are_their_midnight():
    days = [0, 20_000]
    for kind in (pa.date32(), pa.date64()):
        column = pa.array(days, pa.int32()).cast(pa.date32()).cast(kind)
        assert times(column, ISO).tolist() == [0, 20_000 * 86_400_000]


def test_dictionaries_are_their_values():
    column = pa.array(["2026-01-05", "2026-01-05", None]).dictionary_encode()
    assert times(column, ISO).tolist() == [1_767_571_200_000] * 2 + [-1]


@pytest.mark.parametrize("value", [None, True, "soon", "", -5, float("nan"), 1e300, [], {}, 10**40])
def test_what_is_no_time_is_negative(value):
    assert times([value, 5], ISO).tolist()[1] == 5
    assert times([value, 5], ISO)[0] < 0
    assert times([value, "2026-01-05"], TimeUnit.SECONDS)[0] < 0


def test_arrow_columns_without_a_time_are_negative():
    for column in (pa.nulls(2), pa.array([True, False]), pa.array([None, -1], pa.timestamp("us"))):
        assert (times(column, TimeUnit.SECONDS) < 0).all()
