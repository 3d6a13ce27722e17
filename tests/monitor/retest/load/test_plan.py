"""What a stress test may send, and when."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from monitor.retest.load.plan import Caps, LoadError, Plan, Step, ramp

URL = "http://127.0.0.1:8080/v2/models/credit/infer"
CAPS = Caps(hosts=("127.0.0.1:8080", "credit"), rate=100, total=1_000)


@given(st.floats(0.1, 2_000), st.floats(0.1, 5))
def test_requests_are_due_evenly_at_their_rate(rate, seconds):
    times = Step(rate, seconds).times_s
    assert len(times) == max(round(rate * seconds), 1)
    assert_allclose(times * rate, range(len(times)), atol=1e-6)


@given(st.floats(1, 100), st.floats(1, 20))
def test_a_ramp_grows_by_a_quarter_and_ends_at_the_most(first, times):
    rates = [step.rate for step in ramp(first, first * times, 10)]
    assert rates[0] == first
    assert rates[-1] == pytest.approx(first * times)
    assert all(1 < after / before <= 1.25 + 1e-9 for before, after in pairwise(rates))


def test_a_plan_within_its_caps_may_be_sent():
    CAPS.require(URL, Plan((Step(100, 10),)))
    CAPS.require("https://credit/predict", Plan((Step(1, 1),)))
    Caps(("[::1]:80",), 1, 1).require("http://[::1]/predict", Plan((Step(1, 1),)))


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8081/x", "http://other:8080/x", "http://127.0.0.1.evil:8080/x", "http://x/"],
)
def test_a_host_that_is_not_named_is_never_stressed(url):
    with pytest.raises(LoadError, match="is not among the hosts that may be stressed"):
        CAPS.require(url, Plan((Step(1, 1),)))


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ((Step(101, 1),), "101 requests/s, but at most 100 may be sent"),
        ((Step(100, 6), Step(100, 5)), "1100 requests in all, but at most 1000"),
    ],
)
def test_more_than_the_caps_allow_is_refused(steps, words):
    with pytest.raises(LoadError, match=words):
        CAPS.require(URL, Plan(steps))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Caps((), rate=1e9, total=1), r"load.rate: 1e\+09 requests/s, but never more"),
        (lambda: Caps((), rate=1, total=10**9), "load.total"),
        (lambda: Plan((Step(1, 1),), concurrency=10_000), "load.concurrency: 10000 connections"),
        (lambda: Plan((Step(1, 1),), concurrency=0), "concurrency is at least 1"),
        (lambda: Plan(()), "every step needs a rate"),
        (lambda: Plan((Step(0, 1),)), "every step needs a rate"),
        (lambda: ramp(10, 5, 1), "a ramp from 10 to 5"),
    ],
)
def test_no_configuration_goes_beyond_the_hard_limits(make, words):
    with pytest.raises(LoadError, match=words):
        make()
