"""Whether more records than by chance lie outside the reference's support."""

from dataclasses import dataclass

import numpy as np
from scipy.special import betaln

from detectors.counts import FloatArray
from detectors.diagnosis.bayes_factors import JEFFREYS
from detectors.diagnosis.movement import outside_support
from detectors.diagnosis.suffixes import Suffixes
from detectors.profile import Profile
from detectors.summary import Summary

SHARES = np.array([0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3])
"""Shares of outlying records that are bet on."""

MOST_SHARE = 0.5
"""Where more than this part of the records lies outside, it is no longer a few of them."""


@dataclass(frozen=True, slots=True)
class Outliers:
    """The evidence that records lie outside more often than chance, in its strongest window.

    evidence: in nats, at least 0. share: of the window's ``records``. expected: by chance.
    """

    evidence: float = 0.0
    share: float = 0.0
    expected: float = 0.0
    records: int = 0

    @classmethod
    def of(
        cls, profile: Profile, reference: Summary, windows: Suffixes, wander: FloatArray
    ) -> "Outliers":
        """Look at all windows.

        wander: (W, features), by how much more the means of features vary than those of
        independent records.
        """
        prior = _outside_by_chance(profile)
        # A reference that was summarised before outlying records were counted has at least these.
        count = max(
            reference.outlying,
            int(reference.outside.max(initial=0)),
            int(reference.unseen.max(initial=0)),
        )
        left = reference.records - count + JEFFREYS
        found, records = windows.outlying, windows.records
        rest = records - found
        chance = betaln(found + count + prior, rest + left) - betaln(count + prior, left)
        expected = (count + prior) / (reference.records + prior)
        tempering = _tempering(profile, windows, wander, expected, reference.records)
        bets = SHARES[expected < SHARES]
        if not len(bets):
            return cls()
        factors = found[:, None] * np.log(bets) + rest[:, None] * np.log1p(-bets) - chance[:, None]
        share = found / records
        best = np.where(share < MOST_SHARE, factors.max(axis=1), -np.inf) / tempering
        evidence = best - np.log(len(bets) * len(windows))
        at = int(evidence.argmax())
        return cls(
            max(0.0, float(evidence[at])), float(share[at]), float(expected), int(records[at])
        )


def _tempering(
    profile: Profile, windows: Suffixes, wander: FloatArray, expected: float, known: int
) -> FloatArray:
    """Return by how much more counts of records outside vary than those of independent ones; (W,).

    Beyond the largest of N normal values, at z = sqrt(2 ln N), a share p changes by the factor
    1 + z d where the mean moves by d sd. With a variance of (phi - 1) / m of the means of m
    records that makes 1 + z^2 (phi - 1) p of the counts. A share of a category has its own phi.
    """
    numeric = len(profile.numeric)
    of_feature = wander.copy()
    of_feature[:, :numeric] = 1 + 2 * np.log(max(known, 2)) * expected * (wander[:, :numeric] - 1)
    outside = outside_support(windows.counts, profile.edges)
    whole = outside.sum(axis=1)
    mean = (outside * of_feature).sum(axis=1) / np.maximum(whole, 1)
    tempering: FloatArray = np.where(whole > 0, mean, of_feature.max(axis=1))
    return tempering


def _outside_by_chance(profile: Profile) -> float:
    """Return how many of as many new records as the reference's lie outside, at the most.

    One beyond each end of a numeric feature, as ranks say. Of a categorical feature one, and
    one for each of its rarer levels: as many as may have been seen once only (Good 1953).
    """
    known = [len(others) for others in profile.others if others is not None]
    return 2.0 * len(profile.numeric) + sum(known) + len(known) + JEFFREYS
