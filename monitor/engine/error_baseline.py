"""What the errors of the streams of a segment are compared with."""

from dataclasses import dataclass, replace

from detectors.evidence.budget import Budget
from detectors.evidence.learned import Calibration
from detectors.evidence.ratios import Ratios
from detectors.performance.error_evidence import error_ratios
from detectors.performance.known import KnownPerformance
from detectors.performance.tally import Tally
from monitor.engine.baseline import Origin


@dataclass(frozen=True, slots=True)
class ErrorBaseline:
    """The labelled rows of one part of a reference, and what is computed of them once.

    raw: likelihood ratios of the errors without season and memory; ratios: with them, if they
    are known. calibration: None where the origin is WARMING_UP or INDEPENDENT.
    """

    reference: Tally
    raw: Ratios
    ratios: Ratios
    calibration: Calibration | None
    origin: Origin

    @classmethod
    def of(
        cls, known: KnownPerformance, segment: str, warm_up: int, ignore_below: float
    ) -> "ErrorBaseline":
        """Return what a segment is compared with; warm_up: blocks, 0 for none."""
        part = known.part(segment)
        raw = error_ratios(known.task, known.errors[part], ignore_below=ignore_below)
        independent = Origin.WARMING_UP if warm_up else Origin.INDEPENDENT
        plain = cls(known.tallies[part], raw, raw, None, independent)
        calibration = known.calibrations.get(part)
        return plain if calibration is None else plain.taught(calibration, Origin.REFERENCE)

    def taught(self, calibration: Calibration, origin: Origin) -> "ErrorBaseline":
        """Return the same with what was learned of season and memory."""
        ratios = calibration.of_ratios(self.raw)
        return replace(self, ratios=ratios, calibration=calibration, origin=origin)

    @property
    def may_alarm(self) -> bool:
        """Whether enough is known for an alarm to keep its budget."""
        return self.origin is not Origin.WARMING_UP

    def floor(self, budget: Budget) -> float:
        """Return the evidence below which nothing pages, as replaying the reference showed."""
        return 0.0 if self.calibration is None else self.calibration.floor(budget)
