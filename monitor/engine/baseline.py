"""What the streams of a segment are compared with."""

from dataclasses import dataclass
from enum import StrEnum

from detectors.coarse import CoarseBins
from detectors.evidence.closing import Closing
from detectors.evidence.learned import Calibration, Learned
from detectors.evidence.ratios import Ratios
from detectors.profile import Profile
from detectors.summary import Summary


class Origin(StrEnum):
    """Where it is known from how streams wander without drift."""

    REFERENCE = "reference"
    WARMING_UP = "warming_up"
    LEARNED = "learned"
    INDEPENDENT = "independent"


@dataclass(frozen=True, slots=True)
class Baseline:
    """One part of a reference, and all that is computed of it once.

    learned: calibrated unless the origin is WARMING_UP or INDEPENDENT.
    """

    summary: Summary
    learned: Learned
    closing: Closing
    ratios: Ratios
    coarse: CoarseBins
    origin: Origin

    @classmethod
    def of(
        cls,
        profile: Profile,
        summary: Summary,
        learned: Learned,
        origin: Origin,
        ignore_below: float,
    ) -> "Baseline":
        """Return the baseline of one part of a reference."""
        wanders = origin is not Origin.INDEPENDENT
        return cls(
            summary=summary,
            learned=learned,
            closing=learned.closing(profile, summary.counts),
            ratios=learned.ratios(profile, summary.counts, wanders, ignore_below),
            coarse=CoarseBins.of(profile, summary.counts),
            origin=origin,
        )

    @property
    def calibration(self) -> Calibration | None:
        """What is known of season and memory."""
        return self.learned.calibration

    @property
    def may_alarm(self) -> bool:
        """Whether enough is known for an alarm to keep its budget."""
        return self.origin is not Origin.WARMING_UP
