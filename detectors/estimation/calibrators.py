"""Calibrators: from a model's score to the probability that the outcome is positive.

Called with scores they return probabilities; ``factor`` tells what another reference of the
same size would have taught. All their fields are arrays, for files.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import isotonic_regression

from detectors.counts import FloatArray

LOWEST_SCORE = 2.0**-17
"""Scores nearer to 0 or 1 than this have the log odds of this."""

LARGEST_LOG_ODDS = 20.0
"""No calibrated probability is nearer to 0 or 1 than of these log odds."""

UNKNOWN = 1e-6
"""Curvature of the loss, as a part of its trace, in directions that no record tells of."""

NEWTON_STEPS = 100
SMALL_STEP = 1e-10


@dataclass(frozen=True, slots=True)
class Isotonic:
    """The non-decreasing steps nearest to the outcomes, joined by straight lines.

    first, last: (steps,), smallest and largest score of each step. probability: (steps,), share
    of positives among its records, kept off 0 and 1 by 1 / (n + 2). variance: (steps,), its
    sampling variance.

    Source: Zadrozny and Elkan (2002), Transforming classifier scores into accurate multiclass
    probability estimates; pool adjacent violators as in scipy.optimize.isotonic_regression.
    """

    first: FloatArray
    last: FloatArray
    probability: FloatArray
    variance: FloatArray

    @classmethod
    def fit(cls, scores: FloatArray, positives: FloatArray, records: FloatArray) -> "Isotonic":
        """Fit on records of a score, and the positives among them; all (n,), in any order.

        Raises ValueError if there is no record.
        """
        scores, positives, records = _merged(scores, positives, records)
        fitted = isotonic_regression(positives / records, weights=records)
        start = fitted.blocks[:-1]
        of_step = np.add.reduceat(records, start)
        positive = np.add.reduceat(positives, start)
        least = 1 / (records.sum() + 2)
        smoothed = (positive + 0.5) / (of_step + 1)
        return cls(
            first=scores[start],
            last=scores[fitted.blocks[1:] - 1],
            probability=np.clip(positive / of_step, least, 1 - least),
            variance=smoothed * (1 - smoothed) / of_step,
        )

    def __call__(self, scores: FloatArray) -> FloatArray:
        """Return the calibrated probability of each score; beyond the ends, that of the end."""
        return np.interp(scores, *self._knots(self.probability))

    def factor(self, scores: FloatArray) -> FloatArray:
        """Return F, (scores, steps): F F' is the covariance of the probabilities at the scores.

        Steps share no record, so each has an error of its own.
        """
        each = np.diag(np.sqrt(self.variance))
        return np.stack([np.interp(scores, *self._knots(row)) for row in each], axis=1)

    def _knots(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        knots = np.stack([self.first, self.last], axis=1).ravel()
        single = np.append(True, knots[1:] > knots[:-1])
        return knots[single], np.repeat(values, 2)[single]


@dataclass(frozen=True, slots=True)
class Platt:
    """A logistic function of the score's log odds: 1 / (1 + exp(-(slope logit(s) + shift))).

    Of the log odds rather than the score, so that a score that is calibrated already can stay
    what it is: slope 1, shift 0.

    coefficients: (2,), slope and shift. covariance: (2, 2), theirs.

    Source: Platt (1999), Probabilistic outputs for support vector machines, with his smoothed
    targets; Newton's method with backtracking as in Lin, Lin and Weng (2007), A note on
    Platt's probabilistic outputs.
    """

    coefficients: FloatArray
    covariance: FloatArray

    @classmethod
    def fit(cls, scores: FloatArray, positives: FloatArray, records: FloatArray) -> "Platt":
        """Fit on records of a score, and the positives among them; all (n,), in any order.

        Raises ValueError if there is no record.
        """
        scores, positives, records = _merged(scores, positives, records)
        negatives = records - positives
        for_positive = (positives.sum() + 1) / (positives.sum() + 2)
        for_negative = 1 / (negatives.sum() + 2)
        targets = positives * for_positive + negatives * for_negative
        design = _design(scores)
        coefficients = np.array([0.0, np.log((positives.sum() + 1) / (negatives.sum() + 1))])
        loss = _logistic_loss(design @ coefficients, targets, records)
        for _ in range(NEWTON_STEPS):
            probability = _logistic(design @ coefficients)
            gradient = design.T @ (records * probability - targets)
            step = -np.linalg.solve(_hessian(design, records, probability), gradient)
            length = 1.0
            while True:
                tried = coefficients + length * step
                new_loss = _logistic_loss(design @ tried, targets, records)
                if new_loss <= loss + 1e-4 * length * (gradient @ step) or length < SMALL_STEP:
                    break
                length /= 2
            moved = float(np.abs(tried - coefficients).max())
            coefficients, loss = tried, new_loss
            if moved < SMALL_STEP:
                break
        hessian = _hessian(design, records, _logistic(design @ coefficients))
        return cls(coefficients, np.asarray(np.linalg.inv(hessian), dtype=np.float64))

    def __call__(self, scores: FloatArray) -> FloatArray:
        """Return the calibrated probability of each score."""
        log_odds = _design(scores) @ self.coefficients
        return _logistic(np.clip(log_odds, -LARGEST_LOG_ODDS, LARGEST_LOG_ODDS))

    def factor(self, scores: FloatArray) -> FloatArray:
        """Return F, (scores, 2): F F' is the covariance of the probabilities; delta method."""
        probability = self(scores)
        slope = (probability * (1 - probability))[:, None] * _design(scores)
        variance, directions = np.linalg.eigh(self.covariance)
        factor: FloatArray = slope @ (directions * np.sqrt(np.maximum(variance, 0.0)))
        return factor


Calibrator = Isotonic | Platt

AS_IT_IS: FloatArray = np.array([1.0, 0.0])
"""Coefficients of Platt's curve that leave a score what it is."""

KINDS: dict[str, type[Isotonic] | type[Platt]] = {"isotonic": Isotonic, "platt": Platt}


def _merged(
    scores: FloatArray, positives: FloatArray, records: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return distinct scores in order, with all their records."""
    if not records.sum() > 0:
        raise ValueError("a calibrator needs labelled records, and there is none")
    kept = records > 0
    distinct, place = np.unique(scores[kept], return_inverse=True)
    positives, records = (
        np.bincount(place, weights=each[kept]).astype(np.float64) for each in (positives, records)
    )
    return distinct, positives, records


def _design(scores: FloatArray) -> FloatArray:
    bounded = np.clip(scores, LOWEST_SCORE, 1 - LOWEST_SCORE)
    return np.stack([np.log(bounded / (1 - bounded)), np.ones_like(bounded)], axis=-1)


def _logistic(log_odds: FloatArray) -> FloatArray:
    return np.exp(-np.logaddexp(0.0, -log_odds))


def _logistic_loss(log_odds: FloatArray, targets: FloatArray, records: FloatArray) -> float:
    return float((records * np.logaddexp(0.0, log_odds) - targets * log_odds).sum())


def _hessian(design: FloatArray, records: FloatArray, probability: FloatArray) -> FloatArray:
    """Return the logistic loss's curvature, invertible though all scores be the same; (2, 2)."""
    weighted = (records * probability * (1 - probability))[:, None] * design
    curvature: FloatArray = design.T @ weighted
    return curvature + UNKNOWN * max(float(np.trace(curvature)), UNKNOWN) * np.eye(2)
