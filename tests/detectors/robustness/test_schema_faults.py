import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.robustness.perturbations.schema_faults import (
    TruncatedText,
    UnseenCategory,
    WhitespaceAndCase,
    WrongType,
)
from detectors.robustness.space import Feature, Space, Values
from detectors.robustness.table import Sample, Table
from tests.detectors.robustness.tabular import SPACE, applied, mixed, objects


def changed(perturbation, severity, values, kind=Values.CATEGORICAL, **feature):
    space = Space((Feature("x", kind, **feature),))
    column = np.asarray(values) if kind is Values.NUMERIC else objects(values)
    sample = Sample(objects(["id"] * len(values)), Table({"x": column}))
    (variant,) = applied(perturbation, sample, space, severity)
    return variant.table.columns["x"].tolist()


def test_an_unseen_category_is_one_that_the_reference_does_not_know():
    assert changed(UnseenCategory(), 1.0, ["u", None], levels=("u",)) == ["unseen"] * 2
    assert changed(UnseenCategory(), 1.0, ["u"], levels=("unseen", "unseen_")) == ["unseen__"]


def test_the_share_of_unseen_categories_is_the_severity():
    sample = mixed(5000, 0)
    (variant,) = applied(UnseenCategory(), sample, SPACE, 0.2)
    unseen = np.array([value == "unseen" for value in variant.table.columns["colour"].tolist()])
    assert unseen.mean() == pytest.approx(0.2, abs=0.025)


def test_numbers_become_texts_booleans_numbers_and_numbers_in_texts_numbers():
    assert changed(WrongType(), 1.0, [1.5, np.nan], Values.NUMERIC) == ["1.5", None]
    assert changed(WrongType(), 1.0, [3.0, 0.0], Values.NUMERIC, integer=True) == ["3", "0"]
    whole = changed(WrongType(), 1.0, [True, False, None], Values.BOOLEAN)
    assert whole == [1, 0, None]
    assert [type(each) for each in whole] == [int, int, type(None)]
    assert changed(WrongType(), 1.0, ["3", "0.5", "red", "nan", None]) == [
        3,
        0.5,
        "red",
        "nan",
        None,
    ]


@given(st.integers(0, 2**32 - 1), st.sampled_from(WrongType.severities))
def test_what_has_a_wrong_type_can_be_written_as_json(seed, severity):
    sample = mixed(40, seed)
    (variant,) = applied(WrongType(), sample, SPACE, severity)
    for column in variant.table.columns.values():
        if column.dtype == object:
            json.dumps(column.tolist(), allow_nan=False)


@given(st.lists(st.none() | st.text(max_size=8), min_size=1, max_size=30))
def test_spaces_and_case_change_nothing_else(values):
    for old, new in zip(values, changed(WhitespaceAndCase(), 1.0, values), strict=True):
        assert (old is None and new is None) or new in (
            " " + old,
            old + " ",
            old.upper(),
            old.lower(),
        )


def test_all_four_ways_of_spaces_and_case_are_drawn():
    found = set(changed(WhitespaceAndCase(), 1.0, ["Red"] * 100))
    assert found == {" Red", "Red ", "RED", "red"}


def test_texts_too_are_spaced():
    found = set(changed(WhitespaceAndCase(), 1.0, ["A b"] * 100, Values.TEXT))
    assert found == {" A b", "A b ", "A B", "a b"}


def test_the_kept_share_of_a_text_is_rounded_up():
    texts = ["abcdefghij", "ab", "", None]
    assert changed(TruncatedText(), 0.3, texts, Values.TEXT) == ["abc", "a", "", None]
    assert changed(TruncatedText(), 0.0, texts, Values.TEXT) == ["", "", "", None]


@given(st.text(max_size=50), st.floats(0, 1))
def test_a_truncated_text_is_the_beginning_of_the_text(text, share):
    (kept,) = changed(TruncatedText(), share, [text])
    assert text.startswith(kept)
    assert len(kept) == pytest.approx(len(text) * share, abs=1)
