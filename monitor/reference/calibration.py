"""What the rows of a reference teach the evidence, and their order where they have one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from detectors.evidence.budget import Budget
from detectors.evidence.learned import Calibration, Learned
from detectors.evidence.observed import Observed
from detectors.evidence.ratios import Ratios
from detectors.evidence.replay import replayed
from detectors.profile import Profile
from detectors.summary import Summary
from monitor.reference.plan import Plan
from monitor.reference.tally import Part, Tally
from monitor.reference.unit_blocks import UnitBlocks
from monitor.reference.unit_sums import UnitSums
from monitor.reference.units import Units

Doing = Callable[[str], None]
"""Told in words what is being done, once the rows are read."""


@dataclass(frozen=True, slots=True)
class Lessons:
    """What the parts of a reference teach, by their names.

    left_out: why a part could not be calibrated though rows have an order.
    records_per_block: mean over the blocks of a stream, of units that hold records; empty where
    rows have no order.
    """

    learned: Mapping[str, Learned]
    left_out: Mapping[str, str]
    records_per_block: Mapping[str, float]


def learn(profile: Profile, tally: Tally, plan: Plan | None, doing: Doing) -> Lessons:
    """Learn from every part of a reference; plan: what to calibrate for, if rows have an order."""
    samples, summaries = tally.samples(), tally.summaries
    learned, left_out, rates = {}, {}, {}
    for part in tally.parts:
        name, summary = part.name, summaries[part.name]
        learned[name] = Learned.of(profile, summary.counts, samples[name])
        if plan is None or tally.units is None or not summary.records:
            continue
        doing(f"calibrating segment {name}" if name else "calibrating")
        rates[name] = _records_per_block(tally.units, part)
        try:
            shared = share_of(plan, tally.parts, part)
            learned[name] = _calibrated(profile, summary, learned[name], tally.units, part, shared)
        except ValueError as error:
            left_out[name] = str(error)
    return Lessons(learned, left_out, rates)


def share_of(plan: Plan, parts: Sequence[Part], part: Part) -> Plan:
    """Return the plan of a part's stream: those of segments and of the rest share alike."""
    streams = len(parts) - 1 if part.name else 1
    return replace(plan, pages=plan.pages / streams)


def _calibrated(
    profile: Profile, summary: Summary, learned: Learned, sums: UnitSums, part: Part, plan: Plan
) -> Learned:
    """Calibrate one part and check by replay; raises ValueError if there are too few units."""
    units, counts = sums.units, summary.counts
    blocks = UnitBlocks.of(sums, part.segments, learned.closing(profile, counts))
    known = learned.calibrated(profile, counts, blocks, units.length, units.blocks)
    assert known.calibration is not None
    raw = learned.raw(profile, counts)
    return replace(known, calibration=checked(known.calibration, raw, blocks, units, plan))


def checked(
    calibration: Calibration, raw: Ratios, blocks: Sequence[Observed], units: Units, plan: Plan
) -> Calibration:
    """Return a calibration with what a replay shows of it, in blocks of a stream.

    raw, blocks: the likelihood ratios and the units that it was learned from. Raises ValueError
    if there are too few units.
    """
    # The threshold is that of a stream's own blocks, of which a unit may have some.
    budget = Budget(plan.pages, round(plan.page_blocks * units.length), units.length)
    replay = replayed(raw, blocks, budget, max(1, plan.longest // units.blocks))
    return replace(
        calibration,
        days=0.0 if units.by_rows else calibration.days,
        replay=replace(replay, blocks=replay.blocks * units.blocks),
    )


def _records_per_block(sums: UnitSums, part: Part) -> float:
    blocks = len(sums.held(part.segments)) * sums.units.blocks
    return float(sums.records[list(part.segments)].sum()) / blocks
