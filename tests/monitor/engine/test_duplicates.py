"""Counting repeated ids."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from monitor.engine import duplicates
from monitor.engine.duplicates import RecentIds

ids = st.lists(st.one_of(st.none(), st.integers(0, 12)), max_size=60)


def plainly_counted(log, remembered):
    return sum(
        each is not None and each in log[max(0, at - remembered) : at]
        for at, each in enumerate(log)
    )


@given(ids, st.lists(st.integers(1, 60), max_size=6), st.integers(1, 10), st.booleans())
def test_repeats_are_counted_the_same_in_any_cut_and_after_any_restart(
    log, cuts, remembered, restart
):
    before = duplicates.REMEMBERED
    duplicates.REMEMBERED = remembered
    try:
        recent, counted = RecentIds(), 0
        edges = [0, *sorted(cut for cut in cuts if cut < len(log)), len(log)]
        for start, end in pairwise(edges):
            counted += recent.count(log[start:end])
            if restart:
                recent = RecentIds(recent.newest())
    finally:
        duplicates.REMEMBERED = before
    assert counted == plainly_counted(log, remembered)
