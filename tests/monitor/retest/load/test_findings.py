"""Whether a step of load holds, the sustained rate and the knee."""

import numpy as np
import pytest

from monitor.retest.load.findings import StepFindings, knee, sustained


def _step(offered: float, achieved: float, failed: int = 0):
    count = 1_000
    return StepFindings(
        offered=offered,
        seconds=(count - failed) / achieved,
        latency_s=np.full(count, 0.01),
        reasons={"http_500": failed} if failed else {},
        lag_s=0.0,
    )


def test_the_sustained_rate_is_the_last_before_the_first_step_that_does_not_hold():
    steps = [_step(10, 10), _step(20, 19.5), _step(40, 30), _step(80, 80)]
    assert sustained(steps) == 20
    assert sustained(steps[2:]) is None


@pytest.mark.parametrize("step", [_step(20, 18), _step(20, 20, failed=10)])
def test_lost_throughput_and_failures_each_break_a_step(step):
    assert not step.holds
    assert _step(20, 20, failed=9).holds


def test_the_knee_is_where_more_load_brings_little_more():
    offered = [10, 20, 30, 40, 50, 60, 80]
    steps = [_step(each, min(each, 40) + each / 100) for each in offered]
    assert knee(steps) == 40


def test_a_line_has_no_knee():
    assert knee([_step(each, each) for each in (10, 20, 40, 80)]) is None
    assert knee([_step(10, 10), _step(20, 12)]) is None
