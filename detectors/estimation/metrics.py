"""Metrics of binary classifiers from records and positives by predicted class and score.

The positives are counts where labels are known, and sums of calibrated probabilities where
they are not: realised and estimated performance are one formula.
"""

from enum import StrEnum

import numpy as np

from detectors.counts import FloatArray, IntArray
from detectors.estimation.calibrators import LOWEST_SCORE
from detectors.estimation.score_counts import MIDDLES

Table = FloatArray | IntArray


class Metric(StrEnum):
    """A metric of a classifier, in the order in which arrays hold them."""

    ACCURACY = "accuracy"
    PRECISION = "precision"
    RECALL = "recall"
    F1 = "f1"
    ROC_AUC = "roc_auc"
    LOG_LOSS = "log_loss"
    BRIER = "brier"


METRICS = tuple(Metric)

HIGHEST: FloatArray = np.array([1, 1, 1, 1, 1, -np.log(LOWEST_SCORE), 1])
"""The largest value of each metric; the smallest is 0. For the multi-class Brier score it is 2."""

FEWEST_EXPECTED = 5.0
"""Positives and negatives: with fewer the first order tells nothing of recall, F1 and area."""

LOSS_OF_POSITIVE = np.stack([-np.log(MIDDLES), (1 - MIDDLES) ** 2])
LOSS_OF_NEGATIVE = LOSS_OF_POSITIVE[:, ::-1]
"""Log loss and Brier score of a record by the bin of its score, (2, BINS): bins are symmetric."""


def metrics(records: Table, positives: Table) -> FloatArray:
    """Return every metric, in the order of METRICS; nan where it is not defined.

    records, positives: (2, bins), row 1 predicted positive. Scores in the middle of their bin
    stand for all of it: log loss and Brier score are of these.
    """
    negatives = records - positives
    all_positive = positives.sum()
    true_positive, predicted = positives[1].sum(), records[1].sum()
    correct = true_positive + negatives[0].sum()
    losses = LOSS_OF_POSITIVE @ positives.sum(axis=0) + LOSS_OF_NEGATIVE @ negatives.sum(axis=0)
    above = np.array([correct, true_positive, true_positive, 2 * true_positive, *losses])
    total = records.sum()
    below = np.array([total, predicted, all_positive, predicted + all_positive, total, total])
    ratios = _divided(above, below)
    return np.insert(ratios, 4, roc_auc(records.sum(axis=0), positives.sum(axis=0)))


def roc_auc(records: Table, positives: Table) -> float:
    """Return the area under the ROC curve; records, positives: (bins,), in order of the score.

    A positive and a negative of one bin count as half in order, as equal scores do: the area
    is off by at most half of roc_auc_resolution.
    """
    negatives = records - positives
    below = np.cumsum(negatives) - negatives
    pairs = positives.sum() * negatives.sum()
    ordered = float(positives @ (below + negatives / 2))
    return ordered / pairs if pairs > 0 else float("nan")


def roc_auc_resolution(records: Table, positives: Table) -> float:
    """Return the share of pairs of a positive and a negative that lie in one bin."""
    negatives = records - positives
    pairs = positives.sum() * negatives.sum()
    return float(positives @ negatives) / pairs if pairs > 0 else float("nan")


def gradients(records: Table, positives: Table) -> FloatArray:
    """Return how each metric moves with one more positive among the records of a cell.

    records, positives: (2, bins). Returns shape (len(METRICS), 2, bins); nan where a metric is
    not defined, or rests on fewer than FEWEST_EXPECTED positives or negatives. Exact for
    accuracy, precision, log loss and Brier score, which are linear in the outcomes; the first
    order of the others.
    """
    value = metrics(records, positives)
    total, predicted, all_positive = records.sum(), records[1].sum(), positives.sum()
    slope = np.zeros((len(METRICS), *records.shape))
    sign = np.array([[-1.0], [1.0]])
    is_predicted = np.array([[0.0], [1.0]])
    with np.errstate(divide="ignore", invalid="ignore"):
        slope[0] = sign / total
        slope[1] = is_predicted / predicted
        slope[2] = (is_predicted - value[2]) / all_positive
        slope[3] = (2 * is_predicted - value[3]) / (predicted + all_positive)
        slope[4] = roc_auc_slope(records.sum(axis=0), positives.sum(axis=0), value[4])
        slope[5:] = ((LOSS_OF_POSITIVE - LOSS_OF_NEGATIVE) / total)[:, None]
    slope[~np.isfinite(slope)] = np.nan
    if all_positive < FEWEST_EXPECTED:
        slope[2:5] = np.nan
    if total - all_positive < FEWEST_EXPECTED:
        slope[4] = np.nan
    return slope


def roc_auc_slope(records: Table, positives: Table, area: float) -> FloatArray:
    """Return how the area moves with one more positive in each bin; (bins,), to first order.

    Pairs won as a positive less those won as a negative; area: roc_auc of the same.
    """
    negatives = records - positives
    negatives_below = np.cumsum(negatives) - negatives / 2
    positives_above = positives.sum() - np.cumsum(positives) + positives / 2
    of_positives, of_negatives = positives.sum(), negatives.sum()
    pairs = of_positives * of_negatives
    won: FloatArray = (negatives_below - positives_above) / pairs
    slope: FloatArray = won - area * (1 / of_positives - 1 / of_negatives)
    return slope


def _divided(above: FloatArray, below: FloatArray) -> FloatArray:
    ratios: FloatArray = np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0)
    return ratios
