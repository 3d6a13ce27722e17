"""Each way to fail is named rightly in 95 of 100 runs, and nothing where nothing happens."""

from collections import Counter

import numpy as np
import pytest

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
QUIET = 30
CHANGED = 12
NULL_BLOCKS = 200
LOOK_EVERY = 10

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
EVERY_CHANGE = [
    pytest.param(mode, place, id=f"{mode}-{place}")
    for mode, changes in CHANGES.items()
    for place in range(len(changes))
]


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
