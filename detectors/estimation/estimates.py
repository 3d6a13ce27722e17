"""Estimated values with their errors, and what is left when the labels arrive."""

from dataclasses import dataclass

import numpy as np

from detectors.counts import FloatArray

STANDARD_ERRORS = 3.0
"""Half of an interval, as in NannyML's bands."""


@dataclass(frozen=True, slots=True)
class Estimates:
    """Metrics of a window, estimated without its labels; all arrays (metrics,).

    outcome_error: standard error of the realised value around the estimate, were calibration
    perfect: what chance does to so many outcomes. reference_error: that of the estimate, because
    it was learned from a finite reference. lowest, highest: what the metrics can be.
    """

    value: FloatArray
    outcome_error: FloatArray
    reference_error: FloatArray
    lowest: FloatArray
    highest: FloatArray

    @property
    def error(self) -> FloatArray:
        """Standard error of realised less estimated value while the estimate holds."""
        return np.hypot(self.outcome_error, self.reference_error)

    @property
    def interval(self) -> tuple[FloatArray, FloatArray]:
        """Where the realised value lies while the estimate holds; lower and upper ends."""
        half = STANDARD_ERRORS * self.error
        return (
            np.maximum(self.value - half, self.lowest),
            np.minimum(self.value + half, self.highest),
        )


@dataclass(frozen=True, slots=True)
class Comparison:
    """Realised against estimated performance of the same records; all arrays (metrics,).

    The change from the reference is ``explained + unexplained``: what moved inputs make one
    expect, and what they do not. Covariate shift shows in the former, concept drift in the
    latter; where the latter is not noise, estimates cannot be trusted.
    """

    reference: FloatArray
    estimated: Estimates
    realised: FloatArray

    @property
    def explained(self) -> FloatArray:
        """Estimated less reference value."""
        return self.estimated.value - self.reference

    @property
    def unexplained(self) -> FloatArray:
        """Realised less estimated value."""
        return self.realised - self.estimated.value

    @property
    def standard_errors(self) -> FloatArray:
        """The unexplained part in standard errors; nan where one of them is not known."""
        error = self.estimated.error
        unknown = np.full(error.shape, np.nan)
        found: FloatArray = np.divide(self.unexplained, error, out=unknown, where=error > 0)
        return found

    @property
    def holds(self) -> FloatArray:
        """How far the estimate holds, in [0, 1]; nan where that is not known.

        1 - |unexplained| / (|unexplained| + |explained|), noise of STANDARD_ERRORS taken off
        the former first: 1 while the difference is within its interval, and then the part of
        the change that the estimate saw.
        """
        beyond = np.abs(self.unexplained) - STANDARD_ERRORS * self.estimated.error
        beyond = np.maximum(beyond, 0.0)
        seen = np.abs(self.explained)
        whole: FloatArray = np.where(beyond > 0, beyond + seen, 1.0)
        held: FloatArray = 1.0 - beyond / whole
        return held
