"""Scores of single records, and how they vary together over a reference."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from detectors.cells import MISSING, WIDTH
from detectors.counts import FloatArray, IntArray
from detectors.evidence.streams import Streams
from detectors.profile import Profile


def value_columns(profile: Profile, numeric: FloatArray) -> IntArray:
    """Return the column of the table of counts that each value falls into; (n, numeric).

    numeric: (n, numeric), nan where missing.
    """
    columns = np.empty(numeric.shape, dtype=np.int64)
    for row, edges in enumerate(profile.edges):
        columns[:, row] = np.searchsorted(edges, numeric[:, row])
    columns[np.isnan(numeric)] = MISSING
    return columns


def record_scores(streams: Streams, chosen: IntArray, columns: IntArray) -> FloatArray:
    """Return the scores of single records; shape (n, chosen).

    chosen: which streams, each of a numeric feature. columns: from ``value_columns``.
    """
    row = streams.feature[chosen]
    places = row[:, None] * WIDTH + np.arange(WIDTH)
    weights = np.take_along_axis(streams.weights[chosen].toarray(), places, axis=1)
    scores = np.empty((len(columns), len(chosen)))
    for place, table in enumerate(weights):
        scores[:, place] = table[columns[:, row[place]]] - streams.offset[chosen[place]]
    return scores


@dataclass(frozen=True, slots=True)
class ScoreMoments:
    """Sums over records from which a covariance comes; they add over chunks of a reference.

    sums: (scores,), products: (scores, scores).
    """

    records: int
    sums: FloatArray
    products: FloatArray

    @classmethod
    def of(cls, scores: FloatArray) -> "ScoreMoments":
        """Return the moments of some records; (n, scores)."""
        return cls(len(scores), scores.sum(axis=0), scores.T @ scores)

    def __add__(self, other: Self) -> "ScoreMoments":
        return ScoreMoments(
            self.records + other.records, self.sums + other.sums, self.products + other.products
        )

    @property
    def covariance(self) -> FloatArray:
        """Covariance of the scores; (scores, scores)."""
        mean = self.sums / self.records
        covariance: FloatArray = self.products / self.records - np.outer(mean, mean)
        return covariance
