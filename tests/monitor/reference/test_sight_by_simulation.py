"""The shifts that a reference in time order promises to see, checked on the streams it is for."""

from dataclasses import replace

import numpy as np
import pytest

from detectors.evidence.detector import Detector
from detectors.evidence.history import History
from detectors.summary import Summary
from monitor.reference.file import NOTHING_LEARNED
from monitor.reference.sight import page_threshold, sight
from tests.detectors.evidence.streams_of_data import (
    BLOCK_MS,
    Records,
    count,
    counted,
    draw,
    profile_of,
)
from tests.monitor.reference.test_sight import REFERENCE

FEATURES, RECORDS, PAST = 4, 200, 2016  # 14 days of 10 minutes
BUDGET = {"page_blocks": 4320, "pages": 1}
RUNS = 200


def wander(rng, blocks):
    """Offsets of every feature's mean: memory of ten blocks, 0.08 sd; (blocks, features)."""
    walk = np.empty((blocks, FEATURES))
    walk[0] = 0.08 * rng.standard_normal(FEATURES)
    for block in range(1, blocks):
        walk[block] = 0.9 * walk[block - 1] + 0.035 * rng.standard_normal(FEATURES)
    return walk


def middle(number):
    return number * BLOCK_MS + BLOCK_MS // 2


@pytest.fixture(scope="module")
def wandering():
    """A reference of a stream with memory, calibrated by its own order."""
    rng = np.random.default_rng(5)
    past = []
    for offset in wander(rng, PAST):
        records = draw(rng, RECORDS, FEATURES)
        records.numeric[:] += offset
        past.append(records)
    profile = profile_of(Records(np.concatenate([each.numeric for each in past]), past[0].codes))
    counts = sum(count(profile, records) for records in past)
    closing = NOTHING_LEARNED.closing(profile, counts)
    blocks = [
        closing.observed(number, middle(number), counted(profile, records))
        for number, records in enumerate(past)
    ]
    learned = NOTHING_LEARNED.calibrated(profile, counts, blocks, BLOCK_MS)
    total = replace(Summary.empty(profile), records=PAST * RECORDS, counts=counts)
    return replace(REFERENCE, profile=profile, total=total, learned={"": learned}), closing, rng


@pytest.mark.parametrize("blocks", [1, 6])
def test_a_shift_of_the_told_size_pages_about_four_times_in_five(wandering, blocks):
    reference, closing, rng = wandering
    windows = {"window": blocks}
    shift = sight(
        reference, "", **BUDGET, windows=windows, records_per_block=RECORDS, ignore_below=0.05
    )["window"][0]
    assert 0.3 < shift < 1.2
    threshold = page_threshold(reference, "", **BUDGET)
    learned = reference.learned_for("")
    ratios = learned.ratios(reference.profile, reference.total.counts, wanders=False)
    pages = 0
    for _ in range(RUNS):
        detector, history, highest = Detector(ratios), History(1008), 0.0
        for number, offset in enumerate(wander(rng, blocks), start=PAST):
            records = draw(rng, RECORDS, FEATURES)
            records.numeric[:] += offset
            records.numeric[:, 0] += shift
            summary = counted(reference.profile, records)
            block = closing.observed(number, middle(number), summary)
            highest = max(highest, detector.step(history.push(block)).value)
        pages += highest >= threshold
    assert 0.7 <= pages / RUNS <= 0.97
