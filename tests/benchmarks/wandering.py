"""Streams that wander by themselves: daily seasons, memory, weekends, holidays, trends."""

from dataclasses import dataclass, replace

import numpy as np

from detectors.counts import FloatArray
from detectors.evidence.season import DAY_MS, WEEKEND, basis
from tests.benchmarks.worlds import BLOCK_MS, NUMERIC

ODD_LEVEL = 0.4


@dataclass(frozen=True, slots=True)
class Wander:
    """A daily sine on half of the features, and AR(1) offsets: a common one and each one's own.

    sine, common, own: in sd. weekend: what Saturday and Sunday add to half of the features.
    growth: share by which the sine grows after the reference. trend: sd a day after it, on half
    of the features. holidays: days after it that are like a weekend. odd_days: days after it on
    which half of the features are ODD_LEVEL higher. reference_days: how long the reference is.
    """

    sine: float
    common: float
    own: float
    weekend: float = 0.0
    growth: float = 0.0
    trend: float = 0.0
    holidays: tuple[int, ...] = ()
    odd_days: tuple[int, ...] = ()
    reference_days: int = 14
    memory_ms: int = 2 * 3_600_000

    @property
    def reference_blocks(self) -> int:
        """Blocks of the reference."""
        return self.reference_days * DAY_MS // BLOCK_MS

    def offsets(self, rng: np.random.Generator, blocks: int) -> FloatArray:
        """Return the offset of each numeric feature in every block from the reference's first on.

        Shape (blocks, NUMERIC).
        """
        keep = np.exp(-BLOCK_MS / self.memory_ms)
        walk = rng.standard_normal((blocks, NUMERIC + 1))
        walk[1:] *= np.sqrt(1 - keep**2)
        for block in range(1, blocks):
            walk[block] += keep * walk[block - 1]
        offsets = self.common * walk[:, -1:] + self.own * walk[:, :-1]
        times = np.arange(blocks) * BLOCK_MS
        after = np.arange(blocks) - self.reference_blocks
        sine = self.sine * np.where(after >= 0, 1 + self.growth, 1.0)
        shared = sine * np.sin(2 * np.pi * times / DAY_MS)
        day = after * BLOCK_MS // DAY_MS
        off = np.isin(day, self.holidays) | (basis(times)[:, WEEKEND] > 0)
        shared += self.weekend * off + ODD_LEVEL * np.isin(day, self.odd_days)
        shared += self.trend * np.maximum(after, 0) * BLOCK_MS / DAY_MS
        offsets[:, : NUMERIC // 2] += shared[:, None]
        return offsets


WANDERS = {
    "moderate": Wander(sine=0.15, common=0.05, own=0.04),
    "strong": Wander(sine=0.30, common=0.10, own=0.08),
}

WEEKENDS = replace(WANDERS["moderate"], weekend=0.2)
CALENDARS = {
    "moderate, weekends of 0.2 sd, 14 reference days": WEEKENDS,
    "moderate, weekends of 0.2 sd, 28 reference days": replace(WEEKENDS, reference_days=28),
    "moderate, weekends, two weekdays like them": replace(WEEKENDS, holidays=(6, 18)),
    "moderate, one day 0.4 sd higher": replace(WANDERS["moderate"], odd_days=(12,)),
    "moderate, season 20 % larger afterwards": replace(WANDERS["moderate"], growth=0.2),
    "moderate, season 50 % larger afterwards": replace(WANDERS["moderate"], growth=0.5),
    "moderate, trend of 0.005 sd a day": replace(WANDERS["moderate"], trend=0.005),
}
