"""Whether the rows of a reference have an order to learn from, and what it means if not."""

from collections.abc import Iterator, Mapping

from monitor.reference.plan import Plan
from monitor.reference.scan import Scan
from monitor.reference.units import Units

FEWEST_DAYS = 14
FEWEST_BLOCKS = 64
"""A reference is calibrated from so many days on, from so many blocks where they are of rows."""

SLACK_DAYS = 0.5
"""Two weeks of records seldom begin and end at midnight."""


def shortage(plan: Plan, scan: Scan) -> str | None:
    """Return why rows are too few or have no order to calibrate from, None where they do."""
    if plan.by_rows:
        blocks = scan.rows // plan.block
        if blocks >= FEWEST_BLOCKS:
            return None
        return (
            f"{scan.rows:,} rows are {blocks} blocks of {plan.block:,}, a calibration needs "
            f"{FEWEST_BLOCKS}"
        )
    if scan.span is None:
        return "no time order"
    if scan.span.days >= FEWEST_DAYS - SLACK_DAYS:
        return None
    return f"the rows span {scan.span.days:.1f} days, a calibration needs {FEWEST_DAYS}"


def describe_time(
    plan: Plan, scan: Scan, units: Units | None, untimed: int, left_out: Mapping[str, str]
) -> Iterator[str]:
    """Yield notes on the rows' order.

    units: that rows were counted in for a calibration, None where there is none. untimed: rows in
    no unit. left_out: why a part has no calibration, by its name.
    """
    if units is None:
        yield f"{shortage(plan, scan)}: {_meanwhile(plan)}; {_mend(plan, scan)}"
        return
    if untimed:
        yield f"rows without a usable time: {untimed:,}; the calibration leaves them out"
    if units.blocks > 1:
        yield (
            f"so many blocks were counted {units.blocks} at a time: windows shorter than "
            f"{plan.words(units.blocks)} count as wandering as much as those"
        )
    for name, why in left_out.items():
        yield f"{f'segment {name}' if name else 'all rows'}: not calibrated, for {why}"


def _meanwhile(plan: Plan) -> str:
    if not plan.warm_up:
        return "records count as independent of one another (warm_up is 0)"
    waits = plan.words(plan.warm_up)
    return f"nothing pages for the first {waits} (warm_up) while driftd learns the stream"


def _mend(plan: Plan, scan: Scan) -> str:
    if plan.by_rows:
        return "build from more rows if there are any, in their order"
    if scan.span is None:
        return "name the time column with --time if the data have one"
    return "build from more days if there are any"
