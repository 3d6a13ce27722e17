"""How far the values in a long bin reach: what counts do not tell about a distribution's tail."""

import numpy as np
from scipy.special import exprel

from detectors.counts import FloatArray

LARGEST_LOGARITHM = 600.0
"""Keeps powers finite; a tail that reaches e**600 times as far as it starts is no tail."""


def reach_within(near: FloatArray, length: FloatArray, records: FloatArray) -> FloatArray:
    """Return the part of a tail's length that its values are spread over evenly.

    near: distance at which the tail starts, above 0. length: how much further the farthest
    value lies. records: values in it. The part gives the values the mean of the power law that
    ``mean_place`` describes; it is at most 1.
    """
    part: FloatArray = np.minimum(2 * mean_place(near, length, records), 1.0)
    return part


def reach_beyond(
    near: FloatArray, length: FloatArray, records: FloatArray, share: FloatArray
) -> FloatArray:
    """Return the same part for values beyond a known range, except for the farthest of them.

    share: of all values of their side. A few of them are a tail; the larger their share, the
    more they are the body of a distribution that moved, which is spread evenly. So their mean
    goes from the power law's to the middle as the share goes from 0 to 1.
    """
    mean = share / 2 + (1 - share) * mean_place(near, length, records)
    others = (records * mean - 1) / np.maximum(records - 1, 1)
    part: FloatArray = np.clip(2 * others, 0.0, 1.0)
    return part


def mean_place(near: FloatArray, length: FloatArray, records: FloatArray) -> FloatArray:
    """Return the mean place of a tail's values as a part of its length.

    The tail is a power law that has all its values beyond the distance ``near`` and one beyond
    ``near + length``: with r = ln(1 + length / near), the survival (x / near)^(-ln records / r)
    integrates to near r (e^s - 1) / s for s = r - ln records.
    """
    with np.errstate(over="ignore"):
        reach = np.minimum(np.log1p(length / near), LARGEST_LOGARITHM)
    mean: FloatArray = exprel(reach - np.log(np.maximum(records, 1))) / exprel(reach)
    return mean
