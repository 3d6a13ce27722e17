import numpy as np
import pytest

from detectors.evidence.detector import Detector
from detectors.evidence.learned import Learned
from detectors.evidence.parts import learned_from, learned_parts
from tests.detectors.evidence.streams_of_data import BLOCK_MS, Stream, count, draw

BLOCKS, RECORDS = 288, 60


@pytest.fixture(scope="module")
def taught():
    """A stream, what its reference taught and its calibration, and the reference's counts."""
    rng = np.random.default_rng(1)
    reference = draw(rng, 6000)
    stream = Stream.of(reference, wanders=True)
    counts = count(stream.profile, reference)
    learned = Learned.of(stream.profile, counts, reference.numeric[1::2])
    past = [stream.block(number, draw(rng, RECORDS)) for number in range(BLOCKS)]
    return stream, learned.calibrated(stream.profile, counts, past, BLOCK_MS), counts, past


def test_what_was_learned_survives_being_taken_apart(taught):
    stream, learned, counts, past = taught
    meta, arrays = learned_parts(learned)
    again = learned_from(meta, arrays, stream.profile.directions)
    steps = [
        Detector(each.ratios(stream.profile, counts, True)).step(past[::-1])
        for each in (learned, again)
    ]
    assert steps[0] == steps[1]
    assert again.calibration.days == learned.calibration.days == pytest.approx(2.0)


def test_a_calibration_in_coarser_units_knows_windows_by_blocks(taught):
    stream, learned, counts, past = taught
    coarse = learned.calibrated(stream.profile, counts, past, BLOCK_MS, unit_blocks=5)
    lengths = learned.calibration.inflation.lengths
    assert (coarse.calibration.inflation.lengths == 5 * lengths).all()


def test_a_part_of_a_reference_without_records_teaches_nothing(taught):
    stream, _, counts, _ = taught
    learned = Learned.of(stream.profile, counts, np.zeros((0, 4)))
    assert not learned.whitening
    assert learned.derivation is None
