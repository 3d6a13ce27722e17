"""Warm-ups and what they taught, for snapshots."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from detectors.evidence.learned import Calibration
from detectors.evidence.learner import Learner
from detectors.evidence.observed import Observed
from detectors.evidence.parts import calibration_from, calibration_parts
from monitor.archive import arrays_under
from monitor.engine.model import ModelEngine
from monitor.state.stack import Arrays, narrowed, stack_sums, unstack_sums, widened


def learners_meta(engine: ModelEngine) -> list[dict[str, Any]]:
    """Return the warm-ups under way."""
    return [
        {
            "segment": segment,
            "blocks": learner.blocks,
            "started": learner.started,
            "units": [[each.first, each.records] for each in learner.units.values()],
        }
        for segment, learner in sorted(engine.learners.items())
    ]


def learned_meta(engine: ModelEngine) -> list[dict[str, Any]]:
    """Return what finished warm-ups taught, without its arrays."""
    return [
        {"segment": segment, **calibration_parts(calibration)[0]}
        for segment, calibration in _taught(engine)
    ]


def learning_arrays(engine: ModelEngine) -> Arrays:
    """Return the arrays of both."""
    arrays: Arrays = {}
    for place, (_, learner) in enumerate(sorted(engine.learners.items())):
        units = list(learner.units.values())
        found = {"counts": narrowed(np.stack([each.counts for each in units]))}
        found |= stack_sums(units)
        arrays |= {f"learners/{place}.{name}": each for name, each in found.items()}
    for place, (_, calibration) in enumerate(_taught(engine)):
        _, found = calibration_parts(calibration)
        arrays |= {
            f"learned/{place}.{name.replace('/', '.')}": each for name, each in found.items()
        }
    return arrays


def _taught(engine: ModelEngine) -> Iterator[tuple[str, Calibration]]:
    for segment, baseline in sorted(engine.learned.items()):
        assert baseline.learned.calibration is not None, "what was learned is a calibration"
        yield segment, baseline.learned.calibration


def restore_learning(
    engine: ModelEngine,
    learners: list[dict[str, Any]],
    learned: list[dict[str, Any]],
    arrays: Arrays,
) -> None:
    """Give an engine the warm-ups of a snapshot, and what they taught.

    A warm-up under way is of no use where the configuration has none any more, or another one;
    what a finished one taught is kept.
    """
    for place, meta in enumerate(learners):
        found = arrays_under(arrays, f"learners/{place}.")
        if found and meta["blocks"] == engine.settings.warm_up:
            engine.learners[meta["segment"]] = _learner(meta, found)
    for place, meta in enumerate(learned):
        found = arrays_under(arrays, f"learned/{place}.")
        if found:
            named = {name.replace(".", "/"): each for name, each in found.items()}
            before = engine.settings.baselines[meta["segment"]].learned
            engine.use(meta["segment"], replace(before, calibration=calibration_from(meta, named)))


def _learner(meta: dict[str, Any], arrays: Arrays) -> Learner:
    counts = widened(arrays["counts"])
    units = {
        unit: Observed(unit, unit, records, counts[place], *sums)
        for place, ((unit, records), sums) in enumerate(
            zip(meta["units"], unstack_sums(arrays), strict=True)
        )
    }
    return Learner(meta["blocks"], meta["started"], units)
