"""What a model said: the part of its predictions that performance is told by."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from detectors.counts import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Said:
    """Columns of n predictions.

    predicted, confidence: (n,), as in detectors.performance.pairs. chances: (n, K),
    probabilities of all classes, nan where they cannot be used; K is 0 where nobody needs them.
    cells: (n, features), the column of a table of counts that each value falls into; no
    feature where nobody needs them.
    """

    predicted: FloatArray
    confidence: FloatArray
    chances: NDArray[np.floating]
    cells: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.predicted)

    def chosen(self, chosen: BoolArray | IntArray) -> "Said":
        """Return some of the predictions, in their order."""
        return Said(*(getattr(self, column.name)[chosen] for column in fields(self)))
