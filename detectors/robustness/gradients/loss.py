"""How the loss of an answer grows with the outputs of a model's last layer."""

import numpy as np

from detectors.counts import FloatArray


def odds_slope(scores: FloatArray, expected: FloatArray) -> FloatArray:
    """Return the gradient of the log-odds against the expected class, ln((1 - p) / p).

    scores: logits (m, classes) of a softmax, or (m, 1) of a logistic function for the second of
    two classes. expected: (m,), codes of classes. Returns the shape of scores: the softmax of
    the other classes, and -1 for the expected one.

    It is the gradient of the cross-entropy divided by 1 - p, so it leads the same way; but where
    the softmax is saturated that one is 0 in a float, and the model would look robust.

    >>> odds_slope(np.array([[0.0, 0.0, 900.0]]), np.array([2.0]))
    array([[ 0.5,  0.5, -1. ]])
    """
    codes = expected.astype(np.int64)
    if scores.shape[1] == 1:
        way: FloatArray = np.where(codes == 1, -1.0, 1.0)[:, np.newaxis]
        return way
    rows = np.arange(len(scores))
    others = scores.copy()
    others[rows, codes] = -np.inf
    slope: FloatArray = np.exp(others - others.max(axis=1, keepdims=True))
    slope /= slope.sum(axis=1, keepdims=True)
    slope[rows, codes] = -1.0
    return slope


def distance_slope(values: FloatArray, expected: FloatArray) -> FloatArray:
    """Return the gradient of |value - expected| by the value, 1 where they are the same.

    Both (m,); so is the result. At the answer itself either way leads off; up is taken.
    """
    return np.where(values >= expected, 1.0, -1.0)
