"""Accuracy, precision, recall and F1 from a confusion matrix."""

import numpy as np

from detectors.counts import FloatArray, IntArray
from detectors.performance.estimate import UNDEFINED, Estimate, proportion, share_like
from detectors.performance.tally import Tally
from detectors.performance.task import NO_POSITIVE, Task


def accuracy(tally: Tally, _: Task) -> Estimate:
    """Return the share of pairs whose predicted class is the actual one (Wilson interval)."""
    return proportion(tally.right, tally.records)


def precision(tally: Tally, task: Task) -> Estimate:
    """Return the share of right ones among predictions of a class.

    Of the positive class (Wilson interval), or else the mean over the classes that were
    predicted.
    """
    if task.positive != NO_POSITIVE:
        return class_precision(tally.confusion, task.positive)
    return _macro(tally.confusion, predicted=1.0, actual=0.0)


def recall(tally: Tally, task: Task) -> Estimate:
    """Return the share of right ones among labels of a class.

    Of the positive class (Wilson interval), or else the mean over the classes that occurred.
    """
    if task.positive != NO_POSITIVE:
        return class_recall(tally.confusion, task.positive)
    return _macro(tally.confusion, predicted=0.0, actual=1.0)


def f1(tally: Tally, task: Task) -> Estimate:
    """Return the harmonic mean of precision and recall, 2 TP / (2 TP + FP + FN).

    Of the positive class, or else the mean over the classes that were predicted or occurred.
    """
    if task.positive != NO_POSITIVE:
        return class_f1(tally.confusion, task.positive)
    return _macro(tally.confusion, predicted=0.5, actual=0.5)


def class_precision(confusion: IntArray, code: int) -> Estimate:
    """Return the precision of one class (Wilson interval)."""
    return proportion(int(confusion[code, code]), int(confusion[code].sum()))


def class_recall(confusion: IntArray, code: int) -> Estimate:
    """Return the recall of one class (Wilson interval)."""
    return proportion(int(confusion[code, code]), int(confusion[:, code].sum()))


def class_f1(confusion: IntArray, code: int) -> Estimate:
    """Return the F1 of one class, with the Wilson interval of what it is a function of.

    F1 = 2 J / (1 + J) with Jaccard's J = TP / (TP + FP + FN), a share of the pairs that are of
    the class on either side; so its interval is as exact as that of a share.
    """
    right = int(confusion[code, code])
    jaccard = proportion(right, int(confusion[code].sum() + confusion[:, code].sum()) - right)
    return Estimate(*(2 * j / (1 + j) for j in (jaccard.value, jaccard.low, jaccard.high)))


def _macro(confusion: IntArray, predicted: float, actual: float) -> Estimate:
    """Return the mean over classes of TP / (predicted P + actual A), where that is not 0 / 0.

    P, A: how often the class was predicted, and occurred. The interval is by the delta method
    over the matrix as one multinomial draw, in the form of a share's.

    Source: Takahashi et al. (2022), Confidence interval for micro-averaged F1 and macro-averaged
    F1 scores.
    """
    records = int(confusion.sum())
    known = slice(len(confusion) - 1)
    rows, columns = confusion.sum(axis=1)[known], confusion.sum(axis=0)[known]
    sizes = predicted * rows + actual * columns
    some = np.flatnonzero(sizes > 0)
    if not len(some):
        return UNDEFINED
    values: FloatArray = confusion.diagonal()[some] / sizes[some]
    value = float(values.mean())
    influence = np.zeros(confusion.shape)
    influence[some, some] += records / sizes[some]
    influence[some] -= (predicted * values * records / sizes[some])[:, None]
    influence[:, some] -= actual * values * records / sizes[some]
    influence /= len(some)
    variance = float((confusion * influence**2).sum()) / records  # its mean is 0
    return share_like(value, float(np.sqrt(variance / records)), float(sizes[some].min()))
