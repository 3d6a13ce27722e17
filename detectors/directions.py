"""Directions of a reference's covariance, and sums along them: what joint changes show in."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from detectors.bins import count_into, quantile_edges
from detectors.cells import VALUE_BINS
from detectors.counts import FloatArray, IntArray
from detectors.grids import PROJECTION_GRID, SUM_GRID

COMPONENTS = 16
COLUMNS_PER_COMPONENT = 4
"""At most so many leading components, and one for so many columns, have bins of their own."""

FEWEST_COLUMNS = 2
FEWEST_RECORDS = 100
RECORDS_PER_DIMENSION = 50
"""With fewer reference records per dimension a covariance is too noisy: only its leading
directions are kept."""

FARTHEST = 4.0
"""Standardised values further out count as this far: no heavy tail rules the covariance."""

RIDGE = 0.02
HIGHEST = 0.999
"""A record's squared length counts as at most this quantile of the reference's."""


@dataclass(frozen=True, slots=True)
class Directions:
    """Directions that every record of a model is projected on.

    centre: (numeric,), on the grid of 1 / SUM_GRID. projection: (numeric, D), on a grid of 1 /
    PROJECTION_GRID: whitened directions, leading ones first, so that a record's squared length
    is its Mahalanobis distance. variance: (components,), on the grid of 1 / SUM_GRID, of the
    leading ones before whitening. edges: (components, VALUE_BINS - 1). caps: (2,), of the
    squared Mahalanobis distance and of the squared norm of what the leading components leave.
    """

    centre: FloatArray
    projection: FloatArray
    variance: FloatArray
    edges: FloatArray
    caps: FloatArray

    @classmethod
    def fit(cls, standard: FloatArray) -> "Directions | None":
        """Return the directions of reference records, None where there are too few.

        standard: (n, numeric) standardised values of one half of the reference, nan where
        missing. What is normal along them has to be learned from the other half: distances of
        the records that directions were fitted on are too small.
        """
        columns = standard.shape[1]
        if columns < FEWEST_COLUMNS or len(standard) < FEWEST_RECORDS:
            return None
        values = _bounded(standard)
        centre = np.rint(values.mean(axis=0) * SUM_GRID) / SUM_GRID
        covariance = np.cov(values, rowvar=False) + RIDGE * np.eye(columns)
        variance, vectors = np.linalg.eigh(covariance)
        kept = min(columns, 2 * len(standard) // RECORDS_PER_DIMENSION)
        leading = slice(None, -kept - 1, -1)
        variance, vectors = variance[leading], vectors[:, leading]
        components = min(kept, COMPONENTS, max(1, columns // COLUMNS_PER_COMPONENT))
        projection = vectors / np.sqrt(variance)
        unbounded = cls(
            centre=centre,
            projection=np.rint(projection * PROJECTION_GRID) / PROJECTION_GRID,
            variance=np.rint(variance[:components] * SUM_GRID) / SUM_GRID,
            edges=np.full((components, VALUE_BINS - 1), np.inf),
            caps=np.full(2, np.inf),
        )
        centred, projected = unbounded.project(standard)
        edges = [
            quantile_edges(column, float(column.min()), float(column.max()))
            for column in projected[:, :components].T
        ]
        lengths = unbounded.lengths(centred, projected)
        return replace(
            unbounded,
            edges=np.array(edges).reshape(components, VALUE_BINS - 1),
            caps=np.quantile(lengths, HIGHEST, axis=0),
        )

    @property
    def components(self) -> int:
        """How many leading components have bins of their own."""
        return len(self.edges)

    def sums(self, standard: FloatArray) -> "DerivedSums":
        """Return the sums of some records.

        standard: (n, numeric), nan where missing, on the grid of 1 / SUM_GRID as standardise
        returns them: then all that is summed is exact and depends on no order.
        """
        centred, projected = self.project(standard)
        lengths = np.rint(self.lengths(centred, projected) * SUM_GRID)
        return DerivedSums(
            values=(centred.sum(axis=0) * SUM_GRID).astype(np.int64),
            projected=(projected.sum(axis=0) * SUM_GRID).astype(np.int64),
            lengths=lengths.sum(axis=0).astype(np.int64),
            counts=count_into(projected[:, : self.components], self.edges),
        )

    def no_sums(self) -> "DerivedSums":
        """Return the sums of no record."""
        return self.sums(np.zeros((0, len(self.centre))))

    def project(self, standard: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return bounded values around the centre, (n, numeric), and projected, (n, D)."""
        values = _bounded(standard)
        values -= self.centre
        projected = values @ (self.projection * SUM_GRID)  # exact: the factors lie on grids
        np.rint(projected, out=projected)
        projected /= SUM_GRID
        return values, projected

    def lengths(self, centred: FloatArray, projected: FloatArray) -> FloatArray:
        """Return the two squared lengths of records, at most their caps; (n, 2)."""
        leading = projected[:, : self.components]
        lengths = np.empty((len(centred), 2))
        np.einsum("nd,nd->n", projected, projected, out=lengths[:, 0])
        np.einsum("nd,nd->n", centred, centred, out=lengths[:, 1])
        lengths[:, 1] -= leading**2 @ self.variance
        return np.minimum(lengths, self.caps, out=lengths)


@dataclass(frozen=True, slots=True)
class DerivedSums:
    """Sums over records of one block; ``a + b`` is that of both, exactly, in any order.

    values: (numeric,) and projected: (D,), sums in 1 / SUM_GRID. lengths: (2,), sums of the
    squared lengths in 1 / SUM_GRID. counts: (components, VALUE_BINS).
    """

    values: IntArray
    projected: IntArray
    lengths: IntArray
    counts: IntArray

    @classmethod
    def nothing(cls) -> "DerivedSums":
        """Return the sums along no direction."""
        none = np.zeros(0, dtype=np.int64)
        return cls(none, none, none, np.zeros((0, VALUE_BINS), dtype=np.int64))

    def __add__(self, other: Self) -> "DerivedSums":
        return DerivedSums(
            self.values + other.values,
            self.projected + other.projected,
            self.lengths + other.lengths,
            self.counts + other.counts,
        )


def _bounded(standard: FloatArray) -> FloatArray:
    values = np.clip(standard, -FARTHEST, FARTHEST)
    values[np.isnan(values)] = 0.0
    return values
