"""Event times: every unit to whole milliseconds, one by one and in columns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.decode.event_time import INVALID, MISSING, column_of, milliseconds
from monitor.schema import TimeUnit

NOW_MS = 1_767_571_200_053


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (1767571200, "s", 1_767_571_200_000),
        (1767571200.053, "s", NOW_MS),
        (NOW_MS, "ms", NOW_MS),
        (NOW_MS + 0.9, "ms", NOW_MS),
        (1767571200053999, "us", NOW_MS),
        (1767571200053999.0, "us", NOW_MS),
        (1767571200053999999, "ns", NOW_MS),
        ("2026-01-05T00:00:00.053Z", "iso8601", NOW_MS),
        ("2026-01-05T00:00:00.053999", "iso8601", NOW_MS),
        ("2026-01-05T01:00:00.053+01:00", "iso8601", NOW_MS),
        ("2026-01-05", "iso8601", 1_767_571_200_000),
        (0, "ms", 0),
        (7_258_118_399_999, "ms", 7_258_118_399_999),
        (7_258_118_400_000, "ms", INVALID),
        (-1, "ms", INVALID),
        (-0.001, "s", INVALID),
        (1e300, "s", INVALID),
        (10**40, "ns", INVALID),
        ("1969-12-31T23:59:59Z", "iso8601", INVALID),
        ("0001-01-01T00:00:00+14:00", "iso8601", INVALID),
        ("tomorrow", "iso8601", INVALID),
        (None, "ms", MISSING),
    ],
)
def test_a_time_in_any_unit_is_whole_milliseconds(value, unit, expected):
    assert milliseconds(value, TimeUnit(unit)) == expected


numbers = st.one_of(
    st.integers(-(10**19), 10**19),
    st.integers(0, 10**19),
    st.integers(1_767_571_200, 1_767_571_300),
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(0, 8e9),
    st.floats(0, 8e18),
    st.sampled_from(
        [7_258_118_400 * scale + ahead for scale in (1, 10**3, 10**6, 10**9) for ahead in (-1, 0)]
    ),
    st.none(),
)
moments = st.one_of(
    st.datetimes(timezones=st.one_of(st.none(), st.timezones())).map(str),
    st.text(max_size=3),
    st.none(),
)


@given(
    values=st.one_of(
        st.lists(st.one_of(numbers)),
        st.lists(st.integers(0, 10**19)),
        st.lists(st.floats(0, 1e20)),
    ),
    unit=st.sampled_from(list(TimeUnit)[:4]),
)
def test_a_column_of_numbers_is_each_number_s_time(values, unit):
    assert column_of(values, unit).tolist() == [milliseconds(value, unit) for value in values]


@given(st.one_of(st.lists(moments), st.lists(st.datetimes(timezones=st.timezones()).map(str))))
def test_a_column_of_texts_is_each_text_s_time(values):
    expected = [milliseconds(value, TimeUnit.ISO8601) for value in values]
    assert column_of(values, TimeUnit.ISO8601).tolist() == expected
