"""Perturbed records against the same ones unchanged."""

from collections.abc import Mapping

import numpy as np

from detectors.counts import BoolArray, FloatArray, IntArray
from detectors.robustness.answers import Answers
from detectors.robustness.measured import Drop, Mean, Measured, Share
from detectors.robustness.perturbations.perturbation import LabelRule, Perturbation, Variant
from monitor.retest.model import LiveModel
from monitor.retest.trials.outcome import Failing, Kept, Outcome
from monitor.retest.trials.prepared import Prepared


def perturbed(
    perturbation: Perturbation,
    severity: float,
    prepared: Prepared,
    model: LiveModel,
    rng: np.random.Generator,
) -> Outcome:
    """Send the records as a perturbation changes them; raises what the two raise."""
    made = perturbation(prepared.sample, prepared.space, severity, rng)
    variants: dict[str, Mapping[str, Measured]] = {}
    lost = np.zeros(len(prepared.sample), dtype=np.int64)
    failing: list[Failing] = []
    by_feature: dict[str, int] = {}
    failed = 0
    kept: dict[str, Kept] = {}
    for variant in made:
        table = model.cast(variant.table)
        answers = model.predict(table)
        variants[variant.name] = _measured(perturbation.label, variant, prepared, answers)
        failed += int(answers.failed.sum())
        kept[variant.name] = _kept(perturbation.label, variant, prepared, answers)
        if variant.resampled:
            continue
        failed_at = np.flatnonzero(turned(perturbation.label, variant.places, prepared, answers))
        np.add.at(lost, variant.places[failed_at], 1)
        failing.append(
            Failing.of(
                variant.name,
                variant.places[failed_at],
                table.take(failed_at),
                answers.outcome[failed_at],
            )
        )
        if variant.name in {each.name for each in prepared.space.features}:
            by_feature[variant.name] = len(failed_at)
    return Outcome(variants, lost, failing, by_feature, failed, kept)


def turned(rule: LabelRule, places: IntArray, prepared: Prepared, answers: Answers) -> BoolArray:
    """Tell which changed records fail: right before and wrong now, or flipped without a label.

    places: (m,), of their parents. Shape (m,).
    """
    expected = prepared.answers.outcome[places]
    flipped: BoolArray = ~prepared.task.same(expected, answers.outcome) & ~answers.failed
    flipped &= ~np.isnan(expected)
    if rule is LabelRule.KEPT and prepared.sample.labels is not None:
        labels = prepared.labels[places]
        flipped &= prepared.right[places] & ~prepared.task.same(labels, answers.outcome)
    return flipped


def _kept(rule: LabelRule, variant: Variant, prepared: Prepared, answers: Answers) -> Kept:
    clean = prepared.answers.take(variant.places)
    expected = clean.outcome
    if rule is LabelRule.KEPT and prepared.sample.labels is not None:
        expected = prepared.labels[variant.places]
    known = np.flatnonzero(~answers.failed & ~clean.failed & ~np.isnan(expected))
    return Kept(variant.places[known], prepared.task.same(answers.outcome, expected)[known])


def _measured(
    rule: LabelRule, variant: Variant, prepared: Prepared, answers: Answers
) -> Mapping[str, Measured]:
    task, places = prepared.task, variant.places
    clean = prepared.answers.take(places)
    known = np.flatnonzero(~clean.failed)
    same = task.same(clean.outcome, answers.outcome)
    found: dict[str, Measured] = {}
    if not variant.resampled:
        found["flip_ratio"] = Share.of(~same[known], answers.failed[known])
    if not variant.resampled and not task.regression and clean.scored and answers.scored:
        found["confidence_drop"] = Mean(_confidence_drop(clean, answers)[known], -1.0, 1.0)
    if rule is LabelRule.KEPT and prepared.sample.labels is not None:
        labels = prepared.labels[places]
        told = np.flatnonzero(~np.isnan(labels) & ~clean.failed)
        before = task.same(clean.outcome, labels)[told]
        after, unknown = task.same(answers.outcome, labels)[told], answers.failed[told]
        found["accuracy"] = Share.of(after, unknown)
        if not variant.resampled:
            found["accuracy_drop"] = Drop(before, after, unknown)
    return found


def _confidence_drop(clean: Answers, answers: Answers) -> FloatArray:
    """Return the fall of the probability of the class that was answered unchanged; (n,)."""
    rows = np.arange(len(clean))
    codes = np.nan_to_num(clean.outcome).astype(np.int64)
    drop: FloatArray = clean.chances[rows, codes] - answers.chances[rows, codes]
    return drop
