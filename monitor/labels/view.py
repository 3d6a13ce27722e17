"""What operators are told of a join."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from monitor.labels.delays import Delays
from monitor.labels.join import LabelJoin
from monitor.labels.ledger import SideLedger


@dataclass(frozen=True, slots=True)
class LabelsView:
    """Counts since the first record, and what waits now.

    labels: by outcome: joined, duplicate, changed, late, orphan, evicted.
    predictions: by outcome: joined, duplicate, unlabelled, evicted.
    waiting_predictions, waiting_labels: records that may still find a partner.
    oldest_ms: event time of the oldest waiting prediction, to a 64th of the horizon, or None.
    bytes: of the store on the disk.
    """

    labels: Mapping[str, int]
    predictions: Mapping[str, int]
    waiting_predictions: int
    waiting_labels: int
    oldest_ms: int | None
    bytes: int
    delays: Delays

    @classmethod
    def of(cls, join: LabelJoin) -> "LabelsView":
        """Return what is known now."""
        predictions = [each.prediction for each in join.ledgers.values()]
        labels = [each.label for each in join.ledgers.values()]
        bins = [min(each.waiting) for each in predictions if each.waiting]
        return cls(
            labels=_outcomes(labels),
            predictions=_outcomes(predictions),
            waiting_predictions=sum(each.waiting.total() for each in predictions),
            waiting_labels=sum(each.waiting.total() for each in labels),
            oldest_ms=min(bins) * join.settings.bin_ms if bins else None,
            bytes=join.store.bytes,
            delays=sum((each.delays for each in join.ledgers.values()), Delays()),
        )


def _outcomes(sides: list[SideLedger]) -> Mapping[str, int]:
    counted = sum((each.outcomes for each in sides), Counter[str]())
    return {outcome: count for outcome, count in sorted(counted.items()) if count}
