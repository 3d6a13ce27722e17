"""Columns become numbers, categories and vectors, whatever types a file gives them."""

import math
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from monitor.decode.category import category_text
from monitor.reference.values import chances, numbers, texts, vectors

NAN = math.nan


def decoded(found):
    return [None if code < 0 else found.levels[code] for code in found.codes.tolist()]


@given(st.lists(st.one_of(st.none(), st.floats(), st.integers(-(2**62), 2**62))))
def test_numbers_as_text_are_the_numbers(values):
    text = pa.array([None if value is None else str(value) for value in values], pa.string())
    found, unusable = numbers(text, integer=False, parse=True)
    usable = [value is not None and math.isfinite(value) for value in values]
    assert_array_equal(
        ~unusable, [value is None or good for value, good in zip(values, usable, strict=True)]
    )
    assert_array_equal(
        found, [float(v) if good else NAN for v, good in zip(values, usable, strict=True)]
    )


@given(st.lists(st.one_of(st.none(), st.text(), st.booleans(), st.integers(), st.floats())))
def test_a_mixed_column_has_the_text_of_each_category(values):
    found, unusable = texts(values, boolean=False, parse=False)
    good = [not isinstance(value, float) or math.isfinite(value) for value in values]
    assert_array_equal(unusable, [not each for each in good])
    assert decoded(found) == [
        category_text(value) if value is not None and each else None
        for value, each in zip(values, good, strict=True)
    ]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array([1, None, 3], pa.int8()), [1, NAN, 3]),
        (pa.array([1.5, None], pa.float32()), [1.5, NAN]),
        (pa.array([2**63 + 2**11], pa.uint64()), [2.0**63 + 2**11]),
        (pa.array([True, False, None]), [1, 0, NAN]),
        (pa.array([" 5 ", "+1e3", "", "0x10", "1_0"]), [5, 1000, NAN, NAN, NAN]),
        (pa.array(["7", "8"]).dictionary_encode(), [7, 8]),
        (pa.nulls(2), [NAN, NAN]),
        ([1, "2", 2**2000, [3], True], [1, 2, NAN, NAN, 1]),
        (pa.array([datetime(2026, 1, 1, tzinfo=UTC)]), [NAN]),
        (pa.array([[1.0]]), [NAN]),
    ],
)
def test_numbers_come_in_many_types(column, expected):
    assert_array_equal(numbers(column, integer=False, parse=True)[0], expected)


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array([5, None, 5], pa.int16()), ["5", None, "5"]),
        (pa.array([5.0, 0.5, NAN]), ["5", "0.5", None]),
        (pa.array([True, False]), ["true", "false"]),
        (pa.array(["a", "", None], pa.large_string()), ["a", "", None]),
        (pa.array(["a", "b", "a"]).dictionary_encode(), ["a", "b", "a"]),
        (pa.array([1.5, 2]).cast(pa.decimal128(4, 2)), ["1.5", "2"]),
        (pa.array([datetime(2026, 1, 1)]).cast(pa.date32()), ["2026-01-01"]),
        (pa.nulls(2), [None, None]),
        (pa.array([[1.0], None]), [None, None]),
        (pa.array([{"a": 1}]), [None]),
        (pa.array([b"a"]), [None]),
    ],
)
def test_categories_come_in_many_types(column, expected):
    assert decoded(texts(column, boolean=False, parse=False)[0]) == expected


@pytest.mark.parametrize(
    "kind", [pa.list_(pa.float32()), pa.large_list(pa.int64()), pa.list_(pa.float64(), 2)]
)
def test_vectors_come_in_many_types(kind):
    found, unusable = vectors(pa.array([[1, 2], None, [3, 4]], kind), 2, parse=True)
    assert_array_equal(found, [[1, 2], [NAN, NAN], [3, 4]])
    assert not unusable.any()


def test_vectors_in_csv_are_json():
    column = pa.array(["[1, 2.5]", "[1]", "nonsense", None, "[1, null]"])
    found, unusable = vectors(column, 2, parse=True)
    assert_array_equal(found[0], [1, 2.5])
    assert unusable.tolist() == [False, True, True, False, True]


def test_vectors_of_texts_and_single_numbers_are_unusable():
    for column in (pa.array([["1", "2"]]), pa.array([1.5]), [["a", 1]], pa.array(["[1, 2]"])):
        assert vectors(column, 2, parse=False)[1].tolist() == [True]


@pytest.mark.parametrize(
    "column",
    [
        pa.array([{"no": 0.2, "yes": 0.8}, {"no": 0.6, "yes": None}, None, {"no": None}]),
        [{"no": 0.2, "yes": 0.8}, {"no": 0.6}, None, {}],
        pa.array(['{"no": 0.2, "yes": 0.8}', "[0.6, 0.4]", None, "0.5"]),
    ],
)
def test_the_likeliest_class_is_the_prediction(column):
    confidence, names, unusable = chances(column, ("no", "yes"), parse=True)
    assert_array_equal(confidence, [0.8, 0.6, NAN, NAN])
    assert decoded(names) == ["yes", "no", None, None]
    assert unusable.tolist() == [False, False, False, True]
