"""Bins at the reference's quantiles, and counting columns into them."""

import numpy as np

from detectors.cells import QUANTILE_BINS, VALUE_BINS
from detectors.counts import FloatArray, IntArray

AT_ONCE = 512
"""Rows that are sorted together (measured: half again as fast as 8,000 of 20 columns)."""


def quantile_edges(values: FloatArray, low: float, high: float) -> FloatArray:
    """Return the bin edges of a numeric feature; shape (VALUE_BINS - 1,), padded with +inf.

    values: a sample of the feature's present values. low, high: its smallest and largest.
    Bin k holds edge[k-1] < x <= edge[k]. The first bin lies below the minimum and the last
    one above the maximum, so that new values there are counted apart. Equal quantiles are
    merged, and a value on which two of them fall (a spike: certain from two bins' share on)
    gets a bin of its own.
    Without any value there is one bin and no edge.
    """
    edges = np.full(VALUE_BINS - 1, np.inf)
    if not len(values):
        return edges
    ranks = np.ceil(len(values) * np.arange(1, QUANTILE_BINS) / QUANTILE_BINS).astype(np.int64) - 1
    candidates = np.sort(values)[ranks]
    spikes = candidates[1:][candidates[1:] == candidates[:-1]]
    with np.errstate(over="ignore"):  # below the smallest float lies -inf
        below = np.nextafter([low, *spikes], -np.inf)
    chosen = np.unique(np.concatenate([candidates, below, [high]]))
    edges[: len(chosen)] = chosen
    return edges


def count_into(values: FloatArray, edges: FloatArray) -> IntArray:
    """Count each column of ``values`` into its bins; shape (columns, VALUE_BINS).

    values: (n, columns), nan where missing (counted nowhere). edges: (columns, VALUE_BINS - 1).
    Sorting a column and looking the few edges up in it is several times faster than looking
    every value up in the edges, and fastest in pieces that stay in the processor's cache.
    """
    counts = np.zeros((values.shape[1], VALUE_BINS), dtype=np.int64)
    for start in range(0, len(values), AT_ONCE):
        counts += _count_sorted(values[start : start + AT_ONCE], edges)
    return counts


def _count_sorted(values: FloatArray, edges: FloatArray) -> IntArray:
    columns = np.array(values.T, order="C")
    columns.sort(axis=1)
    below = np.empty((len(columns), VALUE_BINS), dtype=np.int64)
    for column, (ordered, edge) in enumerate(zip(columns, edges, strict=True)):
        below[column, :-1] = ordered.searchsorted(edge, side="right")
    below[:, -1] = len(values) - np.isnan(columns).sum(axis=1)
    return np.diff(below, axis=1, prepend=0)
