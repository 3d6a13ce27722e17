from dataclasses import replace

import numpy as np
import pytest

from detectors.evidence.closing import Closing
from detectors.evidence.detector import Detector
from detectors.evidence.groups import RESERVE, Group
from detectors.evidence.ratios import ratios_of
from tests.detectors.evidence.streams_of_data import Stream, count, counted, draw, profile_of

PAGE = np.log(4320)


def bare(profile, number, records):
    """Observe a whole block without derived columns."""
    closing = Closing.of(profile, count(profile, records), None)
    return closing.observed(number, None, counted(profile, records))


def test_all_weights_of_all_bets_sum_to_one_less_the_reserve():
    ratios = Stream.of(draw(np.random.default_rng(1), 5000)).ratios
    total = sum(np.exp(ratios.prior(part)) * part.bets for part in ratios.parts)
    total += np.exp(ratios.priors[Group.RARE]) * ratios.rare.bets
    total += np.exp(ratios.priors[Group.DENSE]) * sum(each.bets for each in ratios.dense)
    assert total == pytest.approx(1 - RESERVE)


def test_a_model_of_categories_alone_is_watched():
    records, window = (draw(np.random.default_rng(2), size, features=0) for size in (3000, 600))
    profile = profile_of(records)
    detector = Detector(ratios_of(profile, count(profile, records)))
    assert detector.step([bare(profile, 0, window)]).value < PAGE
    window.codes[window.codes == 0] = 3
    assert detector.step([bare(profile, 1, window)]).value > PAGE


def test_a_model_of_numbers_alone_is_watched():
    records, window = (draw(np.random.default_rng(3), size) for size in (3000, 600))
    profile = replace(profile_of(records), categorical=(), levels=(), others=())
    detector = Detector(ratios_of(profile, count(profile, records)))
    window.numeric[:, 1] += 0.5
    found = detector.step([bare(profile, 0, window)])
    assert found.value > PAGE
    assert found.feature == 1


def test_a_model_of_constants_alone_is_watched():
    records = draw(np.random.default_rng(4), 3000, features=1)
    records.numeric[:] = 7.0
    records.codes[:] = 0
    profile = profile_of(records)
    detector = Detector(ratios_of(profile, count(profile, records)))
    assert detector.step([bare(profile, 0, records)]).value < PAGE
    records.numeric[:] = 6.0
    assert detector.step([bare(profile, 1, records)]).value > PAGE
