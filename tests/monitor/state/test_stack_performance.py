"""Summaries of performance come back from their stacked arrays with where their records lie."""

from dataclasses import replace

import numpy as np

from detectors.performance.origins import NO_ORIGINS, Origins
from detectors.performance.summary import Performance
from detectors.prediction_kind import PredictionKind
from monitor.state.stack_performance import stack_performances, unstack_performances
from tests.detectors.performance.joined import bits, draw
from tests.detectors.performance.test_summary import YARDSTICKS, said_of

KIND = PredictionKind.PROBABILITY


def a_performance() -> Performance:
    pairs = draw(KIND, np.random.default_rng(2), 300)
    return Performance.of_pairs(YARDSTICKS[KIND], pairs, said_of(pairs, np.random.default_rng(2)))


def test_origins_come_back_and_files_without_them_had_none():
    first = Origins.of(3, np.array([7, 5]), np.array([2**40, 9]))
    both = first + Origins.of(0, np.array([8]), np.array([1]))
    parts = [a_performance(), replace(a_performance(), origins=both)]
    found = unstack_performances(stack_performances(parts))
    assert [each.origins for each in found] == [NO_ORIGINS, both]
    assert (both.first, both.last, both.places.rows) == (5, 8, [(0, 1, 1), (3, 9, 2**40)])
    assert "origin_blocks" not in stack_performances(parts[:1])
    assert bits(unstack_performances(stack_performances(parts[:1]))[0]) == bits(parts[0])
