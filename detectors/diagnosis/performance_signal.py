"""What the labels of a stream say of its performance, as far as a diagnosis needs it."""

from dataclasses import dataclass

import numpy as np

from detectors.counts import FloatArray


@dataclass(frozen=True, slots=True)
class PerformanceSignal:
    """Performance in the window that shows best that it fell.

    evidence: that errors are more or larger than the reference's, in nats. measure: its name;
    reference, realised: its values. estimated: what the same records were estimated to have,
    nan without an estimate; estimate_error: the standard error of realised less estimated while
    the estimate holds. pairs: of the window. first: its first block. labels: (L,), counts of its
    labels as KnownPerformance.by_label groups them; None where they were not counted.
    """

    evidence: float
    reference: float
    realised: float
    estimated: float
    estimate_error: float
    measure: str
    worse_is_lower: bool
    pairs: int
    first: int
    labels: FloatArray | None = None

    @property
    def estimate_known(self) -> bool:
        """Whether there is an estimate to compare with."""
        return bool(np.isfinite(self.estimated) and np.isfinite(self.estimate_error))

    @property
    def beyond_estimate(self) -> float:
        """By how many standard errors it is worse than inputs explain, at least 0; nan unknown."""
        if not self.estimate_known:
            return float("nan")
        worse = (
            self.estimated - self.realised
            if self.worse_is_lower
            else (self.realised - self.estimated)
        )
        return max(0.0, worse / max(self.estimate_error, 1e-12))
