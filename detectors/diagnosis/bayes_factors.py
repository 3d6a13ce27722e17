"""Bayes factors of counts in a window against those of a finite reference, in nats."""

import numpy as np
from scipy.special import betaln, gammaln

from detectors.counts import FloatArray

JEFFREYS = 0.5


def share_grew(
    found: FloatArray, records: FloatArray, count: FloatArray, known: float
) -> FloatArray:
    """Return the log Bayes factor that a share is larger than the reference's.

    found of ``records``: in windows, and count of ``known``: in the reference; they broadcast. The
    window's own share is bet on as uniform, and the reference's has its posterior, so that the
    mean of the factor is 1 under the reference. -inf where the share is no larger.
    """
    rest, left = records - found, known - count + JEFFREYS
    chance = betaln(found + count + JEFFREYS, rest + left) - betaln(count + JEFFREYS, left)
    larger = found * known > count * records
    factors: FloatArray = np.where(larger, betaln(found + 1, rest + 1) - chance, -np.inf)
    return factors


def shares_changed(found: FloatArray, count: FloatArray) -> float:
    """Return the log Bayes factor that shares of groups differ from the reference's.

    found, count: (groups,), records of a window and of the reference.
    """
    return _log_chance(found, np.ones_like(found)) - _log_chance(found, count + JEFFREYS)


def _log_chance(found: FloatArray, weights: FloatArray) -> float:
    """Return the log of the Dirichlet-multinomial chance of one order of the records."""
    whole = gammaln(weights.sum()) - gammaln(weights.sum() + found.sum())
    return float(whole + (gammaln(weights + found) - gammaln(weights)).sum())
