"""Facts: a prediction or a label, as the log told it, and when two of them belong together."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.counts import BoolArray, FloatArray, IntArray

SLICES = 4
"""Slices of the store in a horizon."""
BINS = 16
"""Bins in a slice, by which waiting facts are counted."""
MOST_PAYLOAD = 448
"""Bytes of a payload: the store takes 511 for a fact."""

FactArray = NDArray[np.void]


class Side(IntEnum):
    """Which of the two logs a fact comes from."""

    PREDICTION = 0
    LABEL = 1

    @property
    def other(self) -> "Side":
        """The side that it is joined with."""
        return Side(1 - self)


@dataclass(frozen=True, slots=True)
class JoinSettings:
    """What the join needs of a model's configuration.

    horizon_ms: how long after its prediction a label may come. lateness_ms: how far a record
    may lie behind its partition's newest one. payload_bytes: of what is kept of a prediction.
    max_bytes: of the store.
    """

    horizon_ms: int
    lateness_ms: int
    payload_bytes: int
    max_bytes: int

    def __post_init__(self) -> None:
        if self.horizon_ms < 1:
            raise ValueError(f"horizon_ms is {self.horizon_ms}; it must be 1 or more")
        if not 0 <= self.payload_bytes <= MOST_PAYLOAD:
            raise ValueError(
                f"payload_bytes is {self.payload_bytes}; a prediction may keep "
                f"{MOST_PAYLOAD} bytes at most"
            )

    @property
    def bin_ms(self) -> int:
        """The width of a bin, of which a slice has BINS."""
        return -(-self.horizon_ms // (SLICES * BINS))

    @property
    def slice_ms(self) -> int:
        """The width of a slice."""
        return self.bin_ms * BINS

    @property
    def known_ms(self) -> int:
        """How long after its slice a fact is still known to later records of its id.

        Twice the horizon, so that a late label finds its prediction and a repeated record the
        first one, and the lateness, so that no record fits two facts that do not know of one
        another.
        """
        return 2 * self.horizon_ms + self.lateness_ms

    @property
    def kept_ms(self) -> int:
        """How long after its slice a fact may still decide anything: see ``monitor.labels.rules``.

        The longest case is a prediction that made a label late, which another prediction of
        the same id, up to a horizon after that label, must not take for a free one.
        """
        return 3 * self.horizon_ms + 2 * self.lateness_ms

    def end_of(self, effective: IntArray) -> IntArray:
        """Return the end of the slice of each effective time."""
        return (effective // self.slice_ms + 1) * self.slice_ms

    @property
    def dtype(self) -> np.dtype[Any]:
        """The layout of a fact, without gaps.

        offset, time, block: of the record. watermark: of its partition, with the record itself.
        effective: its time, or its watermark where that is later; it decides the slice.
        codes: version and segment of a prediction. payload: of a prediction; of a label its
        value, as a float in the first eight bytes.
        """
        return np.dtype(
            [
                ("offset", "<i8"),
                ("side", "u1"),
                ("time", "<i8"),
                ("watermark", "<i8"),
                ("effective", "<i8"),
                ("block", "<i8"),
                ("codes", "<i2", (2,)),
                ("payload", "u1", (max(8, self.payload_bytes),)),
            ]
        )


def values_of(facts: FactArray) -> FloatArray:
    """Return the values of labels; shape (n,)."""
    return np.ascontiguousarray(facts["payload"][:, :8]).view(np.float64)[:, 0]


def same_value(first: FactArray, second: FactArray) -> BoolArray:
    """Return which labels have the same value, bit for bit, so that nan is nan; shape (n,)."""
    same: BoolArray = (first["payload"][:, :8] == second["payload"][:, :8]).all(axis=1)
    return same
