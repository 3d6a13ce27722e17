"""Counts in as few bytes as they need."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def narrowed_counts(counts: NDArray[Any]) -> NDArray[Any]:
    """Return counts, none of them negative, in two, four or eight bytes each."""
    largest = counts.max(initial=0)
    for kind in (np.uint16, np.uint32):
        if largest <= np.iinfo(kind).max:
            return counts.astype(kind)
    return counts.astype(np.int64)
