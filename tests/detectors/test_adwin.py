"""ADWIN on scores: river's detector with a state that can be stored."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from river.drift import ADWIN

from detectors import adwin
from detectors.adwin import HISTORY, LEVELS, Cut, ScoreAdwin


def steps(seed, lengths=(900, 700, 40, 1200, 700)):
    """Scores whose mean jumps at the end of each length."""
    rng = np.random.default_rng(seed)
    means = rng.random(len(lengths))
    parts = [
        rng.beta(1 + 9 * mean, 10 - 9 * mean, n) for mean, n in zip(means, lengths, strict=True)
    ]
    return np.concatenate(parts)


def told(detector):
    return detector.mean, detector.width, detector.detections


def fed(scores):
    detector = ScoreAdwin()
    detector.feed(scores)
    return detector


@pytest.mark.parametrize("seed", range(4))
def test_it_is_rivers_detector_value_by_value(seed):
    scores = steps(seed)
    mine, rivers, changes = ScoreAdwin(), ADWIN(), 0
    for block in np.split(scores, range(50, len(scores), 50)):
        expected = 0
        for score in np.rint(block * LEVELS) / LEVELS:
            rivers.update(score)
            expected += rivers.drift_detected
        assert len(mine.feed(block)) == expected
        changes += expected
        assert told(mine) == (rivers.estimation, rivers.width, changes)
    assert changes >= 2


@given(st.integers(0, 5), st.lists(st.integers(0, 3540), max_size=6))
@settings(max_examples=25)
def test_cuts_and_restarts_change_nothing(seed, cuts):
    scores = steps(seed)
    cut = ScoreAdwin()
    for part in np.split(scores, sorted(cuts)):
        cut.feed(part)
        cut = ScoreAdwin.restore(*cut.state())
    assert told(cut) == told(fed(scores))
    assert cut.state()[0].tolist() == fed(scores).state()[0].tolist()


def test_a_restart_right_after_a_change_changes_nothing():
    # river starts anew with the value after a change, so its shrunken window must survive.
    scores = steps(1)
    place = next(n for n in range(1, len(scores)) if fed(scores[:n]).detections)
    for n in (place - 1, place, place + 1):
        restored = ScoreAdwin.restore(*fed(scores[:n]).state())
        assert told(restored) == told(fed(scores[:n]))
        restored.feed(scores[n:])
        assert told(restored) == told(fed(scores))


@given(st.lists(st.integers(0, 1400), max_size=4))
@settings(max_examples=15)
def test_cuts_around_a_rebuild_change_nothing(cuts):
    small = 256
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(adwin, "HISTORY", small)
        scores = np.random.default_rng(3).random(1400)
        whole, cut = fed(scores), ScoreAdwin()
        for part in np.split(scores, sorted(cuts)):
            cut.feed(part)
            assert len(cut.state()[0]) < 2 * small
            cut = ScoreAdwin.restore(*cut.state())
        assert told(cut) == told(whole)


def test_calm_scores_are_rebuilt_from_the_newest_so_that_state_is_bounded():
    scores = np.random.default_rng(4).random(2 * HISTORY)
    detector = fed(scores[:-1])
    assert len(detector.state()[0]) == 2 * HISTORY - 1
    detector.feed(scores[-1:])
    history, detections = detector.state()
    assert history.dtype == np.uint16
    assert history.tolist() == np.rint(scores[HISTORY:] * LEVELS).tolist()
    assert told(detector) == told(fed(scores[HISTORY:]))
    assert detections == 0


def test_a_rebuild_counts_no_change_again():
    # A small step that the long window has not told from its past, beside the rebuilt one.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(adwin, "HISTORY", 64)
        patch.setattr(adwin, "_new_adwin", lambda: ADWIN(delta=0.9, clock=1))
        rng = np.random.default_rng(5)
        found = 0
        for _ in range(200):
            detector = ScoreAdwin()
            history = np.rint(rng.random(128) * LEVELS).astype(np.uint16)
            detector._replay(history)
            found += len(detector.state()[0]) < len(history)
            assert detector.detections == 0
        assert found > 0


def test_the_change_is_found_and_the_mean_follows():
    rng = np.random.default_rng(6)
    detector = fed(rng.beta(2, 8, 2000))
    assert detector.detections == 0
    assert detector.mean == pytest.approx(0.2, abs=0.02)
    cuts = detector.feed(rng.beta(8, 2, 500))
    assert cuts
    assert cuts[0].mean_before == pytest.approx(0.2, abs=0.02)
    assert cuts[0].mean_after > 0.4
    assert cuts[0].sd == pytest.approx(np.sqrt(0.2 * 0.8 / 11), rel=0.3)
    assert cuts[0].before == pytest.approx(2000, abs=50)
    assert detector.mean == pytest.approx(0.8, abs=0.05)
    assert detector.width <= 500


def test_a_cut_lies_where_the_mean_changed():
    rng = np.random.default_rng(7)
    scores = np.concatenate([rng.beta(2, 8, 640), rng.beta(6, 4, 200)])
    cut = Cut.of(np.rint(scores * LEVELS).astype(np.uint16))
    assert (cut.before, cut.after) == (640, 200)
    assert cut.mean_before == pytest.approx(scores[:640].mean(), abs=1e-4)
    assert cut.mean_after == pytest.approx(scores[640:].mean(), abs=1e-4)
    within = np.concatenate([scores[:640] - cut.mean_before, scores[640:] - cut.mean_after])
    assert cut.sd == pytest.approx(within.std(), abs=1e-4)


def test_before_the_first_score_there_is_no_mean():
    detector = ScoreAdwin()
    assert detector.feed(np.zeros(0)) == []
    assert np.isnan(detector.mean)
    assert detector.width == 0
    assert told(ScoreAdwin.restore(*detector.state()))[1:] == (0, 0)


@pytest.mark.parametrize("score", [-0.1, 1.5, np.nan])
def test_a_score_outside_its_range_is_refused(score):
    with pytest.raises(ValueError, match=rf"scores in \[0, 1\], not {score}"):
        ScoreAdwin().feed(np.array([0.5, score]))
