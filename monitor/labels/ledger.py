"""What the join of one pair of partitions knows beside its facts: small, and in the snapshot."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from detectors.counts import IntArray
from monitor.engine.partition import NEVER
from monitor.labels.delays import Delays
from monitor.labels.facts import BINS, FactArray, JoinSettings, Side

REWIND_BITS = 48
"""An offset's bits; those above them count how often its log was rewound."""


@dataclass(slots=True)
class SideLedger:
    """One side of the join.

    position: the offset after the last one that was taken; facts from it on, which the store
    may hold after a restart, are not there yet. watermark_ms: what was last told of it.
    rewinds: how often the log began anew. outcomes: of its records, by name. waiting: records
    that wait for the other side, by the bin of their effective time.
    """

    position: int = 0
    watermark_ms: int = NEVER
    rewinds: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    waiting: Counter[int] = field(default_factory=Counter)

    def numbered(self, offsets: IntArray) -> IntArray:
        """Return offsets that go on increasing where the log was rewound."""
        return offsets + (self.rewinds << REWIND_BITS)

    def wait(self, facts: FactArray, bin_ms: int) -> None:
        """Take facts as waiting."""
        bins, counts = np.unique(facts["effective"] // bin_ms, return_counts=True)
        for each, count in zip(bins.tolist(), counts.tolist(), strict=True):
            self.waiting[each] += count

    def settle(self, facts: FactArray, bin_ms: int) -> None:
        """Take waiting facts as no longer so."""
        bins, counts = np.unique(facts["effective"] // bin_ms, return_counts=True)
        for each, count in zip(bins.tolist(), counts.tolist(), strict=True):
            self.waiting[each] -= count
            assert self.waiting[each] >= 0, "a fact is settled once"
            if not self.waiting[each]:
                del self.waiting[each]

    def give_up(self, before: int, outcome: str) -> None:
        """Count what waits in the bins before bin ``before`` as ``outcome``."""
        for each in [each for each in self.waiting if each < before]:
            self.outcomes[outcome] += self.waiting.pop(each)


@dataclass(slots=True)
class Ledger:
    """Both sides of a pair of partitions, and the delays of its labels."""

    prediction: SideLedger = field(default_factory=SideLedger)
    label: SideLedger = field(default_factory=SideLedger)
    delays: Delays = field(default_factory=Delays)

    def side(self, side: Side) -> SideLedger:
        """Return one of the sides."""
        return self.prediction if side is Side.PREDICTION else self.label

    def advance(self, settings: JoinSettings, watermarks: Mapping[Side, int]) -> None:
        """Take the sides' watermarks, and give up what waits for a side that has passed it."""
        for side, watermark in watermarks.items():
            own = self.side(side)
            own.watermark_ms = max(own.watermark_ms, watermark)
        for side, outcome in ((Side.PREDICTION, "unlabelled"), (Side.LABEL, "orphan")):
            passed = self.side(side.other).watermark_ms
            if passed != NEVER:
                before = (passed - settings.horizon_ms) // settings.bin_ms
                self.side(side).give_up(before, outcome)

    def needs_from(self, settings: JoinSettings) -> int:
        """Return the first slice that may still decide anything."""
        watermark = min(self.prediction.watermark_ms, self.label.watermark_ms)
        if watermark == NEVER:
            return NEVER
        return (watermark - settings.kept_ms - 1) // settings.slice_ms

    def evict(self, before: int) -> None:
        """Count what waits in the slices before slice ``before`` as evicted."""
        for side in Side:
            self.side(side).give_up(before * BINS, "evicted")

    def meta(self) -> dict[str, Any]:
        """Return all of it as JSON can hold it."""
        return {
            "delays": self.delays.meta(),
            **{
                side.name.lower(): {
                    "position": self.side(side).position,
                    "watermark_ms": self.side(side).watermark_ms,
                    "rewinds": self.side(side).rewinds,
                    "outcomes": dict(self.side(side).outcomes),
                    "waiting": sorted(self.side(side).waiting.items()),
                }
                for side in Side
            },
        }

    @classmethod
    def from_meta(cls, meta: Mapping[str, Any]) -> "Ledger":
        """Return the ledger that ``meta`` was told of."""
        return cls(
            _side_from(meta["prediction"]),
            _side_from(meta["label"]),
            Delays.from_meta(meta["delays"]),
        )


def _side_from(meta: Mapping[str, Any]) -> SideLedger:
    return SideLedger(
        position=meta["position"],
        watermark_ms=meta["watermark_ms"],
        rewinds=meta["rewinds"],
        outcomes=Counter(meta["outcomes"]),
        waiting=Counter(dict(meta["waiting"])),
    )
