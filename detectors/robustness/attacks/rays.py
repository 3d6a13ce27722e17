"""Bisection to the decision boundary along directions, for all records at once."""

from dataclasses import dataclass

import numpy as np

from detectors.counts import BoolArray, FloatArray, IntArray
from detectors.robustness.threat import Oracle, Threat

REACH = 64.0
"""How far a direction is followed where the threat set has no end; in scaled units."""
RUNGS = 13
BISECTIONS = 12


def nearest_along(
    origins: FloatArray,
    directions: FloatArray,
    threat: Threat,
    oracle: Oracle,
    bisections: int = BISECTIONS,
) -> FloatArray:
    """Return how far each record is from its first flip along the best of its directions.

    origins: (n, d). directions: (n, k, d), of any length, 0 for none. A path clips at the box
    column by column, and ends where the threat set does. Returns (n,), sizes of the changes as
    they were sent, inf where nothing flipped.

    Distances double from rung to rung until one of a record's directions flips it; bisection
    then halves the gap, going on only with the directions that are still ahead. So many
    directions cost little more than the best of them, and the distance is at most
    1 + 2^-bisections of that to the flip.
    """
    rays = _Rays.of(origins, directions, threat, oracle)
    ahead = rays.moving.copy()
    near, far = np.zeros(len(origins)), np.full(len(origins), np.inf)
    for rung in min(threat.epsilon, REACH) * 0.5 ** np.arange(RUNGS - 1, -1, -1):
        waiting = np.isinf(far)
        ahead[waiting] &= rays.go_on(near, rung)[waiting]
        flipped = rays.flipped(np.full(len(origins), rung), ahead & waiting[:, None])
        hit = flipped.any(axis=1)
        far[hit] = rung
        near[waiting & ~hit] = rung
        ahead[hit] = flipped[hit]
    ahead &= np.isfinite(far)[:, None]
    far = np.where(np.isfinite(far), far, near)
    for _ in range(bisections):
        middle = (near + far) / 2
        flipped = rays.flipped(middle, ahead)
        hit = flipped.any(axis=1)
        far, near = np.where(hit, middle, far), np.where(hit, near, middle)
        ahead[hit] = flipped[hit]
    return rays.best


@dataclass(frozen=True, slots=True)
class _Rays:
    """Directions of each record, and the nearest flip along them so far.

    unit: (n, k, d), of size 1. moving: (n, k), which are directions. best: (n,).
    """

    origins: FloatArray
    unit: FloatArray
    moving: BoolArray
    threat: Threat
    oracle: Oracle
    best: FloatArray

    @classmethod
    def of(
        cls, origins: FloatArray, directions: FloatArray, threat: Threat, oracle: Oracle
    ) -> "_Rays":
        size = threat.norm.of(directions)
        unit = directions / np.where(size > 0, size, 1.0)[:, :, None]
        return cls(origins, unit, size > 0, threat, oracle, np.full(len(origins), np.inf))

    def points(self, distance: FloatArray, places: IntArray, ways: IntArray) -> FloatArray:
        """Return the points at a distance (n,) along some pairs of record and direction."""
        points = self.origins[places] + distance[places, None] * self.unit[places, ways]
        clipped: FloatArray = np.clip(points, self.threat.low[places], self.threat.high[places])
        return clipped

    def go_on(self, near: FloatArray, rung: float) -> BoolArray:
        """Tell which directions have room from ``near`` (n,) to the rung; (n, k)."""
        places, ways = np.nonzero(self.moving)
        to = np.full(len(near), rung)
        moved = np.zeros(self.moving.shape, dtype=np.bool_)
        before, after = self.points(near, places, ways), self.points(to, places, ways)
        moved[places, ways] = (before != after).any(axis=1)
        return moved

    def flipped(self, distance: FloatArray, pairs: BoolArray) -> BoolArray:
        """Ask about pairs (n, k) at a distance (n,) of their record; tell which flip it."""
        flipped = np.zeros(pairs.shape, dtype=np.bool_)
        places, ways = np.nonzero(pairs)
        if not len(places):
            return flipped
        told = self.oracle(self.points(distance, places, ways), places)
        flipped[places, ways] = told.broken
        broken = places[told.broken]
        sizes = self.threat.distance(told.points[told.broken], self.origins[broken])
        np.minimum.at(self.best, broken, sizes)
        return flipped
