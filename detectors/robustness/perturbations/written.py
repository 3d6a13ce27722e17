"""Numbers as the objects that a request holds, for faults that no column of numbers can hold."""

import numpy as np

from detectors.robustness.space import Feature
from detectors.robustness.table import Column


def as_written(feature: Feature, column: Column) -> Column:
    """Return numbers as the objects (n,) that JSON would hold, None where missing."""
    written = np.empty(len(column), dtype=object)
    for place, value in enumerate(column.tolist()):
        whole = feature.integer and isinstance(value, float) and value.is_integer()
        written[place] = int(value) if whole else value
    written[np.isnan(column).reshape(len(column), -1).any(axis=1)] = None
    return written
