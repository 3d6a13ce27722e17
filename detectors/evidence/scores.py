"""Scores of a bin: location, scale, skewness and tails from the reference's ranks alone."""

import numpy as np
from scipy.special import ndtri

from detectors.cells import MISSING, OTHER, UNSEEN, VALUE_BINS, WIDTH
from detectors.counts import BoolArray, FloatArray, IntArray
from detectors.profile import Profile

DEGREES = 4
DELTAS = np.array([0.05, 0.1, 0.2, 0.4])
"""Shifts of a score's mean that are bet on, in sd."""

SMALLEST_SHARE = 0.01
"""A bin with a smaller share of the reference cannot be bet on by its indicator."""


def used_columns(profile: Profile) -> BoolArray:
    """Tell which columns of a table of counts can hold a record; shape (features, WIDTH)."""
    numeric = len(profile.numeric)
    used = np.zeros((len(profile.features), WIDTH), dtype=np.bool_)
    last = np.isfinite(profile.edges).sum(axis=1, keepdims=True)
    used[:numeric, :VALUE_BINS] = np.arange(VALUE_BINS) <= last
    for row, levels in enumerate(profile.levels, start=numeric):
        others = profile.others[row - numeric]
        used[row, : len(levels)] = True
        used[row, OTHER] = others is None or len(others) > 0
        used[row, UNSEEN] = others is not None
    used[:, MISSING] = True
    return used


def smoothed_shares(counts: IntArray, used: BoolArray) -> FloatArray:
    """Return (count + 1/2) / (records + columns / 2) of every used column, 0 elsewhere.

    counts, used: (features, WIDTH). A column that holds counts is used whatever ``used`` says.
    """
    smoothed = counts + 0.5 * (used | (counts > 0))
    shares: FloatArray = smoothed / smoothed.sum(axis=1, keepdims=True)
    return shares


def order_scores(shares: FloatArray) -> FloatArray:
    """Return the location, scale, skewness and tail score of each value bin.

    shares: (features, VALUE_BINS) of all records, so that a row sums to 1 less the share of
    missing values, whose scores are 0. Returns shape (features, DEGREES, VALUE_BINS): under
    the reference each score has mean 0 and variance 1, and those of a feature are
    uncorrelated. All zero where the feature has too few bins for it. A bin with less than
    SMALLEST_SHARE takes the scores of the bin before it, so that no score is extreme.

    The scores depend on ranks only: Gram-Schmidt of the powers of normal scores, close to
    Hermite polynomials. Source: Chernoff and Savage (1958) for the efficiency of normal scores.
    """
    rows, bins = shares.shape
    merged = _merge_small(shares)
    weight = np.zeros_like(shares)
    np.add.at(weight, (np.arange(rows)[:, None], merged), shares)
    present = weight.sum(axis=1, keepdims=True)
    weight /= np.where(present > 0, present, 1.0)
    normal = ndtri(np.clip(np.cumsum(weight, axis=1) - weight / 2, 1e-12, 1 - 1e-12))
    distinct = (weight > 0).sum(axis=1)
    scores = np.zeros((rows, DEGREES, bins))
    found = [np.ones_like(weight)]
    for degree in range(DEGREES):
        raw = normal * found[-1]
        for _ in range(2):  # twice is enough for orthogonality to the last bit
            for earlier in found:
                raw = raw - earlier * (weight * raw * earlier).sum(axis=1, keepdims=True)
        variance = (weight * raw * raw).sum(axis=1, keepdims=True)
        enough = (distinct[:, None] > degree + 1) & (variance > 1e-9)
        unit = np.where(enough, raw / np.sqrt(np.where(enough, variance, 1.0)), 0.0)
        found.append(unit)
        whole = unit / np.sqrt(np.where(present > 0, present, 1.0))
        scores[:, degree] = np.take_along_axis(whole, merged, axis=1)
    return scores


def cumulants(shares: FloatArray, scores: FloatArray) -> FloatArray:
    """Return log sum_k p_k exp(s delta g_k), exact for a binned score.

    shares, scores: (streams, columns), shares summing to 1. Returns shape
    (streams, 2, len(DELTAS)), s = +1 first.
    """
    steps = np.stack([DELTAS, -DELTAS])
    exponents = steps[None, :, :, None] * scores[:, None, None, :]
    result: FloatArray = np.log(np.einsum("rk,rsdk->rsd", shares, np.exp(exponents)))
    return result


def _merge_small(shares: FloatArray) -> IntArray:
    """Return for each bin the bin that it shares its scores with; shape as ``shares``."""
    solid = shares >= SMALLEST_SHARE
    places = np.where(solid, np.arange(shares.shape[1]), -1)
    before = np.maximum.accumulate(places, axis=1)
    first = np.where(solid.any(axis=1), solid.argmax(axis=1), 0)
    return np.where(before >= 0, before, first[:, None])
