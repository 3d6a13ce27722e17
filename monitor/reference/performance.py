"""What the labelled rows of a reference teach about the model's performance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from detectors.evidence.learned import Calibration
from detectors.evidence.observed import Observed
from detectors.evidence.season import place_by_clock
from detectors.performance.error_evidence import error_ratios
from detectors.performance.known import KnownPerformance
from monitor.reference.calibration import Doing, checked, share_of
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
            raw = error_ratios(task, errors[name])
            blocks = _blocks(pairs, part, units)
            known = Calibration.of(raw, blocks, units.length, units.blocks)
            calibrations[name] = checked(known, raw, blocks, units, shared)
        except ValueError as error:
            left_out[name] = str(error)
    if not tallies:
        return None
    doing("learning to estimate performance")
    estimation, why = pairs.estimation.learned()
    performance = KnownPerformance(
        task=task,
        tallies=tallies,
        errors=errors,
        calibrations=calibrations,
        by_label=pairs.by_label,
        label_edges=pairs.scan.label_edges,
        estimation=estimation,
        no_estimate=why,
    )
    return PerformanceLessons(performance, left_out)


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
