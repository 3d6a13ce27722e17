"""Categories: one text for equal values, and codes that agree with the texts."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.decode.category import boolean_text, category_text, number_of
from monitor.decode.codes import Codes

scalars = st.one_of(
    st.text(max_size=3),
    st.sampled_from(["true", "false", "5", "5.0", "0.5", "1e+22", "05", "1_0", "nan", "inf"]),
    st.booleans(),
    st.integers(-10, 10),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([5.0, 0.5, -0.0, 1e22, 1e300, 2**53 + 1]),
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("pro", "pro"),
        ("", ""),
        (True, "true"),
        (False, "false"),
        (5, "5"),
        (5.0, "5"),
        (-0.0, "0"),
        (0.5, "0.5"),
        (1e22, "10000000000000000000000"),
    ],
)
def test_a_category_has_one_text(value, text):
    assert category_text(value) == text


@pytest.mark.parametrize("value", [None, [], {}, math.nan, math.inf])
def test_what_is_no_category_has_no_text(value):
    with pytest.raises(ValueError, match="is not a category"):
        category_text(value)


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers())
def test_a_number_has_the_text_of_the_number_it_equals(value):
    assert number_of(category_text(value)) == value
    if value == int(value):
        assert category_text(value) == category_text(int(value))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        *((value, "true") for value in (True, 1, 1.0, "true")),
        *((value, "false") for value in (False, 0, -0.0, "false")),
        *((value, None) for value in ("True", "1", "", 2, 0.5, math.nan, None, [])),
    ],
)
def test_a_boolean_is_written_in_json_as_a_number_or_in_words(value, text):
    assert boolean_text(value) == text


@given(
    values=st.lists(scalars | st.none()) | st.lists(st.integers()) | st.lists(st.booleans()),
    known=st.lists(scalars, max_size=5),
)
def test_a_value_has_the_code_of_its_text(values, known):
    codes = {category_text(each): code for code, each in enumerate(known)}
    found = Codes.of_texts(codes, unknown=90, missing=91).read(values)
    assert found.tolist() == [
        91 if value is None else codes.get(category_text(value), 90) for value in values
    ]


@given(st.lists(scalars | st.none()))
def test_a_boolean_feature_s_codes_are_those_of_its_texts(values):
    codes = Codes.of_booleans(["false", "true"], None)
    texts = {"false": 0, "true": 1, None: -1}
    missing = codes.read([None])[0]
    assert codes.read(values).tolist() == [
        missing if value is None else texts[boolean_text(value)] for value in values
    ]
