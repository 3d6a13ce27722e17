"""Which of the changes that flipped a record it takes to flip it."""

from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from detectors.counts import BoolArray, FloatArray, IntArray
from detectors.robustness.threat import BudgetSpentError, Oracle, Threat


def flipping_features(
    origins: FloatArray, nearest: FloatArray, threat: Threat, oracle: Oracle
) -> BoolArray:
    """Return the columns of each record that flip it, none of them in vain; (n, d).

    origins, nearest: (n, d), records and points that flip them; where the two are the same, no
    column is told. Changes are undone while the record stays flipped, the smallest first: halves
    of them, then ever smaller parts, then one at a time until none can be undone alone. Columns
    of a one-hot group are one change. All records go in lock-step; about 2d queries a record at
    most, 2 k log d where k columns are needed. Where the oracle's budget is spent, the columns
    that are left still flip their record, but some may do so in vain.

    Source: delta debugging (Zeller and Hildebrandt 2002), Simplifying and isolating
    failure-inducing input.
    """
    changes = _Changes.between(origins, nearest, threat)
    everyone = np.arange(len(origins))
    with suppress(BudgetSpentError):
        size = int(changes.rank.max(initial=0) + 1) // 2
        while size > 1:
            changes.undo(size, everyone, oracle)
            size //= 2
        left = everyone
        while len(left):
            left = changes.undo(1, left, oracle)
    flipping: BoolArray = changes.points != origins
    return flipping


@dataclass(frozen=True, slots=True)
class _Changes:
    """Changes of n records, some of them undone.

    points: (n, d), records with the changes that are left. rank: (n, d), the place of each
    column's change among those of its record, the smallest first; -1 where it was not changed.
    """

    origins: FloatArray
    points: FloatArray
    rank: IntArray

    @classmethod
    def between(cls, origins: FloatArray, points: FloatArray, threat: Threat) -> "_Changes":
        sizes = np.abs(points - origins)
        head = np.arange(sizes.shape[1])
        # One choice is one change, of size 1 whatever its codes.
        for columns in (*threat.groups, *np.flatnonzero(threat.levels > 0)[:, np.newaxis]):
            chosen = (sizes[:, columns] > 0).any(axis=1, keepdims=True)
            sizes[:, columns] = chosen
            head[columns] = columns[0]
        alone = (head == np.arange(len(head))) & (sizes > 0)
        order = np.argsort(np.where(alone, sizes, np.inf), axis=1, kind="stable")
        rank = np.argsort(order, axis=1)[:, head]
        return cls(origins, points.copy(), np.where(sizes > 0, rank, -1))

    def undo(self, size: int, rows: IntArray, oracle: Oracle) -> IntArray:
        """Try ``size`` changes of each record at a time, in order; return where some were undone.

        rows: the records to try.
        """
        undone = np.zeros(len(self.points), dtype=np.bool_)
        for first in range(0, int(self.rank[rows].max(initial=-1)) + 1, size):
            points, origins = self.points[rows], self.origins[rows]
            tried = (self.rank[rows] >= first) & (self.rank[rows] < first + size)
            trial = np.where(tried, origins, points)
            # A trial that undoes nothing flips as before, and one that undoes all is the record.
            asked = (trial != points).any(axis=1) & (trial != origins).any(axis=1)
            if not asked.any():
                continue
            told = oracle(trial[asked], rows[asked])
            flipped = rows[asked][told.broken]
            self.points[flipped] = trial[asked][told.broken]
            undone[flipped] = True
        return np.flatnonzero(undone)
