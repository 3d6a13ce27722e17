"""river's error detectors behind one wrapper that can be stored."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.adwin import LEVELS
from detectors.performance.error_detectors import REGISTRY, ErrorDetector

SLOW = {"kswin"}
"""Detectors that are fed less of a stream here: a thousand times as slow as the fastest."""


def errors(name, seed, rates=(0.1, 0.5, 0.1, 0.6)):
    """Errors whose rate jumps."""
    rng = np.random.default_rng(seed)
    each = 120 if name in SLOW else 500
    return (rng.random(each * len(rates)) < np.repeat(rates, each)).astype(np.float64)


def fed(method, values):
    detector = ErrorDetector(method)
    detector.feed(values)
    return detector


def told(detector):
    history, detections = detector.state()
    return history.tolist(), detections


@pytest.mark.parametrize("name", REGISTRY)
def test_it_is_rivers_detector_value_by_value(name):
    method = REGISTRY[name]
    mine, rivers, found = ErrorDetector(replace(method, history=10**6)), method.make(), 0
    for block in np.split(errors(name, 1), range(50, 400, 50)):
        expected = 0
        for error in block:
            rivers.update(error)
            expected += rivers.drift_detected
        assert mine.feed(block) == expected
        found += expected
    assert mine.detections == found >= 1


@pytest.mark.parametrize("name", REGISTRY)
@given(cuts=st.lists(st.integers(0, 480), max_size=4))
@settings(max_examples=6, deadline=None)
def test_cuts_and_restarts_change_nothing(name, cuts):
    method = replace(REGISTRY[name], history=128)
    values = errors(name, 2)[:480]
    cut = ErrorDetector(method)
    for part in np.split(values, sorted(cuts)):
        cut.feed(part)
        assert len(cut.state()[0]) < 2 * method.history
        cut = ErrorDetector.restore(method, *cut.state())
    assert told(cut) == told(fed(method, values))


@pytest.mark.parametrize("name", REGISTRY)
def test_a_restart_right_after_a_change_changes_nothing(name):
    method, values = REGISTRY[name], errors(name, 3)
    detector, place = ErrorDetector(method), 0
    while not detector.feed(values[place : place + 1]):
        place += 1
    restored = ErrorDetector.restore(method, *detector.state())
    assert told(restored) == told(detector)
    later = values[place + 1 :]
    restored.feed(later)
    detector.feed(later)
    assert told(restored) == told(detector)


@pytest.mark.parametrize("name", REGISTRY)
def test_a_long_calm_is_rebuilt_from_the_newest_errors_so_that_state_is_bounded(name):
    method = replace(REGISTRY[name], history=128)
    calm = np.zeros(256)
    detector = fed(method, calm[:-1])
    assert len(detector.state()[0]) == 255
    detector.feed(calm[-1:])
    assert told(detector) == ([0] * 128, 0)


def test_losses_between_0_and_1_are_rounded_before_they_are_fed():
    values = np.random.default_rng(4).random(50)
    history, _ = fed(REGISTRY["page_hinkley"], values).state()
    assert history.dtype == np.uint16
    assert history.tolist() == np.rint(values * LEVELS).tolist()


@pytest.mark.parametrize("name", REGISTRY)
def test_losses_of_one_size_are_no_change(name):
    assert fed(REGISTRY[name], np.full(300, 0.25)).detections == 0


@pytest.mark.parametrize("error", [-0.1, 1.5, np.nan])
def test_an_error_outside_its_range_is_refused(error):
    with pytest.raises(ValueError, match=rf"\[0, 1\], and {error} does not"):
        ErrorDetector(REGISTRY["ddm"]).feed(np.array([0.5, error]))
