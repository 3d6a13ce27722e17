"""The histogram of delays has every pair in the bucket of its delay, and sums them exactly."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from monitor.labels.delays import BOUNDS_S, Delays

delays = st.lists(st.integers(-(10**10), 10**10), max_size=50)


@given(delays, delays)
def test_a_bucket_holds_what_is_at_most_its_bound_and_parts_add_up(first, second):
    told, rest = Delays(), Delays()
    told.add(np.array(first, dtype=np.int64))
    rest.add(np.array(second, dtype=np.int64))
    whole = Delays.from_meta((told + rest).meta())
    for place, bound in enumerate(BOUNDS_S):
        below = sum(delay <= bound * 1000 for delay in first + second)
        assert whole.counts[: place + 1].sum() == below
    assert whole.counts.sum() == len(first + second)
    assert whole.sum_ms == sum(max(delay, 0) for delay in first + second)
