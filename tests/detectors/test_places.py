"""Where records lie in the log: a commutative monoid of ranges."""

from hypothesis import given
from hypothesis import strategies as st

from detectors.places import NOWHERE, Places

offsets = st.dictionaries(st.integers(0, 3), st.lists(st.integers(0, 1000), min_size=1), max_size=4)


def spanned(found: dict[int, list[int]]) -> Places:
    return Places({partition: (min(each), max(each)) for partition, each in found.items()})


places = offsets.map(spanned)


@given(places, places, places)
def test_the_order_and_grouping_of_a_sum_do_not_matter(a, b, c):
    assert a + b == b + a
    assert (a + b) + c == a + (b + c)
    assert a + NOWHERE == a == NOWHERE + a
    assert a + a == a


@given(offsets, offsets)
def test_a_sum_spans_all_records_of_both_and_no_more(one, other):
    both = {
        partition: one.get(partition, []) + other.get(partition, [])
        for partition in one.keys() | other.keys()
    }
    assert spanned(one) + spanned(other) == spanned(both)


@given(places)
def test_rows_tell_all_of_it_in_order(found):
    assert Places.of_rows(found.rows) == found
    assert found.rows == sorted(found.rows)
