import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config.durations import (
    DURATION_UNITS,
    LARGEST_SIZE,
    LONGEST_DURATION_MS,
    SIZE_UNITS,
    format_duration,
    format_size,
    parse_duration,
    parse_size,
)


@given(st.integers(0, LONGEST_DURATION_MS))
def test_a_duration_survives_being_written_and_read(duration_ms):
    assert parse_duration(format_duration(duration_ms)) == duration_ms


@given(st.integers(0, LARGEST_SIZE))
def test_a_size_survives_being_written_and_read(size):
    assert parse_size(format_size(size)) == size


@given(st.integers(0, 3650), st.sampled_from(sorted(DURATION_UNITS)))
def test_a_duration_is_its_number_of_units(number, unit):
    assert parse_duration(f"{number}{unit}") == number * DURATION_UNITS[unit]


@given(st.integers(0, 1000), st.sampled_from(sorted(SIZE_UNITS)))
def test_a_size_is_its_number_of_units(number, unit):
    assert parse_size(f"{number}{unit}") == number * SIZE_UNITS[unit]


@given(st.integers(0, LONGEST_DURATION_MS))
def test_a_duration_is_written_in_the_largest_unit_that_fits(duration_ms):
    written = format_duration(duration_ms)
    number = int(written.rstrip("dhms"))
    larger = [
        size
        for size in DURATION_UNITS.values()
        if size * number > duration_ms >= size and duration_ms % size == 0
    ]
    assert larger == []


WORDS = st.text(st.characters(exclude_categories=["Nd"]))


@given(st.one_of(WORDS, st.floats(), st.none(), st.booleans(), st.integers(max_value=-1)))
def test_anything_else_is_refused_in_words(value):
    for parse, kind in ((parse_duration, "a duration"), (parse_size, "a size")):
        with pytest.raises(ValueError, match=f"is not {kind}; a whole number and one of"):
            parse(value)


@pytest.mark.parametrize(
    ("written", "duration_ms"),
    [
        ("500ms", 500),
        ("30s", 30_000),
        ("1m", 60_000),
        ("6h", 21_600_000),
        ("30d", 2_592_000_000),
        ("0s", 0),
    ],
)
def test_the_documented_durations_are_read(written, duration_ms):
    assert parse_duration(written) == duration_ms


@pytest.mark.parametrize(
    ("written", "size"),
    [("100MB", 100_000_000), ("64KiB", 65_536), ("1GB", 10**9), (4096, 4096), ("4096", 4096)],
)
def test_the_documented_sizes_are_read(written, size):
    assert parse_size(written) == size


@pytest.mark.parametrize("value", ["30", "1.5h", "1h30m", "30 s", "s", "", "30S", "30s\n", "٣s"])
def test_what_only_looks_like_a_duration_is_refused(value):
    with pytest.raises(ValueError, match="is not a duration; a whole number and one of ms, s, m"):
        parse_duration(value)


def test_a_negative_duration_is_refused_as_negative():
    with pytest.raises(ValueError, match="'-30s' is negative"):
        parse_duration("-30s")


def test_a_duration_too_long_for_arithmetic_in_ms_is_refused():
    with pytest.raises(ValueError, match="'4000000d' is too long; at most 3650d"):
        parse_duration("4000000d")
