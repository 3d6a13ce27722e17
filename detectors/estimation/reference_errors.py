"""Sampling errors as NannyML publishes them: from the reference's spread and the window's size.

They suppose that a window's records scatter as the reference's do. ``Estimates.outcome_error``
is exact for the window's own scores, and smaller: it leaves out what the scores explain. Only of
the ROC area is it larger, where the published one lets no more than the rarer class vary.
"""

from dataclasses import dataclass

import numpy as np

from detectors.counts import FloatArray
from detectors.estimation.metrics import LOSS_OF_NEGATIVE, LOSS_OF_POSITIVE, Table
from detectors.estimation.score_counts import LabelledCounts


@dataclass(frozen=True, slots=True)
class ReferenceErrors:
    """Spread of a reference's records, by metric in the order of METRICS.

    deviation: (metrics,), standard deviation of the metric of one record. fraction: (metrics,),
    of the records that the metric is about: all, the predicted positive, the positive, or all
    but the true negatives. nan where there is none.

    Source: NannyML 0.13.1, sampling_error/binary_classification.py; log loss and Brier score,
    which it has not, are means over records like its regression metrics.
    """

    deviation: FloatArray
    fraction: FloatArray

    @classmethod
    def of(cls, reference: LabelledCounts) -> "ReferenceErrors":
        """Learn from a labelled reference."""
        records, positives = reference.records, reference.positives
        negatives = records - positives
        total, positive = records.sum(), positives.sum()
        true_positive, predicted = positives[1].sum(), records[1].sum()
        told = total - negatives[0].sum()
        with np.errstate(divide="ignore", invalid="ignore"):
            shares = np.array(
                [
                    (true_positive + negatives[0].sum()) / total,
                    true_positive / predicted,
                    true_positive / positive,
                    true_positive / told,
                ]
            )
            deviation = np.sqrt(shares * (1 - shares))
            deviation[3] *= told / (true_positive + (told - true_positive) / 2)
            sizes = np.array([total, predicted, positive, told]) / total
        area, minority = _ranks_of_minority(records.sum(axis=0), positives.sum(axis=0))
        losses = _loss_deviations(records.sum(axis=0), positives.sum(axis=0))
        return cls(
            deviation=np.concatenate([deviation, [area], losses]),
            fraction=np.concatenate([sizes, [minority], [1.0, 1.0]]),
        )

    def errors(self, records: int) -> FloatArray:
        """Return the standard error of each metric of a window; (metrics,)."""
        with np.errstate(divide="ignore"):
            errors: FloatArray = self.deviation / np.sqrt(records * self.fraction)
        return errors


def _ranks_of_minority(records: Table, positives: Table) -> tuple[float, float]:
    """Return the spread of the share of the other class that lies below, and the class's share.

    Of the rarer class, the score turned round for negatives; equal scores count half.
    """
    rarer, others = positives, records - positives
    if rarer.sum() > others.sum():
        rarer, others = others[::-1], rarer[::-1]
    if not rarer.sum():
        return float("nan"), float("nan")
    below = (np.cumsum(others) - others / 2) / others.sum()
    mean = (rarer * below).sum() / rarer.sum()
    variance = (rarer * (below - mean) ** 2).sum() / rarer.sum()
    return float(np.sqrt(variance)), float(rarer.sum() / records.sum())


def _loss_deviations(records: Table, positives: Table) -> FloatArray:
    """Return the standard deviations over records of log loss and Brier score; (2,)."""
    negatives = records - positives
    with np.errstate(invalid="ignore"):
        mean, square = (
            (LOSS_OF_POSITIVE**power @ positives + LOSS_OF_NEGATIVE**power @ negatives)
            / records.sum()
            for power in (1, 2)
        )
    deviations: FloatArray = np.sqrt(np.maximum(square - mean**2, 0.0))
    return deviations
