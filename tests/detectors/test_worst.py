"""The worst records are kept whatever the order and the cuts in which they came."""

from dataclasses import fields

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detectors.worst import MOST_KEPT, Worst
from tests.detectors.strategies import Table, columns_of, profile_of, rows, tables


def parts(worst: Worst) -> list[object]:
    """Return every field, so that equality is equality of bits."""
    values = [getattr(worst, field.name) for field in fields(worst)]
    return [each.tobytes() if isinstance(each, np.ndarray) else each for each in values]


@given(tables(), tables(), st.data())
def test_no_cut_and_no_order_changes_the_worst(reference, table, data):
    profile = profile_of(reference)
    columns = columns_of(profile, table)
    ids = [f"id{at}" for at in range(len(table))]
    order = np.array(data.draw(st.permutations(range(len(table)))))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(table)), max_size=3)))
    found = Worst.empty()
    for part in np.split(order, cuts):
        found += Worst.of(profile, rows(columns, part), [ids[at] for at in part])
    assert parts(found) == parts(Worst.of(profile, columns, ids))


def test_the_records_farthest_outside_are_kept_with_what_lies_there():
    profile = profile_of(Table({"x": np.arange(5.0)}, {"plan": list("aabbc")}))
    n = 2 * MOST_KEPT
    plan = ["new", *"a" * (n - 1)]
    columns = columns_of(profile, Table({"x": np.arange(4.0, 4.0 + n)}, {"plan": plan}))
    worst = Worst.of(profile, columns, [None, *range(1, n)])
    assert worst.offsets.tolist() == [0, *range(n - 1, n - MOST_KEPT, -1)]
    assert worst.ids == ("", *(str(at) for at in range(n - 1, n - MOST_KEPT, -1)))
    assert worst.row.tolist() == [1] + [0] * (MOST_KEPT - 1)
    assert np.isnan(worst.value[0])
    assert worst.value[1] == 3.0 + n
    assert (np.diff(worst.excess) < 0).all()


def test_records_inside_are_not_kept():
    table = Table({"x": np.arange(5.0)}, {"plan": list("aabbc")})
    profile = profile_of(table)
    assert len(Worst.of(profile, columns_of(profile, table), [None] * 5)) == 0
