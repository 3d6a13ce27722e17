"""What a re-test found, in one sentence for people."""

from detectors.robustness.measured import Interval
from detectors.robustness.verdict import Verdict
from monitor.config.retests import RequirementConfig
from monitor.retest.measures import MEASURES, TrialKind
from monitor.retest.plan import Gate, Spec

RATIOS = (
    "accuracy",
    "accuracy_drop",
    "flip_ratio",
    "confidence_drop",
    "robust_accuracy",
    "attack_success_ratio",
    "certified_accuracy",
    "abstained_ratio",
    "relation_violation_ratio",
    "failed_ratio",
    "hostile_ratio",
    "unanswered_ratio",
)


def limit_words(config: RequirementConfig) -> str:
    """Return the limit, such as 'at most 2.0 %'."""
    if config.most is not None:
        return f"at most {value_words(config.measure, config.most)}"
    return f"at least {value_words(config.measure, config.least)}"


def value_words(measure: str, value: float | None) -> str:
    """Return a value of a measure with its unit; 'unknown' for None or nan."""
    if value is None or value != value:
        return "unknown"
    if measure in RATIOS:
        return f"{100 * value:.1f} %"
    if measure.endswith("_rate"):
        return f"{value:g}/s"
    if measure.startswith("latency"):
        return f"{1000 * value:.0f} ms"
    return "farther than any change" if value == float("inf") else f"{value:.3g} sd"


def trial_words(spec: Spec) -> str:
    """Return what is done, such as 'gaussian_noise 0.1 sd'."""
    if spec.kind is TrialKind.BOUNDARY:
        return f"{spec.norm} distance to the boundary"
    norm = f"{spec.norm} " if spec.kind is TrialKind.ATTACKED else ""
    if not spec.unit:
        return spec.perturbation
    return f"{spec.perturbation} {norm}{spec.severity:g} {spec.unit}".rstrip()


def requirement_words(gate: Gate, verdict: Verdict, found: Interval, reason: str) -> str:
    """Return the verdict as a sentence; of an attack it claims no more than the attack shows."""
    measure, spec = gate.config.measure, gate.spec
    said = f"{MEASURES[measure].words} under {trial_words(spec)}"
    if spec.kind in (TrialKind.BOUNDARY, TrialKind.EDGE):
        said = MEASURES[measure].words
    told = f"{said} is {value_words(measure, found.value)}, {limit_words(gate.config)} is required"
    if verdict is Verdict.INCONCLUSIVE:
        return f"{told}: not decided, {reason}" if reason else f"{told}: not decided"
    if verdict is Verdict.PASSED and spec.kind in (TrialKind.ATTACKED, TrialKind.BOUNDARY):
        return f"{told}: not broken by this attack within this budget"
    if verdict is Verdict.FAILED and spec.kind is TrialKind.CERTIFIED:
        return f"{told}: not certified by these draws, which is not broken"
    return f"{told}: {verdict}"
