"""Bisection between records and points that break the model, all of them at once."""

from dataclasses import dataclass

import numpy as np

from detectors.counts import FloatArray, IntArray
from detectors.robustness.attacks.choices import Choices
from detectors.robustness.threat import Norm, Oracle, Threat


@dataclass(frozen=True, slots=True)
class Approach:
    """Brings points that break the model nearer to their records.

    origins: (n, d), all records.
    """

    origins: FloatArray
    threat: Threat
    oracle: Oracle

    def bisected(self, points: FloatArray, places: IntArray, steps: int) -> FloatArray:
        """Return points (m, d) on the way to their records that still break the model.

        Halves the way ``steps`` times; one candidate each a step. In L2 the way is the straight
        line, in L-infinity the numbers are clipped to a shrinking cube (Chen et al. 2020).
        Choices stay as they are.
        """
        best = points.copy()
        low, high = np.zeros(len(points)), np.ones(len(points))
        for _ in range(steps):
            if not len(points):
                break
            middle = (low + high) / 2
            told = self.oracle(self.towards(points, places, middle), places)
            low = np.where(told.broken, low, middle)
            high = np.where(told.broken, middle, high)
            best[told.broken] = told.points[told.broken]
        return best

    def towards(self, points: FloatArray, places: IntArray, share: FloatArray) -> FloatArray:
        """Return points (m, d) with a share (m,) of the way from their records left."""
        own = self.origins[places]
        numeric = self.threat.numeric
        changes = np.where(numeric, points - own, 0.0)
        if self.threat.norm is Norm.L2:
            changes *= share[:, np.newaxis]
        else:
            radius = (Norm.LINF.of(changes) * share)[:, np.newaxis]
            changes = np.clip(changes, -radius, radius)
        return np.where(numeric, own + changes, points)

    def without_choices(self, points: FloatArray, places: IntArray) -> FloatArray:
        """Return points (m, d) with every changed choice undone that need not be changed.

        One candidate each a choice, in order; points are to break the model.
        """
        choices = Choices.of(self.threat)
        points = points.copy()
        own = self.origins[places]
        for choice, columns in enumerate(choices.columns):
            rows = np.flatnonzero(choices.changed(points, own)[:, choice])
            if not len(rows):
                continue
            trial = points[rows]
            trial[:, columns] = own[rows][:, columns]
            told = self.oracle(trial, places[rows])
            points[rows[told.broken]] = told.points[told.broken]
        return points

    def without_numbers(self, points: FloatArray, places: IntArray) -> FloatArray:
        """Return points (m, d) with every number that need not be changed as in its record.

        One candidate each a column, the smallest change first; points are to break the model.
        Trees and other models that look at few columns break nearer so.
        """
        points = points.copy()
        own = self.origins[places]
        changes = np.where(self.threat.numeric, np.abs(points - own), 0.0)
        order = np.argsort(changes, axis=1)
        for column in order.T:
            rows = np.flatnonzero(changes[np.arange(len(points)), column] > 0)
            if not len(rows):
                continue
            trial = points[rows]
            trial[np.arange(len(rows)), column[rows]] = own[rows, column[rows]]
            told = self.oracle(trial, places[rows])
            points[rows[told.broken]] = told.points[told.broken]
        return points
