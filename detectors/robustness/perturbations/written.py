"""Numbers as the objects that a request holds, for faults that no column of numbers can hold."""

import numpy as np

from detectors.robustness.space import Feature
from detectors.robustness.table import Column


def as_written(feature: Feature, column: Column) -> Column:
    """Return numbers as the objects (n,) that JSON would hold, None where missing."""
    written = np.empty(len(column), dtype=object)
    for place, value in enumerate(column.tolist()):
        if np.isnan(value).any():
            written[place] = None
        elif feature.integer and float(value).is_integer():
            written[place] = int(value)
        else:
            written[place] = value
    return written
