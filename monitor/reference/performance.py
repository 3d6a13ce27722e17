"""What the labelled rows of a reference teach about the model's performance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from detectors.evidence.budget import Budget
from detectors.evidence.learned import Calibration
from detectors.evidence.observed import Observed
from detectors.evidence.replay import replayed
from detectors.evidence.season import place_by_clock
from detectors.performance.error_evidence import error_ratios
from detectors.performance.known import KnownPerformance
from detectors.performance.task import Task
from monitor.reference.calibration import Doing, share_of
from monitor.reference.pair_tally import PairTally
from monitor.reference.plan import Plan
from monitor.reference.tally import Part, Tally
from monitor.reference.units import Units


@dataclass(frozen=True, slots=True)
class PerformanceLessons:
    """What is known of performance; left_out: why the errors of a part could not be calibrated."""

    known: KnownPerformance
    left_out: Mapping[str, str]


def learn_performance(
    tally: Tally, pairs: PairTally, units: Units | None, plan: Plan | None, doing: Doing
) -> PerformanceLessons | None:
    """Learn from the labelled rows of every part, None where no prediction can be judged.

    units: that errors were counted in; plan: what to calibrate for, if rows have an order.
    """
    task = pairs.scan.task
    tallies, errors, calibrations, left_out = {}, {}, {}, {}
    for part in tally.parts:
        found = pairs.tally(part.segments)
        if not found.records:
            continue
        name = part.name
        tallies[name] = found
        errors[name] = pairs.errors[list(part.segments)].sum(axis=0)
        if plan is None or units is None:
            continue
        doing(f"calibrating the errors of segment {name}" if name else "calibrating the errors")
        try:
            shared = share_of(plan, tally.parts, part)
            calibrations[name] = _calibrated(task, pairs, part, units, shared)
        except ValueError as error:
            left_out[name] = str(error)
    if not tallies:
        return None
    doing("learning to estimate performance")
    estimation, why = pairs.estimation.learned()
    known = KnownPerformance(
        task=task,
        tallies=tallies,
        errors=errors,
        calibrations=calibrations,
        by_label=pairs.by_label,
        label_edges=pairs.scan.label_edges,
        estimation=estimation,
        no_estimate=why,
    )
    return PerformanceLessons(known, left_out)


def _calibrated(task: Task, pairs: PairTally, part: Part, units: Units, plan: Plan) -> Calibration:
    """Calibrate the errors of a part and check by replay; raises ValueError for too few units."""
    blocks = _blocks(pairs, part, units)
    raw = error_ratios(task, pairs.errors[list(part.segments)].sum(axis=0))
    calibration = Calibration.of(raw, blocks, units.length, units.blocks)
    budget = Budget(plan.pages, round(plan.page_blocks * units.length), units.length)
    replay = replayed(raw, blocks, budget, max(1, plan.longest // units.blocks))
    return replace(
        calibration,
        days=0.0 if units.by_rows else calibration.days,
        replay=replace(replay, blocks=replay.blocks * units.blocks),
    )


def _blocks(pairs: PairTally, part: Part, units: Units) -> Sequence[Observed]:
    """Return the units in which a part has a pair, oldest first."""
    counts = pairs.unit_errors[list(part.segments)].sum(axis=0)
    records = counts[:, 0].sum(axis=-1)
    return [
        replace(
            Observed.block(units.first + place, int(records[place]), counts[place]),
            clock=place_by_clock(units.middle_ms(place), int(records[place])),
        )
        for place in records.nonzero()[0].tolist()
    ]
