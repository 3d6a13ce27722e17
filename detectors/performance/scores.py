"""Sums of probabilities and of what happened: for ROC AUC, calibration, log loss and Brier."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from detectors.counts import BoolArray, FloatArray, IntArray

SCORE_BINS = 256
EVEN_BINS = 64
"""Edges at multiples of 1 / EVEN_BINS, whatever the reference's scores; the others are at its
quantiles."""

CALIBRATION_BINS = 16
"""Bins of equal width for the calibration error; their edges are edges of the finer bins."""

SCORE_GRID = 2.0**30
SQUARE_GRID = 2.0**20
"""Squares of log losses are up to 1,300, so their grid is coarser."""

SMALLEST_PROBABILITY = float(np.finfo(np.float64).eps)
"""A probability below it counts as this large in the log loss, at most 36 nats."""


@dataclass(frozen=True, slots=True)
class ScoreSums:
    """Sums over scores, each the probability of an event; ``a + b`` is exact in any order.

    bins: (SCORE_BINS, 2), how many scores lie in each bin where the event did not happen, and
    where it did. scores: (CALIBRATION_BINS,), sums of scores in 1 / SCORE_GRID. losses: (2, 2),
    log loss and Brier score, of each the sum in 1 / SCORE_GRID, and the sum of squares, in 1 /
    SQUARE_GRID for the log loss. Exact up to 200 million pairs, however wrong.
    """

    bins: IntArray
    scores: IntArray
    losses: IntArray

    @classmethod
    def empty(cls) -> "ScoreSums":
        """Return the sums of no score."""
        return cls(
            np.zeros((SCORE_BINS, 2), dtype=np.int64),
            np.zeros(CALIBRATION_BINS, dtype=np.int64),
            np.zeros((2, 2), dtype=np.int64),
        )

    @classmethod
    def of(cls, edges: FloatArray, scores: FloatArray, happened: BoolArray) -> "ScoreSums":
        """Return the sums of some scores; edges: from score_edges. scores, happened: (n,)."""
        bins = np.zeros((SCORE_BINS, 2), dtype=np.int64)
        sums = np.zeros(CALIBRATION_BINS, dtype=np.int64)
        for column, chosen in enumerate((~happened, happened)):
            ordered = np.sort(scores[chosen])  # several times faster than a look-up of each
            ends = np.append(ordered.searchsorted(edges, side="right"), len(ordered))
            bins[:, column] = np.diff(ends, prepend=0)
            running = np.append(0, np.cumsum(np.rint(ordered * SCORE_GRID).astype(np.int64)))
            ends = ordered.searchsorted(calibration_edges(), side="right")
            sums += np.diff(running[np.append(ends, len(ordered))], prepend=0)
        return cls(bins, sums, _losses(scores, happened))

    def __add__(self, other: Self) -> "ScoreSums":
        return ScoreSums(
            self.bins + other.bins, self.scores + other.scores, self.losses + other.losses
        )


def score_edges(scores: FloatArray) -> FloatArray:
    """Return the edges of SCORE_BINS bins of probabilities; (SCORE_BINS - 1,), padded with +inf.

    scores: (n,), a sample of the reference's. Bin k holds edge[k-1] < x <= edge[k]. Edges are
    the multiples of 1 / EVEN_BINS and the reference's quantiles, so that the order of scores
    that all lie close together is not lost. A score on which two quantiles fall has a bin of
    its own.
    """
    even = np.arange(1, EVEN_BINS) / EVEN_BINS
    quantiles = SCORE_BINS - EVEN_BINS
    edges = np.full(SCORE_BINS - 1, np.inf)
    candidates = np.zeros(0)
    if len(scores):
        ranks = np.ceil(len(scores) * np.arange(1, quantiles + 1) / (quantiles + 1))
        candidates = np.sort(scores)[ranks.astype(np.int64) - 1]
    spikes = candidates[1:][candidates[1:] == candidates[:-1]]
    chosen = np.unique(np.concatenate([even, candidates, np.nextafter(spikes, -np.inf)]))
    edges[: len(chosen)] = chosen
    return edges


def calibration_edges() -> FloatArray:
    """Return the inner edges of the bins of the calibration error."""
    edges: FloatArray = np.arange(1, CALIBRATION_BINS) / CALIBRATION_BINS
    return edges


def _losses(scores: FloatArray, happened: BoolArray) -> IntArray:
    given = np.where(happened, scores, 1 - scores)
    log_loss = -np.log(np.maximum(given, SMALLEST_PROBABILITY))
    brier = (1 - given) ** 2
    rows = (
        (log_loss * SCORE_GRID, log_loss**2 * SQUARE_GRID),
        (brier * SCORE_GRID, brier**2 * SCORE_GRID),
    )
    return np.array([[np.rint(each).astype(np.int64).sum() for each in row] for row in rows])
