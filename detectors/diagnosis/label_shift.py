"""Whether the labels that came have other shares than the reference's."""

from dataclasses import dataclass

import numpy as np

from detectors.counts import BoolArray, FloatArray
from detectors.diagnosis.bayes_factors import shares_changed
from detectors.diagnosis.performance_signal import PerformanceSignal
from detectors.evidence.ratios import Ratios


@dataclass(frozen=True, slots=True)
class LabelShift:
    """The window whose labels differ most from the reference.

    now, before: (L,), counts in the window and in the reference, as many as independent records
    would say as much. first: the window's first block. evidence: that labels moved, in nats, the
    choice of the window paid.
    """

    now: FloatArray
    before: FloatArray
    first: int
    evidence: float

    @classmethod
    def of(
        cls, performance: PerformanceSignal | None, ratios: Ratios, outputs: BoolArray
    ) -> "LabelShift | None":
        """Return what labels say; None where none were counted.

        ratios: of the features. outputs: (features,), the model's output. How labels wander
        without drift is not known, but that of the output, which foretells them, is: they are
        taken to wander as much. Where features have a season, windows are of a day at least.
        """
        if performance is None or performance.labels is None or performance.label_first is None:
            return None
        before = performance.labels_before
        blocks = performance.last - performance.label_first + 1
        wander = ratios.wander[outputs].max(axis=0, keepdims=True)
        at_length = np.maximum(ratios.inflation.of_windows(wander, blocks)[0], 1.0)
        fit = np.isfinite(at_length) & performance.labels.any(axis=1)
        if ratios.season.coefficients[:, 1:].any():
            fit &= blocks >= ratios.season.day_blocks
        if before is None or not before.any() or not fit.any():
            return None
        known = before / max(float(wander[0, -1]), 1.0)
        told = performance.labels[fit] / at_length[fit, None]
        changed = [shares_changed(each, known) for each in told]
        at = int(np.argmax(changed))
        evidence = max(0.0, changed[at] - float(np.log(len(changed))))
        return cls(told[at], known, int(performance.label_first[fit][at]), evidence)
