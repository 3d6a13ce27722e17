"""From the summary of a whole block to what its buckets hold for the evidence."""

from dataclasses import dataclass

import numpy as np

from detectors.cells import VALUE_BINS
from detectors.counts import FloatArray, IntArray
from detectors.evidence.derived import Derivation
from detectors.evidence.observed import Observed
from detectors.evidence.season import place_by_clock
from detectors.evidence.streams import moved_moments, order_table, reference_of
from detectors.grids import SUM_GRID
from detectors.profile import Profile
from detectors.summary import Summary


@dataclass(frozen=True, slots=True)
class Closing:
    """What only a whole block shows: its place by the clock, and sums around its own mean.

    scores: (2, numeric, VALUE_BINS), location and scale scores of the reference's bins.
    """

    scores: FloatArray
    derivation: Derivation | None

    @classmethod
    def of(cls, profile: Profile, counts: IntArray, derivation: Derivation | None) -> "Closing":
        """Close blocks for a reference with these counts; (features, WIDTH)."""
        _, scores = order_table(*reference_of(profile, counts), len(profile.numeric))
        return cls(scores[:, :2, :VALUE_BINS].transpose(1, 0, 2), derivation)

    def extra(self, summary: Summary) -> FloatArray:
        """Return the sums of derived columns, then the moved moments."""
        sums = [moved_moments(self.scores, summary.counts, summary.records)]
        if self.derivation is not None:
            sums = [self.derivation.closed(summary.derived, summary.records), *sums]
        extra: FloatArray = np.rint(np.concatenate(sums) * SUM_GRID) / SUM_GRID
        return extra + 0.0  # no -0.0: a sum that went through a file has none

    def observed(self, block: int, middle_ms: int | None, summary: Summary) -> Observed:
        """Return what is observed of a whole block."""
        return Observed(
            first=block,
            last=block,
            records=summary.records,
            counts=summary.counts,
            clock=place_by_clock(middle_ms, summary.records),
            extra=self.extra(summary),
        )
