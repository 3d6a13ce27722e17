"""Steps of attacks along a gradient, and their projection on the threat set."""

import numpy as np

from detectors.counts import FloatArray, IntArray
from detectors.robustness.threat import LossGradient, Norm, Threat


def steepest(gradient: FloatArray, norm: Norm) -> FloatArray:
    """Return the changes of size 1 along which a loss grows fastest; both (m, d).

    L-infinity: the sign of the gradient. L2: the gradient by its length; 0 where it is 0.
    """
    if norm is Norm.LINF:
        return np.sign(gradient)
    # Divided by the largest first: squares of a saturated model's gradients underflow.
    largest = np.max(np.abs(gradient), axis=1, keepdims=True, initial=0.0)
    unit = gradient / np.where(largest > 0, largest, 1.0)
    length = np.sqrt(np.sum(unit**2, axis=1, keepdims=True))
    return unit / np.where(length > 0, length, 1.0)


def ascent(
    points: FloatArray, places: IntArray, threat: Threat, gradient: LossGradient
) -> FloatArray:
    """Return the steepest changes of size 1 that points (m, d) have room for; (m, d).

    places: (m,), their records. Categories and one-hot columns stay, and so do numbers that are
    at the bound they would leave; the size is spent on the others. A gradient that is not finite
    counts as 0.
    """
    slope = np.nan_to_num(gradient(points, places), nan=0.0, posinf=0.0, neginf=0.0)
    no_room = np.where(slope > 0, points >= threat.high[places], points <= threat.low[places])
    slope[no_room | ~threat.numeric] = 0.0
    return steepest(slope, threat.norm)


def project(
    points: FloatArray, origins: FloatArray, places: IntArray, threat: Threat, radius: FloatArray
) -> FloatArray:
    """Return the points (m, d) within a ball around their origins (m, d), and in their box.

    radius: (m,). The ball comes first; the box, which holds the origin, only shortens changes.
    """
    changes = points - origins
    if threat.norm is Norm.LINF:
        changes = np.clip(changes, -radius[:, None], radius[:, None])
    else:
        size = threat.norm.of(changes)
        shrink = np.minimum(1.0, radius / np.where(size > 0, size, 1.0))
        changes = changes * np.where(size > 0, shrink, 1.0)[:, None]
    return np.clip(origins + changes, threat.low[places], threat.high[places])
