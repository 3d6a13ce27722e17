"""How many records a verdict takes, and how likely it is with some."""

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtr, ndtri
from scipy.stats import binom

from detectors.counts import FloatArray, IntArray

CHANCE = 0.8
"""Of a decision, where a number of records is called enough."""

LARGEST = 1_000_000
"""More records than this are never recommended."""

GRID = 400
FINE = 5_000
"""Numbers of records that are looked at, first from far and then from near."""


def chance_below(share: float, limit: float, n: ArrayLike, alpha: float) -> FloatArray:
    """Return how likely n records prove that a share is below a limit.

    share: the true one. limit: proven where the one-sided upper Clopper-Pearson bound at alpha
    is not above it. n may be an array; the result has its shape. That a share lies above a limit
    is the same of 1 - share and 1 - limit.
    """
    records = np.asarray(n, dtype=np.int64)
    most = _most_allowed(records, limit, alpha)
    return np.where(most >= 0, bdtr(np.maximum(most, 0), records, share), 0.0)


def records_needed(
    share: float, limit: float, most: bool, alpha_fail: float, alpha_pass: float
) -> int | None:
    """Return from how many records on there is an 80 % chance of a verdict at a true share.

    most: whether the share may be at most ``limit``, else at least. The verdict is failed where
    the share breaks the limit, at alpha_fail, else passed, at alpha_pass. Exact up to some
    thousand records, then to a thousandth. None where the share is the limit or where LARGEST
    records would not do.
    """
    if share == limit or math.isnan(share):
        return None
    below = share < limit
    alpha = alpha_pass if below == most else alpha_fail
    if not below:
        share, limit = 1 - share, 1 - limit
    return _enough(share, limit, alpha)


def _enough(share: float, limit: float, alpha: float) -> int | None:
    """Return the n from which on chance_below is never below CHANCE."""
    spread = -ndtri(alpha) * math.sqrt(limit * (1 - limit))
    spread += ndtri(CHANCE) * math.sqrt(share * (1 - share))
    most = 5 * (spread / (limit - share)) ** 2 + 50
    grid = np.unique(np.geomspace(1, min(most, 2 * LARGEST), GRID).astype(np.int64))
    short = chance_below(share, limit, grid, alpha) < CHANCE
    if short[-1]:
        return None
    # The chance is a saw with teeth of about 1 / limit records: the last tooth that is too low
    # begins not far behind the last place of the grid that is.
    last = int(grid[short].max(initial=1))
    end = int(1.5 * last + 3 / limit)
    near = np.arange(last, end, max(1, (end - last) // FINE))
    short = chance_below(share, limit, near, alpha) < CHANCE
    found = int(near[short].max(initial=0)) + 1
    return found if found <= LARGEST else None


def _most_allowed(n: IntArray, limit: float, alpha: float) -> IntArray:
    """Return the largest count of n with an upper bound that is not above the limit; -1 if none."""
    if limit >= 1:
        return n.copy()
    if limit <= 0:
        return np.full(n.shape, -1, dtype=np.int64)
    # P(X <= k) <= alpha at the limit: the quantile is the first count of which it is alpha.
    found = binom.ppf(alpha, n, limit).astype(np.int64)
    most: IntArray = np.where(bdtr(np.maximum(found, 0), n, limit) <= alpha, found, found - 1)
    return most
