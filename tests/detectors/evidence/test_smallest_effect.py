import numpy as np
import pytest

from detectors.evidence.closing import Closing
from detectors.evidence.detector import Detector
from detectors.evidence.ratios import ratios_of
from detectors.evidence.smallest_effect import smallest_shifts
from tests.detectors.evidence.streams_of_data import Stream, counted, draw

PAGE = np.log(4320)
RECORDS, BLOCKS = 200, 6


def test_a_shift_of_the_smallest_detectable_size_pages_about_four_times_in_five():
    rng = np.random.default_rng(1)
    pages, runs = 0, 80
    for _ in range(runs):
        stream = Stream.of(draw(rng, 4000, features=1))
        ratios = ratios_of(stream.profile, stream.ratios.reference)
        closing = Closing.of(stream.profile, ratios.reference, None)
        shift = smallest_shifts(ratios, PAGE, BLOCKS, RECORDS)[0]
        detector, buckets = Detector(ratios), []
        for number in range(BLOCKS):
            records = draw(rng, RECORDS, features=1)
            records.numeric[:] += shift
            summary = counted(stream.profile, records)
            buckets.insert(0, closing.observed(number, None, summary))
        pages += detector.step(buckets).value >= PAGE
    assert 0.65 <= pages / runs <= 0.97


def test_more_traffic_a_longer_horizon_and_a_larger_reference_see_smaller_shifts():
    rng = np.random.default_rng(2)
    small = Stream.of(draw(rng, 2000)).ratios
    large = Stream.of(draw(rng, 20_000)).ratios
    base = smallest_shifts(small, PAGE, 6, 100)[0]
    assert smallest_shifts(small, PAGE, 6, 1000)[0] < base
    assert smallest_shifts(small, PAGE, 144, 100)[0] < base
    assert smallest_shifts(large, PAGE, 144, 100)[0] < smallest_shifts(small, PAGE, 144, 100)[0]


def test_what_cannot_be_seen_is_infinite_and_what_has_no_order_is_nan():
    ratios = Stream.of(draw(np.random.default_rng(3), 2000)).ratios
    shifts = smallest_shifts(ratios, PAGE, 1, 2)
    assert np.isinf(shifts[:4]).all()
    assert np.isnan(shifts[4])


def test_what_the_owner_ignores_is_never_detectable():
    stream = Stream.of(draw(np.random.default_rng(4), 20_000), ignore_below=0.5)
    shifts = smallest_shifts(stream.ratios, PAGE, 144, 1000)
    assert shifts[0] == pytest.approx(0.5)
