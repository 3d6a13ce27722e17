"""Additive ridge regression on the cells of a table of counts, from sums over records."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_array

from detectors.cells import WIDTH
from detectors.counts import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class CellSums:
    """What a regression on cells needs of records; C = features * WIDTH cells.

    together: (C, C), records that lie in both cells. sums: (C, targets), of the records in each
    cell. total: (targets,), of all.
    """

    records: int
    together: FloatArray
    sums: FloatArray
    total: FloatArray

    @classmethod
    def of(cls, cells: IntArray, targets: FloatArray) -> "CellSums":
        """Sum over records; cells: (n, features), columns of a table of counts."""
        n, features = cells.shape
        places = cells + WIDTH * np.arange(features)
        starts = np.arange(0, n * features + 1, features)
        lies_in = csr_array((np.ones(n * features), places.ravel(), starts), (n, features * WIDTH))
        return cls(
            records=n,
            together=(lies_in.T @ lies_in).toarray(),
            sums=lies_in.T @ targets,
            total=targets.sum(axis=0),
        )

    def __add__(self, other: Self) -> "CellSums":
        return CellSums(
            self.records + other.records,
            self.together + other.together,
            self.sums + other.sums,
            self.total + other.total,
        )

    def __sub__(self, other: Self) -> "CellSums":
        return CellSums(
            self.records - other.records,
            self.together - other.together,
            self.sums - other.sums,
            self.total - other.total,
        )

    @property
    def mean(self) -> FloatArray:
        """The targets' means; (targets,)."""
        return self.total / self.records

    def effects(self, penalty: float) -> FloatArray:
        """Return each cell's effect on the targets, beside their mean; (targets, C).

        penalty: in records; a cell alone would be believed by records / (records + penalty).
        Cells without a record have no effect.

        Source: Hoerl and Kennard (1970), Ridge regression.
        """
        in_cell = np.diagonal(self.together)
        used = np.flatnonzero(in_cell)
        surplus = self.sums[used] - in_cell[used, None] * self.mean
        penalised = self.together[np.ix_(used, used)] + penalty * np.eye(len(used))
        effects = np.zeros((len(self.total), len(in_cell)))
        effects[:, used] = cho_solve(cho_factor(penalised), surplus).T
        return effects


def explained_alone(cells: IntArray, targets: FloatArray) -> FloatArray:
    """Return the share of the targets' variance that each feature's cells explain; (features,).

    The correlation ratio less what as many cells of noise explain; the mean over the targets.
    """
    n, features = cells.shape
    centred = targets - targets.mean(axis=0)
    spread = np.maximum((centred**2).sum(axis=0), np.finfo(float).tiny)
    told = np.empty(features)
    for feature, column in enumerate(cells.T):
        in_cell = np.bincount(column, minlength=WIDTH)
        sums = np.stack([np.bincount(column, each, minlength=WIDTH) for each in centred.T])
        between = (sums**2 / np.maximum(in_cell, 1)).sum(axis=1)
        told[feature] = (between / spread).mean() - ((in_cell > 0).sum() - 1) / n
    return told
