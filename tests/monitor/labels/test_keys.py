"""Keys tell ids and partitions apart, and sort as the store sorts them."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from monitor.labels.keys import bytes_of, in_order, keys_of

ids = st.lists(st.one_of(st.text(max_size=40), st.integers()), min_size=1, max_size=30)
halves = st.integers(0, 3)
keys = st.lists(st.tuples(halves, halves), min_size=1, max_size=20).map(
    lambda rows: np.array(rows, dtype=np.uint64)
)


@given(ids)
def test_ids_have_equal_keys_where_they_read_the_same(some):
    told = [tuple(key) for key in keys_of(some, 0).tolist()]
    for first, key in zip(some, told, strict=True):
        for second, other in zip(some, told, strict=True):
            assert (str(first) == str(second)) == (key == other)


def test_an_id_has_another_key_in_another_partition():
    assert (keys_of(["a"], 0) != keys_of(["a"], 1)).all()


def test_a_key_is_the_same_in_every_process():
    # blake2b of eight zero bytes and "a", 16 bytes long, by coreutils' b2sum -l 128.
    assert bytes_of(keys_of(["a"], 0))[0].hex() == "0ac6488ecce48c18b68c422af11dbad6"


@given(keys)
def test_the_order_of_keys_is_that_of_their_bytes_and_equal_ones_stay_as_they_come(some):
    order, same = in_order(some)
    raw = bytes_of(some)
    assert order.tolist() == sorted(range(len(raw)), key=lambda at: raw[at])
    told = [raw[at] for at in order]
    assert same.tolist() == [False, *(a == b for a, b in pairwise(told))]
