"""Each way to fail is named rightly in 95 of 100 runs, and nothing where nothing happens."""

import re
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from detectors.diagnosis.diagnose import diagnose
from detectors.diagnosis.failure_mode import FailureMode
from tests.detectors.diagnosis.changes import (
    Change,
    converted,
    flipped,
    invalid,
    missing,
    moved_and_flipped,
    moved_boundary,
    other_plans,
    outliers,
    resampled,
    shifted,
    stuck,
    stuck_plan,
    turned_boundary,
    unseen_plans,
)
from tests.detectors.diagnosis.world import BLOCK_RECORDS, Block, Run

RUNS = 100
RIGHT = 95
QUIET = 10
CHANGED = 10
NULL_BLOCKS = 200
LOOK_EVERY = 20

CHANGES: dict[FailureMode, list[Change]] = {
    FailureMode.DATA_CORRUPTION: [
        missing(1, 0.3),
        missing(4, 0.1),
        invalid(2, 0.2),
        stuck(0, 21.5),
        stuck(2, -999.0),
        stuck_plan(1),
        converted(1, 1000),
        converted(0, 1.8, 32),
        converted(3, 0.1),
        converted(2, 10),
    ],
    FailureMode.COVARIATE_SHIFT: [
        shifted((0.6,)),
        shifted((0, 0, 0, 1.0)),
        shifted((-2.0,)),
        shifted((0.4, 0.3, -0.3, 0.5, 0.2, -0.4)),
        shifted((0.4,) * 6),
        shifted((2.0,) * 6),
        shifted((0.0,), spread=1.5),
        other_plans((0.2, 0.3, 0.3, 0.2)),
    ],
    FailureMode.PRIOR_SHIFT: [resampled(0.2), resampled(0.25), resampled(0.65), resampled(0.75)],
    FailureMode.CONCEPT_DRIFT: [
        flipped(0.15),
        flipped(0.3),
        moved_boundary(1.5),
        moved_boundary(-1.5),
        turned_boundary(),
        moved_and_flipped(0.6, 0.2),
    ],
    FailureMode.OUT_OF_DISTRIBUTION: [
        outliers(0.02, 12),
        outliers(0.02, 30, (4,)),
        outliers(0.05, 8),
        unseen_plans(0.02),
        unseen_plans(0.1),
    ],
}


def changed(change: Change, seed: int, labelled: bool = True) -> Run:
    """Return a run whose records changed a few blocks ago."""
    rng = np.random.default_rng(seed)
    run = Run(labelled)
    run.rest(rng, QUIET)
    for _ in range(CHANGED):
        run.step(Block.of(change(rng, BLOCK_RECORDS)))
    return run


@pytest.mark.parametrize("mode", FailureMode)
def test_each_way_to_fail_is_named_rightly_in_95_of_100_runs(mode):
    changes = CHANGES[mode]
    named = Counter(
        changed(changes[seed % len(changes)], seed).diagnosis().kind for seed in range(RUNS)
    )
    assert named[mode] >= RIGHT, named


def test_nothing_is_named_in_95_of_100_runs_in_which_nothing_happens():
    quiet_runs = 0
    for seed in range(RUNS):
        rng, run, named = np.random.default_rng(1000 + seed), Run(), False
        for _ in range(NULL_BLOCKS // LOOK_EVERY):
            run.rest(rng, LOOK_EVERY)
            named |= run.diagnosis().kind is not None
        quiet_runs += not named
    assert quiet_runs >= RIGHT


def test_degrees_lie_between_0_and_1_and_the_one_that_is_named_is_1():
    for mode, changes in CHANGES.items():
        found = changed(changes[0], 7).diagnosis()
        assert set(found.degrees) == set(FailureMode)
        assert all(0 <= degree <= 1 for degree in found.degrees.values())
        assert (found.kind, found.degrees[mode]) == (mode, 1)


def test_without_labels_prior_shift_shows_in_the_predictions_and_covariate_shift_in_the_inputs():
    assert changed(resampled(0.75), 1, labelled=False).diagnosis().kind is FailureMode.PRIOR_SHIFT
    moved = changed(shifted((0.6,)), 1, labelled=False).diagnosis()
    assert moved.kind is FailureMode.COVARIATE_SHIFT
    assert "No label says yet" in moved.words


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (missing(1, 0.3), "`income` is missing in .. % of the records (reference: 0 %)"),
        (invalid(2, 0.2), "`age` is invalid in .. % of the records (reference: 0 %)"),
        (stuck(0, 21.5), "`temperature` is stuck: 100 % of its values are 21.5"),
        (stuck(2, -999.0), "`age` is stuck: 100 % of its values are -999 (reference: 0 %); data"),
        (converted(1, 1000), "100 % of the values of `income` lie outside all"),
        (converted(0, 1.8, 32), "`temperature` are as if in Fahrenheit instead of Celsius"),
        (shifted((0.6,)), "`temperature` changed (shifted up by 0.6. sd). Performance holds"),
        (resampled(0.75), "The label `.` went from .. % to .. % of the records"),
        (moved_boundary(-1.5), "No input moved, so their relation to the labels changed"),
        (flipped(0.3), "Performance fell: accuracy is 0.6.. (reference: 0.778"),
        (outliers(0.02, 12), "... % of the records lie outside all that the reference saw"),
    ],
)
def test_words_name_the_feature_the_size_and_the_reference(change, words):
    told = changed(change, 3).diagnosis().words
    pattern = re.escape(words).replace(r"\.", ".")
    assert re.search(pattern, told), told


def test_a_stream_without_a_block_has_nothing_wrong():
    found = Run().diagnosis()
    assert found.kind is None
    assert set(found.degrees.values()) == {0.0}


def test_a_stream_that_may_not_alarm_yet_has_nothing_wrong():
    signals = replace(changed(shifted((1.0,)), 0).signals(), threshold=np.inf)
    found = diagnose(signals)
    assert found.kind is None
    assert set(found.degrees.values()) == {0.0}
