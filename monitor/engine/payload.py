"""What the label store keeps of a prediction until its label comes."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.performance.said import Said


@dataclass(frozen=True)
class Payload:
    """Predictions as bytes, and back.

    classes: whose chances are kept, 0 for none. features: whose cells are kept, 0 for none.
    """

    classes: int
    features: int

    @cached_property
    def dtype(self) -> np.dtype[Any]:
        """The layout, without gaps."""
        return np.dtype(
            [
                ("predicted", "<f8"),
                ("confidence", "<f8"),
                ("chances", "<f4", (self.classes,)),
                ("cells", "u1", (self.features,)),
            ]
        )

    @property
    def bytes(self) -> int:
        """Bytes of a prediction."""
        return self.dtype.itemsize

    def pack(self, said: Said) -> NDArray[np.uint8]:
        """Return predictions as bytes; shape (n, bytes)."""
        packed = np.empty(len(said), dtype=self.dtype)
        packed["predicted"] = said.predicted
        packed["confidence"] = said.confidence
        packed["chances"] = said.chances
        packed["cells"] = said.cells
        return packed.view(np.uint8).reshape(len(said), self.bytes)

    def unpack(self, packed: NDArray[Any]) -> Said:
        """Return the predictions that were packed; further bytes are left out."""
        own = np.ascontiguousarray(packed[:, : self.bytes]).view(self.dtype)[:, 0]
        return Said(
            predicted=np.ascontiguousarray(own["predicted"]),
            confidence=np.ascontiguousarray(own["confidence"]),
            chances=np.ascontiguousarray(own["chances"]),
            cells=np.ascontiguousarray(own["cells"]),
        )
