"""The calibration of a binary classifier on a labelled reference, and what it is worth."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np

from detectors.counts import FloatArray
from detectors.estimation.calibrators import AS_IT_IS, KINDS, Calibrator, Platt
from detectors.estimation.metrics import METRICS, Metric, Table, gradients, metrics
from detectors.estimation.score_counts import MIDDLES, LabelledCounts

FOLDS = 10
"""So many parts of a reference are calibrated by the others."""

FEWEST_OF_EITHER = 10
"""So many records of either outcome, in the reference, are the least to calibrate on."""

TENTHS = 10
RAW = "raw"
CANDIDATES = (*KINDS, RAW)
"""Ways to calibrate: RAW takes the scores as they are, with the sampling error of Platt's."""

LINEAR = (METRICS.index(Metric.ACCURACY), METRICS.index(Metric.BRIER))
"""Metrics that are linear in the outcomes, and bounded for each: dispersion is told by them."""


@dataclass(frozen=True, slots=True)
class Check:
    """What held-out parts of the reference say about one way to calibrate.

    log_loss: mean over records, in nats. error: expected calibration error, the mean over
    tenths of the records in order of probability of |share of positives - mean probability|.
    """

    log_loss: float
    error: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a reference teaches about the outcome, given a score.

    kind: the best of CANDIDATES on held-out parts. calibrator: that one, fitted on all parts.
    checks: of every candidate. probability: (BINS,), calibrated, of each bin. factor: (BINS, r),
    F F' is its sampling covariance. reference: the counts that all was learned from. estimated:
    (metrics,), of the reference, each part by the others' calibration. dispersion: how much
    larger the squares of those errors were than chance explains where outcomes are independent
    of one another; at least 1.
    """

    kind: str
    calibrator: Calibrator
    checks: dict[str, Check]
    probability: FloatArray
    factor: FloatArray
    reference: LabelledCounts
    estimated: FloatArray
    dispersion: float

    @property
    def realised(self) -> FloatArray:
        """The reference's own performance; (metrics,)."""
        return metrics(self.reference.records, self.reference.positives)


@dataclass(frozen=True, slots=True)
class Best:
    """The best calibrator on held-out parts, with what each part is given by the others.

    held_out: for each part, (BINS,) probabilities. checks: as in Calibration.
    """

    kind: str
    calibrator: Calibrator
    held_out: list[FloatArray]
    checks: dict[str, Check]


def best_calibrator(parts: Sequence[LabelledCounts]) -> Best:
    """Choose among the candidates by log loss on held-out parts.

    Raises ValueError if there are fewer than two parts, or fewer than FEWEST_OF_EITHER records
    of either outcome.
    """
    whole = reduce(LabelledCounts.__add__, parts)
    positive, records = int(whole.positives.sum()), int(whole.records.sum())
    if len(parts) < 2 or min(positive, records - positive) < FEWEST_OF_EITHER:
        raise ValueError(
            f"a calibration needs two parts or more and {FEWEST_OF_EITHER} labelled records of "
            f"either outcome; there are {len(parts)} parts, {positive} positive and "
            f"{records - positive} negative records; take a longer reference"
        )
    others = [whole - part for part in parts]
    held_out = {name: [_fit(name, other)(MIDDLES) for other in others] for name in CANDIDATES}
    checks = {name: _check(parts, tables) for name, tables in held_out.items()}
    best = min(CANDIDATES, key=lambda name: checks[name].log_loss)
    return Best(best, _fit(best, whole), held_out[best], checks)


def calibrate(parts: Sequence[LabelledCounts]) -> Calibration:
    """Calibrate on a labelled reference that is cut into two parts or more (FOLDS are usual).

    Parts that follow one another in time show errors that last; parts drawn at random do not,
    and make ``dispersion`` 1. The model must not have been trained on these records.

    Raises ValueError as best_calibrator does.
    """
    best = best_calibrator(parts)
    whole = reduce(LabelledCounts.__add__, parts)
    factor = best.calibrator.factor(MIDDLES)
    expected = [part.records * table for part, table in zip(parts, best.held_out, strict=True)]
    return Calibration(
        kind=best.kind,
        calibrator=best.calibrator,
        checks=best.checks,
        probability=best.calibrator(MIDDLES),
        factor=factor,
        reference=whole,
        estimated=metrics(whole.records, np.sum(expected, axis=0)),
        dispersion=_dispersion(parts, best.held_out, factor),
    )


def outcome_variance(slope: FloatArray, records: Table, probability: FloatArray) -> FloatArray:
    """Return the variance of metrics when outcomes are drawn with these probabilities.

    slope: (metrics, 2, bins), as gradients returns it. records: (2, bins). probability: (bins,).
    Exact to the metrics' first order: outcomes are independent given their scores.
    """
    variance: FloatArray = (slope**2 * (records * probability * (1 - probability))).sum(axis=(1, 2))
    return variance


def calibration_variance(slope: FloatArray, records: Table, factor: FloatArray) -> FloatArray:
    """Return the variance of metrics because probabilities were learned from a finite reference.

    slope, records: as in outcome_variance. factor: (bins, r), of the probabilities.
    """
    variance: FloatArray = (((slope * records).sum(axis=1) @ factor) ** 2).sum(axis=1)
    return variance


def dispersion_of(differences: Sequence[FloatArray], variances: Sequence[FloatArray]) -> float:
    """Return the mean over parts of squared differences in units of their variances, or 1.

    differences, variances: for each part, (metrics,); of the LINEAR ones the mean is taken.
    """
    difference, variance = (np.array(each)[:, LINEAR] for each in (differences, variances))
    known = variance > 0
    squares = difference[known] ** 2 / variance[known]
    return max(1.0, float(squares.mean())) if len(squares) else 1.0


def _fit(name: str, counts: LabelledCounts) -> Calibrator:
    positives, records = (
        each.sum(axis=0).astype(np.float64) for each in (counts.positives, counts.records)
    )
    if name == RAW:
        return replace(Platt.fit(MIDDLES, positives, records), coefficients=AS_IT_IS)
    return KINDS[name].fit(MIDDLES, positives, records)


def _check(parts: Sequence[LabelledCounts], tables: Sequence[FloatArray]) -> Check:
    """Return what is seen where each part's probabilities, (BINS,), came from the others."""
    records = np.stack([part.records.sum(axis=0) for part in parts])
    positives = np.stack([part.positives.sum(axis=0) for part in parts])
    probability = np.stack(tables)
    loss = positives * np.log(probability) + (records - positives) * np.log1p(-probability)
    order = np.argsort(probability, axis=None, kind="stable")
    count = records.ravel()[order]
    surplus = (positives - records * probability).ravel()[order]
    tenth = np.minimum((np.cumsum(count) - count) * TENTHS // count.sum(), TENTHS - 1)
    error = np.abs(np.bincount(tenth, weights=surplus, minlength=TENTHS)).sum()
    return Check(log_loss=float(-loss.sum() / count.sum()), error=float(error / count.sum()))


def _dispersion(
    parts: Sequence[LabelledCounts], tables: Sequence[FloatArray], factor: FloatArray
) -> float:
    differences, variances = [], []
    for part, table in zip(parts, tables, strict=True):
        expected = part.records * table
        slope = gradients(part.records, expected)
        by_outcome = outcome_variance(slope, part.records, table)
        variances.append(by_outcome + calibration_variance(slope, part.records, factor))
        differences.append(metrics(part.records, part.positives) - metrics(part.records, expected))
    return dispersion_of(differences, variances)
