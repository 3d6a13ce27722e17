"""From the evidence at hand to the failure mode that explains it best."""

import numpy as np

from detectors.counts import BoolArray
from detectors.diagnosis.failure_mode import Diagnosis, FailureMode
from detectors.diagnosis.performance_signal import PerformanceSignal
from detectors.diagnosis.signals import Signals
from detectors.diagnosis.words import in_words
from detectors.evidence.evidence import JOINT

ENOUGH_EXPLAINED = 0.6
"""A mixture of labels that explains less of the movement is not what happened."""

AS_GOOD_AS_ONE = 0.8
"""A mixture explains at least so much of what the strongest single feature does, or it is that
feature that moved."""

SURE_GAIN = 3.0
"""Nats by which a mixture is to be likelier than labels that moved alone."""

BEYOND_ERRORS = 3.0
"""Performance that is worse than its estimate by so many standard errors is not explained by it."""

MOST_OF_IT = 0.5
"""Evidence of a feature is that of its values inside the support if they show so much of it."""

LOWERED = 0.5
"""What is left of a mode's degree where another one explains the same better."""


def diagnose(signals: Signals) -> Diagnosis:
    """Return how far the evidence speaks for each failure mode, and which one is named."""
    degrees = {
        FailureMode.DATA_CORRUPTION: _corruption(signals),
        FailureMode.PRIOR_SHIFT: _prior_shift(signals),
        FailureMode.CONCEPT_DRIFT: _concept_drift(signals),
        FailureMode.COVARIATE_SHIFT: _covariate_shift(signals),
        FailureMode.OUT_OF_DISTRIBUTION: _out_of_distribution(signals),
    }
    kind = next((mode for mode in FailureMode if degrees[mode] >= 1), None)
    return Diagnosis(degrees, kind, in_words(signals, kind))


def _degree(signals: Signals, evidence: float) -> float:
    return float(min(1.0, max(0.0, evidence / signals.threshold)))


def _corruption(signals: Signals) -> float:
    return _degree(signals, max((each.evidence for each in signals.seen.damages), default=0.0))


def _inputs_moved(signals: Signals) -> float:
    """Return the evidence that inputs moved, beyond damage and records far outside."""
    single = _moved(signals, signals.seen.healthy(signals.inputs))
    few_outside = signals.seen.outliers.evidence < signals.strongest.value
    if _corruption(signals) < 1 and few_outside:
        return max(single, signals.joint)
    return single


def _output_moved(signals: Signals) -> float:
    return _moved(signals, ~signals.inputs)


def _moved(signals: Signals, chosen: BoolArray) -> float:
    """Return the evidence that one of the chosen features moved inside the support."""
    largest = float(np.where(chosen, signals.seen.moved, 0.0).max(initial=0.0))
    row, value = signals.strongest.feature, signals.strongest.value
    if row != JOINT and chosen[row] and signals.seen.moved[row] >= MOST_OF_IT * value:
        return value
    return largest


def _explained(signals: Signals) -> float:
    """Return how far other shares of the labels explain all that moved, in [0, 1]."""
    mixture = signals.mixture
    if mixture is None:
        return 1.0 if _output_moved(signals) > _inputs_moved(signals) else 0.0
    if mixture.gain < 0:
        return 0.0
    if _inputs_moved(signals) < signals.threshold:
        return 1.0
    if mixture.gain < AS_GOOD_AS_ONE * mixture.single:
        return 0.0
    return mixture.explained if mixture.explained >= ENOUGH_EXPLAINED else 0.0


def _prior_shift(signals: Signals) -> float:
    labels = 0.0 if signals.mixture is None else signals.mixture.labels
    evidence = max(_output_moved(signals), labels)
    if signals.mixture is not None and signals.mixture.gain >= SURE_GAIN:
        evidence = max(evidence, _inputs_moved(signals))
    lowered = LOWERED if _corruption(signals) >= 1 else 1.0
    explained = _explained(signals)
    sure = 1.0 if explained >= ENOUGH_EXPLAINED else explained
    return _degree(signals, evidence) * sure * lowered


def _concept_drift(signals: Signals) -> float:
    performance = signals.performance
    if performance is None:
        return 0.0
    mixture = signals.mixture
    still = _inputs_moved(signals) < signals.threshold
    degree = _degree(signals, performance.evidence)
    if still and mixture is not None:
        # Labels that moved where inputs did not follow from them otherwise than before.
        degree = max(degree, _degree(signals, min(mixture.labels, -mixture.gain)))
    if _corruption(signals) >= 1 or _lost_outside(signals, performance):
        degree *= LOWERED
    if mixture is not None and mixture.gain >= SURE_GAIN:
        degree *= 1 - LOWERED * _prior_shift(signals)
    if still:
        return degree
    if not performance.estimate_known:
        return degree * LOWERED
    return degree * min(1.0, performance.beyond_estimate / BEYOND_ERRORS)


def _lost_outside(signals: Signals, performance: PerformanceSignal) -> bool:
    """Tell whether the few records outside the support explain what performance lost."""
    found = signals.seen.outliers
    if found.evidence < signals.threshold:
        return False
    return found.evidence >= performance.evidence or performance.within(found.share)


def _covariate_shift(signals: Signals) -> float:
    degree = _degree(signals, _inputs_moved(signals))
    if _prior_shift(signals) >= 1:
        degree *= 1 - LOWERED * _explained(signals)
    return degree


def _out_of_distribution(signals: Signals) -> float:
    degree = _degree(signals, signals.seen.outliers.evidence)
    explained = _corruption(signals) >= 1 or _inputs_moved(signals) >= signals.threshold
    return degree * LOWERED if explained else degree
