import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from detectors.sample import record_hashes
from monitor.decode.event_time import END_MS
from monitor.reference.span import SAMPLED_TIMES, Span, SpanFinder

DAY_MS = 86_400_000
START_MS = 1_767_571_200_000


def span_of(times, batch=1_000):
    finder = SpanFinder()
    times = np.asarray(times, dtype=np.int64)
    for start in range(0, len(times), batch):
        part = times[start : start + batch]
        finder.add(record_hashes(7, np.arange(start, start + len(part))), part)
    return finder.span()


@given(st.lists(st.integers(0, 90 * DAY_MS), min_size=1, max_size=30), st.integers(1, 40))
def test_times_near_one_another_are_all_in_the_span(found, batch):
    times = START_MS + np.array(found)
    spread = times.max() - times.min()
    low, high = np.quantile(times, [0.025, 0.975])
    assume(spread < 20 * (high - low))
    assert span_of(times, batch) == Span(times.min(), times.max())


def test_rows_without_a_time_have_no_span():
    assert span_of([-1, -2]) is None
    assert span_of([]) is None
    assert span_of([-1, START_MS]) == Span(START_MS, START_MS)


def test_zeros_and_wrong_clocks_do_not_stretch_the_span():
    times = START_MS + np.arange(10_000) * 14 * DAY_MS // 10_000
    times[:100] = 0
    times[100] = END_MS - 1
    span = span_of(np.random.default_rng(0).permutation(times))
    assert START_MS <= span.first_ms < START_MS + DAY_MS
    assert START_MS + 13 * DAY_MS < span.last_ms < START_MS + 15 * DAY_MS


def test_a_span_of_more_rows_than_are_sampled_ends_at_their_first_and_last():
    times = START_MS + np.arange(SAMPLED_TIMES * 3) * 1_000
    assert span_of(times, 20_000) == Span(times[0], times[-1])
