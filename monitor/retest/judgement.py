"""From what trials measured to figures and verdicts."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from detectors.robustness.measured import Interval, Measured
from detectors.robustness.verdict import Decision, Verdict
from monitor.retest.measures import MEASURES, TrialKind
from monitor.retest.plan import Gate, Spec
from monitor.retest.result import Figure, Requirement, Share, Trial
from monitor.retest.trials.outcome import Outcome
from monitor.retest.trials.prepared import Prepared
from monitor.retest.wording import limit_words, requirement_words, trial_words, value_words

MOST_SHARES = 10
WORST_BY = (
    "accuracy_drop",
    "flip_ratio",
    "attack_success_ratio",
    "relation_violation_ratio",
    "unanswered_ratio",
    "hostile_ratio",
)
"""Measures that tell the worst variant of a trial, the first that it has."""

NOISY = ("flip_ratio", "attack_success_ratio", "accuracy_drop")
"""Measures that a model which contradicts itself spoils."""


def figure(found: Interval) -> Figure:
    """Return an interval as it is stored: None for what is undefined or infinite."""
    value, low, high = (
        each if math.isfinite(each) else None for each in (found.value, found.low, found.high)
    )
    return Figure(value, low, high)


def trial_document(spec: Spec, outcome: Outcome, prepared: Prepared, queries: int) -> Trial:
    """Return a trial as it is stored, with the figures of its worst variant."""
    worst = worst_variant(outcome)
    measured = outcome.variants.get(worst, {})
    figures = {name: figure(each.interval()) for name, each in measured.items()}
    told = "; ".join(
        f"{MEASURES[name].words} {value_words(name, each.interval().value)}"
        for name, each in measured.items()
        if name in MEASURES
    )
    of_worst = f" ({worst})" if worst else ""
    return Trial(
        perturbation=spec.perturbation,
        severity=_stored(spec.severity),
        unit=spec.unit,
        data=spec.data,
        records=max((each.records for each in measured.values()), default=0),
        failed=outcome.failed,
        queries=queries,
        figures=figures,
        options=spec.options,
        worst=worst,
        features=shares(outcome.by_feature),
        segments=_segments(outcome.lost, prepared),
        words=f"{trial_words(spec)}{of_worst}: {told}",
    )


def worst_variant(outcome: Outcome) -> str:
    """Return the variant whose answers changed most, the first of equals."""
    return max(outcome.variants, key=lambda name: _badness(outcome.variants[name]), default="")


def _badness(measured: Mapping[str, Measured]) -> float:
    for name in WORST_BY:
        if name in measured:
            value = measured[name].interval().value
            return -1.0 if math.isnan(value) else value
    return 0.0


def decide(gate: Gate, outcome: Outcome, prepared: Prepared, alpha: float) -> Requirement:
    """Return the verdict on a requirement.

    Each variant is a requirement of its own: one that fails is enough, and none may be undecided
    for all to pass. alpha: the chance of a false failure, which the variants share.
    """
    config = gate.config
    most, limit = config.most is not None, config.most if config.most is not None else config.least
    assert limit is not None, "a requirement has a limit"
    measured = {
        name: each[config.measure]
        for name, each in outcome.variants.items()
        if config.measure in each
    }
    if not measured:
        return undecided(gate, alpha, f"{config.measure} cannot be measured here")
    decisions = {
        name: each.decide(limit, most, alpha / len(measured)) for name, each in measured.items()
    }
    verdict = _together([each.verdict for each in decisions.values()])
    told = max(decisions, key=lambda name: _urgency(decisions[name], measured[name], most))
    decision, found = decisions[told], measured[told].interval()
    reason = _reason(gate.spec.kind, verdict, decision, measured[told], outcome.failed)
    noise = prepared.control.interval()
    if verdict is Verdict.FAILED and config.measure in NOISY and 0 < noise.value >= limit:
        verdict = Verdict.INCONCLUSIVE
        reason = f"asked twice, the model contradicts itself for {noise.value:.1%} of records"
    if verdict is Verdict.FAILED and outcome.doubt and config.measure != "hostile_ratio":
        verdict, reason = Verdict.INCONCLUSIVE, outcome.doubt
    shown = figure(Interval(found.value, decision.low, decision.high))
    words = requirement_words(gate, verdict, found, reason)
    if told:
        words = f"{words} ({told})"
    records = measured[told].records
    return _requirement(gate, verdict, shown, alpha, records, decision.needed, reason, words)


def undecided(gate: Gate, alpha: float, reason: str) -> Requirement:
    """Return a requirement that could not be tested, and why."""
    nothing = Interval(math.nan, math.nan, math.nan)
    words = requirement_words(gate, Verdict.INCONCLUSIVE, nothing, reason)
    return _requirement(gate, Verdict.INCONCLUSIVE, figure(nothing), alpha, 0, None, reason, words)


def _requirement(
    gate: Gate,
    verdict: Verdict,
    shown: Figure,
    alpha: float,
    records: int,
    needed: int | None,
    reason: str,
    words: str,
) -> Requirement:
    config, spec = gate.config, gate.spec
    return Requirement(
        name=gate.name,
        perturbation=spec.perturbation,
        severity=_stored(spec.severity),
        data=spec.data,
        measure=config.measure,
        limit=limit_words(config),
        most=config.most,
        least=config.least,
        verdict=verdict,
        value=shown.value,
        low=shown.low,
        high=shown.high,
        alpha=alpha,
        records=records,
        needed=needed,
        reason=reason,
        words=words,
    )


def _stored(severity: float) -> float:
    """Return a severity as JSON holds it: that of a search without a bound is 0."""
    return severity if math.isfinite(severity) else 0.0


def overall(requirements: Sequence[Requirement]) -> Verdict:
    """Return the verdict of a run."""
    return _together([each.verdict for each in requirements])


def _together(verdicts: Sequence[Verdict]) -> Verdict:
    for each in (Verdict.FAILED, Verdict.INCONCLUSIVE):
        if each in verdicts:
            return each
    return Verdict.PASSED


def _urgency(decision: Decision, measured: Measured, most: bool) -> tuple[int, float]:
    order = (Verdict.PASSED, Verdict.INCONCLUSIVE, Verdict.FAILED)
    value = measured.interval().value
    return order.index(decision.verdict), math.inf if math.isnan(value) else (
        value if most else -value
    )


def _reason(
    kind: TrialKind, verdict: Verdict, decision: Decision, measured: Measured, failed: int
) -> str:
    if verdict is not Verdict.INCONCLUSIVE:
        return ""
    loaded = kind is TrialKind.LOADED
    # Requests that fail under load are no unknowns: they are what is measured.
    if failed and not loaded:
        return f"{failed:,} records got no usable answer"
    what = f"{measured.records:,} {'requests' if loaded else 'records'}"
    if decision.needed is not None:
        return f"{what} are too few; about {decision.needed:,} would do"
    return f"{what} are too few"


def shares(counts: Mapping[str, int]) -> list[Share]:
    """Return the parts of a whole, the largest first, MOST_SHARES of them."""
    whole = sum(counts.values())
    ranked = sorted(counts.items(), key=lambda each: -each[1])[:MOST_SHARES]
    return [Share(name, count / whole, count) for name, count in ranked if count]


def _segments(lost: NDArray[np.int64], prepared: Prepared) -> list[Share]:
    if prepared.sample.segments is None:
        return []
    names = [str(each) for each in prepared.sample.segments]
    counts: dict[str, int] = {}
    for name, count in zip(names, lost.tolist(), strict=True):
        if count:
            counts[name] = counts.get(name, 0) + count
    return shares(counts)
