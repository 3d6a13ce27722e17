"""Metrics of a classifier of several classes, and how far chance moves them.

Precision, recall, F1 and ROC area are means over the classes (macro), each against the rest;
classes for which one is not defined take no part. The Brier score sums over classes: 0 to 2.
"""

import numpy as np

from detectors.counts import FloatArray
from detectors.estimation.class_sums import CHANCE_GRID, ClassSums
from detectors.estimation.metrics import FEWEST_EXPECTED, METRICS, roc_auc, roc_auc_slope


def class_metrics(sums: ClassSums) -> FloatArray:
    """Return every metric, in the order of METRICS; nan where it is not defined."""
    if not sums.records:
        return np.full(len(METRICS), np.nan)
    by_class = np.stack([*_ratios(sums), _areas(sums)])
    known = ~np.isnan(by_class)
    with np.errstate(invalid="ignore"):
        macro = np.where(known, by_class, 0.0).sum(axis=1) / known.sum(axis=1)
    total = sums.records * CHANCE_GRID
    return np.array([np.trace(sums.confusion) / total, *macro, *sums.losses / total])


def class_variances(sums: ClassSums) -> FloatArray:
    """Return the variance of each metric when labels are drawn by the chances; (metrics,).

    Exact for accuracy, precision, log loss and Brier score. For recall and F1 to first order
    and from above: as if a record's predicted class were all that is known of it. For the ROC
    area from above too: as if the classes' areas moved together.
    """
    records = sums.records
    confusion = sums.confusion / CHANCE_GRID
    spread = sums.spread / CHANCE_GRID
    true, predicted = confusion.sum(axis=1), confusion.sum(axis=0)
    _, recall, f1 = _ratios(sums)
    areas = _area_deviations(sums)
    same = np.eye(len(confusion))
    with np.errstate(divide="ignore", invalid="ignore"):
        of_precision = np.where(predicted > 0, spread / predicted**2, np.nan)
        of_recall = (same - recall[:, None]) / true[:, None]
        of_f1 = (2 * same - f1[:, None]) / (true + predicted)[:, None]
        losses = sums.variances / CHANCE_GRID / records**2
        variances = np.array(
            [
                spread.sum() / records**2,
                _mean_of_known(of_precision) / (~np.isnan(of_precision)).sum(),
                _between_classes(confusion, of_recall, recall),
                _between_classes(confusion, of_f1, f1),
                _mean_of_known(areas) ** 2,
                *losses,
            ]
        )
    if true.min() < FEWEST_EXPECTED:
        variances[2:5] = np.nan
    return variances


def _ratios(sums: ClassSums) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return precision, recall and F1 of each class; each (K,)."""
    confusion = sums.confusion / CHANCE_GRID
    right = np.diagonal(confusion)
    true, predicted = confusion.sum(axis=1), confusion.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return right / predicted, right / true, 2 * right / (true + predicted)


def _areas(sums: ClassSums) -> FloatArray:
    """Return the ROC area of each class against the rest; (K,)."""
    pairs = zip(sums.scores, sums.expected / CHANCE_GRID, strict=True)
    return np.array([roc_auc(records, expected) for records, expected in pairs])


def _area_deviations(sums: ClassSums) -> FloatArray:
    """Return the standard deviation of each class's ROC area, from above; (K,)."""
    deviations = []
    for records, expected in zip(sums.scores, sums.expected / CHANCE_GRID, strict=True):
        area = roc_auc(records, expected)
        if np.isnan(area):
            deviations.append(np.nan)
            continue
        slope = roc_auc_slope(records, expected, area)
        rest = records - expected
        spread = np.divide(expected * rest, records, out=np.zeros(len(slope)), where=records > 0)
        deviations.append(np.sqrt((slope**2 * spread).sum()))
    return np.array(deviations)


def _between_classes(confusion: FloatArray, slope: FloatArray, value: FloatArray) -> float:
    """Return the variance of a mean over classes, given its slope by true and predicted class."""
    known = ~np.isnan(value)
    slope = np.where(known[:, None], slope, 0.0) / known.sum()
    predicted = confusion.sum(axis=0)
    chance = np.divide(confusion, predicted, out=np.zeros_like(confusion), where=predicted > 0)
    mean = (chance * slope).sum(axis=0)
    return float((predicted * ((chance * slope**2).sum(axis=0) - mean**2)).sum())


def _mean_of_known(values: FloatArray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")
