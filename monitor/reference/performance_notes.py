"""What is odd about the labels of a reference, and what that means for monitoring."""

from collections.abc import Iterator

from monitor.reference.pair_tally import PairTally
from monitor.reference.performance import PerformanceLessons
from monitor.schema import LabelSchema

NOTHING = "performance is not compared and not estimated"


def describe_performance(
    labels: LabelSchema | None,
    has_column: bool,
    rows: int,
    pairs: PairTally | None,
    lessons: PerformanceLessons | None,
) -> Iterator[str]:
    """Yield notes on the labels.

    labels: None where none were asked for. has_column: whether any file has them. rows: with a
    prediction. pairs, lessons: of the labelled rows; None where there is none to judge.
    """
    if labels is None:
        return
    if not has_column:
        yield f"no column {'.'.join(labels.path)}: {NOTHING}"
        return
    labelled = 0 if pairs is None else pairs.scan.rows
    if not labelled:
        yield f"no row has a usable label: {NOTHING}"
        return
    if labelled < rows:
        yield (
            f"rows without a usable label: {rows - labelled:,}; performance is told by the other "
            f"{labelled:,}"
        )
    if lessons is None:
        yield f"no labelled row has a prediction that can be judged: {NOTHING}"
        return
    known = lessons.known
    unusable = known.tallies[""].unusable
    if unusable:
        yield f"labelled rows whose prediction cannot be judged by the label: {unusable:,}"
    for name, why in lessons.left_out.items():
        yield f"errors of {f'segment {name}' if name else 'all rows'}: not calibrated, for {why}"
    if known.estimation is None:
        yield f"performance cannot be estimated before labels come: {known.no_estimate}"
