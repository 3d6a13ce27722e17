"""How the loss of an answer grows with a model's last layer."""

import numpy as np

from detectors.counts import FloatArray


def cross_entropy_slope(scores: FloatArray, expected: FloatArray) -> FloatArray:
    """Return the gradient of the cross-entropy by the scores (logits) of classes.

    scores: (m, classes) of a softmax, or (m, 1) of a logistic function for the second of two
    classes. expected: (m,), codes of classes. Returns p - t, with the shape of scores.

    A saturated softmax leaves nothing of p - t in a float, and the model would look robust; there
    the limit of its direction is returned: 1 for the largest other class, -1 for the expected.

    >>> cross_entropy_slope(np.array([[0.0]]), np.array([1.0]))
    array([[-0.5]])
    """
    single = scores.shape[1] == 1
    logits = np.column_stack([np.zeros(len(scores)), scores[:, 0]]) if single else scores
    rows, codes = np.arange(len(logits)), expected.astype(np.int64)
    others = logits.copy()
    others[rows, codes] = -np.inf
    runner_up = np.argmax(others, axis=1)
    top = np.exp(logits - logits.max(axis=1, keepdims=True))
    slope = top / top.sum(axis=1, keepdims=True)
    slope[rows, codes] = 0.0
    slope[rows, codes] = -slope.sum(axis=1)
    flat = np.flatnonzero(slope[rows, codes] == 0)
    slope[flat, runner_up[flat]] = 1.0
    slope[flat, codes[flat]] = -1.0
    found: FloatArray = slope[:, 1:] if single else slope
    return found


def distance_slope(values: FloatArray, expected: FloatArray) -> FloatArray:
    """Return the gradient of |value - expected| by the value, 1 where they are the same.

    Both (m,); so is the result. At the answer itself either way leads off; up is taken.
    """
    return np.where(values >= expected, 1.0, -1.0)
