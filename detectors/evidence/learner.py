"""Learning a stream's season and memory from itself, where the reference does not show them."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from detectors.counts import BoolArray, FloatArray
from detectors.evidence.learned import Calibration
from detectors.evidence.observed import Observed
from detectors.evidence.ratios import Ratios
from detectors.evidence.season import Season
from detectors.evidence.streams import MOVED, Kind

UNITS = 336
"""The blocks of a warm-up are kept as so many sums: of an hour each in 14 days."""

WITHIN_BLOCKS = (*MOVED, Kind.CORRELATION)
"""Kinds that are taken around each block's own mean. How far records scatter around it depends
on how alike neighbours are, which a reference without order does not show."""

FEWEST_UNITS = 64
"""A warm-up goes on until there are so many that hold records."""


@dataclass(slots=True)
class Learner:
    """Gathers the blocks of a warm-up, in units of several.

    blocks: how long the warm-up is. started: its first block, -1 before the first record.
    units: by number, what was observed; numbered in units.
    """

    blocks: int
    started: int = -1
    units: dict[int, Observed] = field(default_factory=dict)

    @property
    def unit_blocks(self) -> int:
        """Blocks in a unit."""
        return -(-self.blocks // UNITS)

    def add(self, observed: Observed) -> None:
        """Take one block."""
        if self.started < 0:
            self.started = observed.first
        unit = observed.first // self.unit_blocks
        added = replace(observed, first=unit, last=unit, counts=observed.counts.astype(np.int64))
        known = self.units.get(unit)
        self.units[unit] = added if known is None else known + added

    def done(self, block: int) -> bool:
        """Tell whether enough was seen up to and with a block."""
        long_enough = 0 <= self.started <= block + 1 - self.blocks
        return long_enough and len(self.units) >= FEWEST_UNITS

    def teach(self, raw: Ratios, block_ms: int) -> Calibration:
        """Return the stream's season and memory; raw: likelihood ratios without them.

        The season is taken around its own mean: what the stream differs from the reference by all
        the time is drift and no season, except in what neighbours in time decide (WITHIN_BLOCKS).
        """
        seen = [self.units[unit] for unit in sorted(self.units)]
        found = Calibration.of(raw, seen, self.unit_blocks * block_ms, self.unit_blocks)
        across = np.array([kind not in WITHIN_BLOCKS for kind in raw.streams.kinds])
        return replace(found, season=around_its_mean(found.season, mean_clock(seen), across))


def mean_clock(blocks: Iterable[Observed]) -> FloatArray:
    """Return the mean over records of the season's basis; (HARMONICS,)."""
    held = list(blocks)
    clock: FloatArray = np.sum([each.clock for each in held], axis=0)
    return clock / sum(each.records for each in held)


def around_its_mean(season: Season, clock: FloatArray, chosen: BoolArray) -> Season:
    """Return a season that is 0 on average in the chosen streams.

    clock: its mean basis, (HARMONICS,). chosen: (streams,).
    """
    coefficients = season.coefficients.copy()
    coefficients[chosen, 0] -= season.sums(clock)[chosen]
    return replace(season, coefficients=coefficients)
