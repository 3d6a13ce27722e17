"""Log loss, Brier score, ROC AUC and calibration error from sums of probabilities."""

import math

import numpy as np

from detectors.counts import FloatArray, IntArray
from detectors.performance.estimate import UNDEFINED, Estimate, Z, mean, share_like
from detectors.performance.scores import (
    CALIBRATION_BINS,
    SCORE_GRID,
    SQUARE_GRID,
    ScoreSums,
    calibration_edges,
)
from detectors.performance.tally import Tally
from detectors.performance.task import Task


def log_loss(tally: Tally, _: Task) -> Estimate:
    """Return the mean of -ln of the probability given to what happened (Student's t interval).

    Of several classes the event is that the most probable one is right: a lower bound of the
    log loss over all of them, as it takes all other classes for one.
    """
    return _mean_loss(tally, 0, SQUARE_GRID)


def brier(tally: Tally, _: Task) -> Estimate:
    """Return the mean of (probability - what happened)^2 (Student's t interval).

    Source: Brier (1950), for the one event of ``log_loss``.
    """
    return _mean_loss(tally, 1, SCORE_GRID)


def roc_auc(tally: Tally, _: Task) -> Estimate:
    """Return the chance that a positive has a higher score than a negative, ties half.

    Scores in one bin count as ties, so it is off from the value of the raw scores by at most
    ``roc_auc_error``. The standard error is DeLong's, of the binned scores.

    Source: DeLong, DeLong and Clarke-Pearson (1988), Comparing the areas under two or more
    correlated receiver operating characteristic curves.
    """
    negatives, positives = _bins(tally).T
    n, m = int(negatives.sum()), int(positives.sum())
    if not n or not m:
        return UNDEFINED
    below = (np.cumsum(negatives) - negatives / 2) / n  # per positive: negatives that it beats
    above = 1 - (np.cumsum(positives) - positives / 2) / m
    value = float(positives @ below) / m
    variance = _variance(below, positives) / m + _variance(above, negatives) / n
    return share_like(value, math.sqrt(variance), min(n, m))


def roc_auc_error(tally: Tally) -> float:
    """Return how far the AUC of the raw scores can be from that of the binned ones.

    A positive and a negative in one bin count as half a success, and are at worst none or a
    whole one: sum over bins of positives times negatives, over twice all such pairs.
    """
    negatives, positives = _bins(tally).T.astype(np.float64)
    pairs = float(negatives.sum() * positives.sum())
    return float(negatives @ positives) / (2 * pairs) if pairs else math.nan


def calibration_error(tally: Tally, task: Task) -> Estimate:
    """Return the expected calibration error in CALIBRATION_BINS bins of equal width.

    ECE = sum_b |sum over the scores in bin b of (what happened - score)| / n. The interval is by
    the delta method, under which one record has variance Brier - ECE^2. Chance alone makes gaps,
    so its low end starts from the sum of sqrt(gap^2 - 2 variance of the gap): with twice it, that
    of a calibrated model is 0 in at least 95 of 100 samples. So the interval covers the truth in
    at least so many, not just so many.

    Source: Guo et al. (2017), On calibration of modern neural networks, with 16 bins; Broecker
    (2012), Estimating reliability and resolution of probability forecasts, for the bias.
    """
    sums, records = _sums(tally), tally.records
    if not records:
        return UNDEFINED
    last = np.searchsorted(calibration_edges(), task.score_edges)  # +inf goes to the last bin
    counts = np.zeros((CALIBRATION_BINS, 2), dtype=np.int64)
    np.add.at(counts, np.append(last, CALIBRATION_BINS - 1), sums.bins)
    size, happened = counts.sum(axis=1), counts[:, 1]
    gaps = np.abs(happened - sums.scores / SCORE_GRID)
    chance = happened * (size - happened) / np.maximum(size, 1)
    value = float(gaps.sum()) / records
    if records < 2:
        return Estimate(value)
    least = float(np.sqrt(np.maximum(gaps**2 - 2 * chance, 0.0)).sum()) / records
    variance = max(0.0, brier(tally, task).value - value**2)
    half = Z * math.sqrt(variance / records)
    return Estimate(value, max(0.0, least - half), min(1.0, value + half))


def _sums(tally: Tally) -> ScoreSums:
    if tally.scores is None:
        raise ValueError("a tally of plain classes or of values has no probabilities to measure")
    return tally.scores


def _bins(tally: Tally) -> IntArray:
    return _sums(tally).bins


def _mean_loss(tally: Tally, row: int, square_grid: float) -> Estimate:
    total, squares = (int(each) for each in _sums(tally).losses[row])
    records = tally.records
    if not records:
        return UNDEFINED
    value = total / SCORE_GRID / records
    variance = (squares / square_grid - records * value**2) / max(1, records - 1)
    return mean(value, variance, records, lowest=0.0)


def _variance(values: FloatArray, counts: IntArray) -> float:
    """Return the variance of values that occur so many times, 0 for a single one."""
    records = int(counts.sum())
    centred = values - float(counts @ values) / records
    return float(counts @ centred**2) / max(1, records - 1)
