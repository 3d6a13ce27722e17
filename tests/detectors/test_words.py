"""What changed in a feature, in words."""

import numpy as np
import pytest
from hypothesis import given

from detectors.summary import Summary
from detectors.words import change_in_words
from tests.detectors.strategies import Table, profile_of, summary_of, tables

RNG = np.random.default_rng(0)
NORMAL = np.sort(RNG.normal(size=20_000))


def numeric_words(window, reference=NORMAL):
    before, after = Table({"x": np.asarray(reference)}), Table({"x": np.asarray(window)})
    profile = profile_of(before)
    return change_in_words(profile, summary_of(profile, before), summary_of(profile, after), 0)


def level_words(window, reference):
    """Words for columns given as level: number of records; None is missing."""
    before, after = (
        Table(categorical={"plan": [level for level, n in each.items() for _ in range(n)]})
        for each in (reference, window)
    )
    profile = profile_of(before)
    return change_in_words(profile, summary_of(profile, before), summary_of(profile, after), 0)


def test_a_shift_is_told_in_sd_with_its_direction():
    assert numeric_words(NORMAL[::10] + 0.41) == "shifted up by 0.41 sd"
    assert numeric_words(NORMAL[::10] - 0.41) == "shifted down by 0.41 sd"


def test_a_shift_out_of_the_range_tells_how_much_lies_outside():
    words = numeric_words(np.linspace(0, 1.12, 5600, endpoint=False), np.linspace(0, 1, 5000))
    assert words == "11 % above the reference maximum; shifted up by 0.21 sd"
    below = numeric_words(np.linspace(-0.5, 1, 4500), np.linspace(0, 1, 3000))
    assert below.startswith("33 % below the reference minimum; ")


def test_a_change_of_spread_is_told_as_a_part_of_it():
    assert numeric_words(NORMAL[::10] * 1.3) == "spread grew by 30 %"
    assert numeric_words(NORMAL[::10] * 0.8) == "spread shrank by 20 %"


def test_missing_values_are_told_from_share_to_share():
    window = NORMAL[::10].copy()
    window[RNG.permutation(2000)[:160]] = np.nan
    assert numeric_words(window) == "missing 0 % to 8 %"
    assert numeric_words(np.full(500, np.nan)) == "missing 0 % to 100 %"


def test_the_largest_change_comes_first_and_no_more_than_two_are_told():
    window = NORMAL[::10] * 2 + 1.5
    window[:500] = np.nan
    words = numeric_words(window)
    assert words.count(";") == 1
    assert words.startswith("shifted up by ")


def test_a_change_of_shape_alone_names_the_bin_that_changed_most():
    spike = NORMAL[::10].copy()
    spike[np.abs(spike - 0.3).argsort()[:150]] = 0.3
    words = numeric_words(spike)
    assert words == "share between 0.3288 and 0.4144 3.1 % to 0.5 %"


def test_the_bin_of_a_spike_is_named_by_its_value():
    reference = np.concatenate([np.full(2000, 0.0), NORMAL])
    window = np.concatenate([np.full(600, 0.0), NORMAL[::10]])
    words = numeric_words(window, reference)
    assert "shifted" not in words
    assert "at 0 9.1 % to 23 %" in words or words.startswith("spread shrank")


def test_a_constant_column_that_becomes_another_constant_lies_outside():
    assert numeric_words(np.full(50, 6.0), np.full(100, 5.0)) == (
        "100 % above the reference maximum"
    )
    assert numeric_words(np.full(50, 5.0), np.full(100, 5.0)) == "no clear change"


def test_categories_are_told_by_name_from_share_to_share():
    words = level_words(
        {"free": 1400, "pro": 220, "trial": 380}, {"free": 7000, "pro": 2200, "trial": 800}
    )
    assert words == "category `trial` 8 % to 19 %; category `pro` 22 % to 11 %"


def test_the_second_of_two_categories_is_not_told_again():
    assert level_words({"a": 500, "b": 500}, {"a": 900, "b": 100}) == "category `b` 10 % to 50 %"


def test_a_boolean_is_told_by_the_share_of_true():
    assert level_words({"true": 810, "false": 190}, {"true": 920, "false": 80}) == (
        "`true` 92 % to 81 %"
    )


def test_a_category_that_was_never_seen_is_told():
    assert level_words({"a": 440, "b": 440, "new": 120}, {"a": 500, "b": 500}) == (
        "12 % never seen before"
    )


def test_missing_categories_do_not_change_the_shares_of_the_others():
    words = level_words({"a": 460, "b": 460, None: 80}, {"a": 5000, "b": 5000})
    assert words == "missing 0 % to 8 %"


def test_rarer_categories_are_told_together():
    reference = {f"c{k:02d}": 100 for k in range(15)} | {"rare1": 10, "rare2": 10}
    window = {f"c{k:02d}": 100 for k in range(15)} | {"rare1": 300, "rare2": 300}
    assert level_words(window, reference) == "rarer categories 1.3 % to 29 %"


def test_a_category_may_be_called_anything():
    assert level_words({"{p}": 500, "{}": 500}, {"{p}": 900, "{}": 100}).endswith(
        "`{}` 10 % to 50 %"
    )


@pytest.mark.parametrize("m", [1, 20, 2000])
def test_drift_free_windows_show_no_clear_change(m):
    told = [numeric_words(RNG.choice(NORMAL, m)) for _ in range(30)]
    assert told.count("no clear change") >= 28


def test_an_empty_window_shows_no_clear_change():
    profile = profile_of(Table({"x": NORMAL}, {"plan": ["a"] * len(NORMAL)}))
    reference = summary_of(profile, Table({"x": NORMAL}, {"plan": ["a"] * len(NORMAL)}))
    nothing = Summary.empty(profile)
    for row in (0, 1):
        assert change_in_words(profile, reference, nothing, row) == "no clear change"
        assert change_in_words(profile, nothing, reference, row) == "no clear change"


@given(tables(), tables())
def test_any_change_can_be_told(reference, window):
    profile = profile_of(reference)
    a, b = summary_of(profile, reference), summary_of(profile, window)
    for row in range(3):
        words = change_in_words(profile, a, b, row)
        assert words
        assert words.count("; ") <= 1 or "`" in words
        assert "nan" not in words
        assert "inf" not in words
