import numpy as np
import pytest

from detectors.evidence.calibrate import calibrate
from detectors.evidence.detector import Detector
from detectors.evidence.history import History
from detectors.evidence.odd_days import without_odd_days
from detectors.evidence.season import DAY_MS, WEEKEND, basis
from tests.detectors.evidence.streams_of_data import BLOCK_MS, Stream, draw

DAY, DAYS, RECORDS, PAGE = DAY_MS // BLOCK_MS, 14, 40, np.log(4320)
LEVEL = np.array([1.0, 1.0, 0.0, 0.0])
"""What a weekend adds to each feature. Day 14 is a Thursday."""


@pytest.fixture(scope="module")
def stream():
    """A stream that knows its weekends, and what draws its blocks."""
    rng = np.random.default_rng(31)
    weekends = basis(np.arange(DAYS * DAY) * BLOCK_MS)[:, WEEKEND]
    records = draw(rng, 6000)
    records.numeric[:] += LEVEL * rng.choice(weekends, len(records.numeric))[:, None]
    made = Stream.of(records, wanders=True)
    seen = blocks_of(made, rng, 0, weekends[:, None] * LEVEL)
    return made, calibrate(made.ratios, seen, BLOCK_MS), rng


def blocks_of(made, rng, first, levels):
    found = []
    for number, level in enumerate(levels, start=first):
        records = draw(rng, RECORDS)
        records.numeric[:] += level
        found.append(made.block(number, records))
    return found


def evidence_of(stream, levels):
    """Return the evidence after each block of level ``levels`` from day 14 on."""
    made, ratios, rng = stream
    detector, history = Detector(ratios), History(10 * DAY)
    blocks = blocks_of(made, rng, DAYS * DAY, levels)
    return np.array([detector.step(history.push(block)).value for block in blocks])


def test_a_weekday_like_a_weekend_is_a_holiday_and_no_drift(stream):
    holiday = np.repeat([LEVEL, 0 * LEVEL], [DAY, DAY // 2], axis=0)
    assert evidence_of(stream, holiday).max() < PAGE


def test_a_weekday_like_a_weekend_is_drift_once_it_has_lasted_for_more_than_a_day(stream):
    evidence = evidence_of(stream, np.repeat([LEVEL], 2 * DAY, axis=0))
    assert evidence[:DAY].max() < PAGE
    assert evidence[DAY:].max() > PAGE


@pytest.mark.parametrize("level", [-LEVEL, 2 * LEVEL, LEVEL[::-1], [1.0, -1.0, 0.0, 0.0]])
def test_a_change_that_no_weekend_explains_is_drift_at_once(stream, level):
    assert evidence_of(stream, np.repeat([level], 6, axis=0)).max() > PAGE


def test_without_weekends_in_the_season_no_day_is_odd(stream):
    made, ratios, rng = stream
    detector = Detector(made.ratios)
    windows = detector.windows(blocks_of(made, rng, 0, [LEVEL])[::-1])
    assert without_odd_days(made.ratios, windows) is windows
    assert ratios.season.coefficients[0, WEEKEND] > 0.5
    assert ratios.season.day_blocks == DAY
