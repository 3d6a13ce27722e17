"""Robust standardisation of columns."""

import numpy as np

from detectors.counts import FloatArray

NORMAL_IQR = 1.349
"""Interquartile range of a normal distribution in its standard deviations."""

LARGEST = 1e150
"""Values further out count as this far, so that no square overflows."""


def centre_and_scale(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return each column's median and robust sd; both of shape (columns,).

    values: (n, columns), none missing. The scale is the interquartile range / 1.349, where
    that is 0 the standard deviation, and 1 for a constant column or one without values.
    """
    columns = values.shape[1]
    if not len(values):
        return np.zeros(columns), np.ones(columns)
    clipped = np.clip(values, -LARGEST, LARGEST)
    low, centre, high = np.quantile(clipped, [0.25, 0.5, 0.75], axis=0)
    robust = (high - low) / NORMAL_IQR
    scale = np.where(robust > 0, robust, clipped.std(axis=0))
    # The standard deviation of equal numbers need not come out as 0.
    varies = clipped.max(axis=0) > clipped.min(axis=0)
    return centre, np.where(varies & (scale > 0), scale, 1.0)
