import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from monitor.cli.sight_words import outline_sight, say_sight

INF, NAN = np.inf, np.nan
sizes = st.sampled_from([0.05, 0.31, 1.9, INF, NAN])


@given(st.lists(st.tuples(sizes, sizes), min_size=1, max_size=6))
def test_every_feature_with_an_order_is_told_to_machines(pairs):
    names = [f"f{place}" for place in range(len(pairs))]
    shifts = dict(zip(("block", "1h"), np.array(pairs).T, strict=True))
    told = json.loads(json.dumps(outline_sight(names, shifts), allow_nan=False))
    for window, found in shifts.items():
        assert told[window] == {
            name: None if np.isinf(shift) else shift
            for name, shift in zip(names, found, strict=True)
            if not np.isnan(shift)
        }


def test_the_median_and_the_worst_feature_are_told_to_people():
    shifts = {"block": [0.31, 0.442, 0.3, NAN], "1h": [0.09, 0.1, 0.08, NAN]}
    assert say(shifts, "abcd") == (
        "sees a shift of 0.31 sd (median feature; worst: `b` 0.44) within 1m, 0.09 within 1h"
    )


def test_one_feature_is_its_own_median():
    assert say({"block": [0.5]}, "a") == "sees a shift of 0.5 sd (`a`) within 1m"


def test_where_the_worst_feature_is_no_worse_it_is_not_named():
    assert say({"block": [0.31, 0.312]}, "ab") == "sees a shift of 0.31 sd (any feature) within 1m"


def test_windows_that_see_nothing_are_told_last():
    shifts = {"block": [INF, INF, 1], "1h": [0.2, INF, 0.1], "1d": [0.06, 0.1, 0.05]}
    assert say(shifts, "abc") == (
        "sees a shift of 0.2 sd (median feature; worst: `b` none) within 1h, 0.06 within 1d; "
        "no shift of up to 2 sd within 1m"
    )


def test_a_reference_that_sees_nothing_says_so():
    nothing = {"block": [INF, INF], "1h": [INF, INF], "1d": [INF, INF]}
    assert say(nothing, "ab") == "sees no shift of up to 2 sd within 1m, 1h or 1d"


def test_where_no_feature_has_an_order_there_is_nothing_to_say():
    assert say({"block": [NAN]}, "a") is None


def say(shifts, names):
    found = {window: np.array(each, dtype=float) for window, each in shifts.items()}
    return say_sight(outline_sight(list(names), found), "1m")
