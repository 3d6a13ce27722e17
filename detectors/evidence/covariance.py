"""Scores of single records, and how they vary together over a reference."""

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


def covariance_of(scores: FloatArray) -> FloatArray:
    """Return the covariance of the scores of some records, (n, scores); (scores, scores)."""
    mean = scores.sum(axis=0) / len(scores)
    covariance: FloatArray = scores.T @ scores / len(scores) - np.outer(mean, mean)
    return covariance
