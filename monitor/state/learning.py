"""Warm-ups and what they taught, for snapshots."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from detectors.evidence.learned import Calibration
from detectors.evidence.learner import Learner
from detectors.evidence.observed import Observed
from detectors.evidence.parts import calibration_from, calibration_parts
from monitor.archive import arrays_under
from monitor.engine.baseline import Baseline
from monitor.engine.error_baseline import ErrorBaseline
from monitor.state.stack import Arrays, narrowed, stack_sums, unstack_sums, widened

Learners = Mapping[str, Learner]
Taught = Mapping[str, Calibration]
"""Both by segment."""


def taught_by(baselines: Mapping[str, Baseline] | Mapping[str, ErrorBaseline]) -> Taught:
    """Return what finished warm-ups taught the baselines of some segments."""
    found = {segment: each.calibration for segment, each in baselines.items()}
    return {segment: each for segment, each in found.items() if each is not None}


def learning_meta(learners: Learners, taught: Taught) -> dict[str, Any]:
    """Return the warm-ups under way and what finished ones taught, without their arrays."""
    return {
        "learners": [
            {
                "segment": segment,
                "blocks": learner.blocks,
                "started": learner.started,
                "units": [[each.first, each.records] for each in learner.units.values()],
            }
            for segment, learner in sorted(learners.items())
        ],
        "learned": [
            {"segment": segment, **calibration_parts(calibration)[0]}
            for segment, calibration in sorted(taught.items())
        ],
    }


def learning_arrays(learners: Learners, taught: Taught, group: str) -> Arrays:
    """Return the arrays of both; group: begins their names."""
    arrays: Arrays = {}
    for place, (_, learner) in enumerate(sorted(learners.items())):
        units = list(learner.units.values())
        found = {"counts": narrowed(np.stack([each.counts for each in units]))}
        found |= stack_sums(units)
        arrays |= {f"{group}learners/{place}.{name}": each for name, each in found.items()}
    for place, (_, calibration) in enumerate(sorted(taught.items())):
        _, found = calibration_parts(calibration)
        arrays |= {
            f"{group}learned/{place}.{name.replace('/', '.')}": each for name, each in found.items()
        }
    return arrays


def learners_from(
    meta: Sequence[Mapping[str, Any]], arrays: Arrays, group: str, warm_up: int
) -> dict[str, Learner]:
    """Return the warm-ups under way.

    They are of no use where the configuration has none any more, or another one.
    """
    learners = {}
    for place, each in enumerate(meta):
        found = arrays_under(arrays, f"{group}learners/{place}.")
        if found and each["blocks"] == warm_up:
            learners[each["segment"]] = _learner(each, found)
    return learners


def taught_from(
    meta: Sequence[Mapping[str, Any]], arrays: Arrays, group: str
) -> dict[str, Calibration]:
    """Return what finished warm-ups taught."""
    taught = {}
    for place, each in enumerate(meta):
        found = arrays_under(arrays, f"{group}learned/{place}.")
        if found:
            named = {name.replace(".", "/"): array for name, array in found.items()}
            taught[each["segment"]] = calibration_from(dict(each), named)
    return taught


def _learner(meta: Mapping[str, Any], arrays: Arrays) -> Learner:
    counts = widened(arrays["counts"])
    units = {
        unit: Observed(unit, unit, records, counts[place], *sums)
        for place, ((unit, records), sums) in enumerate(
            zip(meta["units"], unstack_sums(arrays), strict=True)
        )
    }
    return Learner(meta["blocks"], meta["started"], units)
