"""Columns that the join takes, and the pairs that it gives."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.counts import FloatArray, IntArray
from monitor.labels.facts import FactArray, values_of


@dataclass(frozen=True, slots=True)
class Predictions:
    """The next predictions of one partition, in the log's order.

    offsets, times, blocks: (n,), of each record; newest: (n,), the newest event time of the
    partition up to and with it (both as ``monitor.engine.partition`` tells them). codes:
    (n, 2), version and segment. payload: (n, payload_bytes) of uint8, whatever the pair needs
    of a prediction.
    """

    ids: Sequence[object]
    offsets: IntArray
    times: IntArray
    newest: IntArray
    blocks: IntArray
    codes: NDArray[np.int16]
    payload: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Labels:
    """The next labels of one partition; as ``Predictions``, with a value of each, (n,)."""

    ids: Sequence[object]
    offsets: IntArray
    times: IntArray
    newest: IntArray
    blocks: IntArray
    values: FloatArray


@dataclass(frozen=True, slots=True)
class Pairs:
    """Predictions and their labels, (k,) of both, in the order of the records that joined them."""

    predictions: FactArray
    labels: FactArray

    def __len__(self) -> int:
        return len(self.labels)

    @classmethod
    def joined(cls, parts: Sequence["Pairs"]) -> "Pairs":
        """Return one or more lots of pairs as one."""
        return cls(
            np.concatenate([part.predictions for part in parts]),
            np.concatenate([part.labels for part in parts]),
        )

    def by_block(self) -> Iterator[tuple[int, "Pairs"]]:
        """Yield each block and a copy of its pairs."""
        if not len(self):
            return
        blocks = self.blocks
        order = np.argsort(blocks, kind="stable")
        ordered = blocks[order]
        starts = np.flatnonzero(np.diff(ordered, prepend=ordered[:1] - 1))
        ends = np.append(starts[1:], len(ordered))
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
            rows = order[start:end]
            yield int(ordered[start]), Pairs(self.predictions[rows], self.labels[rows])

    @property
    def blocks(self) -> IntArray:
        """The block of each pair: the later one of its two records."""
        blocks: IntArray = np.maximum(self.predictions["block"], self.labels["block"])
        return blocks

    @property
    def delays_ms(self) -> IntArray:
        """Label time less prediction time."""
        return np.asarray(self.labels["time"] - self.predictions["time"])

    @property
    def codes(self) -> NDArray[np.int16]:
        """Version and segment of each prediction; shape (k, 2)."""
        return np.asarray(self.predictions["codes"])

    @property
    def payload(self) -> NDArray[Any]:
        """What was kept of each prediction; shape (k, bytes)."""
        return np.asarray(self.predictions["payload"])

    @property
    def values(self) -> FloatArray:
        """The value of each label."""
        return values_of(self.labels)
