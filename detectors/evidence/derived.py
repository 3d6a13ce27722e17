"""Derived columns: joint changes that leave every feature's own distribution as it was."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.sparse import csr_array

from detectors.bins import count_into, quantile_edges
from detectors.counts import FloatArray, IntArray
from detectors.evidence.dense import RECORDS_PER_DIMENSION
from detectors.evidence.scores import DELTAS, order_scores
from detectors.evidence.streams import Kind, Streams, around_block_means, joined, order_streams
from detectors.profile import MISSING, VALUE_BINS, WIDTH
from detectors.summary import SUM_GRID

COMPONENTS = 16
FARTHEST = 4.0
"""Standardised values further out count as this far: no heavy tail rules the covariance."""

PROJECTION_GRID = 2.0**14
RIDGE = 0.02
HIGHEST = 0.999
"""A record's squared length counts as at most this quantile of the reference's."""


@dataclass(frozen=True, slots=True)
class Derivation:
    """Directions of a reference's covariance, and what is normal along them.

    centre: (numeric,), on the grid of 1 / SUM_GRID. projection: (numeric, D), on a grid of 1 /
    PROJECTION_GRID: whitened directions, leading ones first, so that a record's squared length
    is its Mahalanobis distance. variance: (components,), on the grid of 1 / SUM_GRID, of the
    leading ones before whitening.
    edges: (components, VALUE_BINS - 1). caps, means, spreads: (2,), of the squared Mahalanobis
    distance and of the squared norm of what the leading components leave.
    counts, location: (components, VALUE_BINS), of the reference, and the bins' location scores.
    psi: (2, 2, len(DELTAS)).
    """

    centre: FloatArray
    projection: FloatArray
    variance: FloatArray
    edges: FloatArray
    caps: FloatArray
    means: FloatArray
    spreads: FloatArray
    counts: IntArray
    location: FloatArray
    psi: FloatArray

    @classmethod
    def fit(cls, fitted: FloatArray, binned: FloatArray) -> "Derivation":
        """Fit directions on one half of a reference and learn what is normal on the other.

        fitted, binned: (n, numeric) standardised values, nan where missing. Fitted and binned
        on the same records, the distances would be too small and every stream would page.
        """
        columns = fitted.shape[1]
        values = np.where(np.isnan(fitted), 0.0, np.clip(fitted, -FARTHEST, FARTHEST))
        centre = np.rint(values.mean(axis=0) * SUM_GRID) / SUM_GRID
        covariance = np.atleast_2d(np.cov(values, rowvar=False)) + RIDGE * np.eye(columns)
        variance, vectors = np.linalg.eigh(covariance)
        kept = min(columns, (len(fitted) + len(binned)) // RECORDS_PER_DIMENSION)
        leading = slice(None, -kept - 1, -1)
        variance, vectors = variance[leading], vectors[:, leading]
        projection = vectors / np.sqrt(variance)
        grid = cls(
            centre=centre,
            projection=np.rint(projection * PROJECTION_GRID) / PROJECTION_GRID,
            variance=np.rint(variance[:COMPONENTS] * SUM_GRID) / SUM_GRID,
            edges=np.full((min(kept, COMPONENTS), VALUE_BINS - 1), np.inf),
            caps=np.full(2, np.inf),
            means=np.zeros(2),
            spreads=np.ones(2),
            counts=np.zeros((min(kept, COMPONENTS), VALUE_BINS), dtype=np.int64),
            location=np.zeros((min(kept, COMPONENTS), VALUE_BINS)),
            psi=np.full((2, 2, len(DELTAS)), np.inf),
        )
        return _with_normal(grid, binned)

    @property
    def components(self) -> int:
        """How many leading components have bins of their own."""
        return len(self.edges)

    @property
    def size(self) -> int:
        """Length of the extra sums of a closed block."""
        return self.components * (WIDTH + 1) + 2

    def sums(self, standard: FloatArray) -> "DerivedSums":
        """Return the sums of some records.

        standard: (n, numeric), nan where missing, on the grid of 1 / SUM_GRID as standardise
        returns them: then all that is summed is exact and depends on no order.
        """
        centred, projected = self._project(standard)
        lengths = np.minimum(self._lengths(centred, projected), self.caps)
        return DerivedSums(
            records=len(standard),
            values=(centred * SUM_GRID).sum(axis=0).astype(np.int64),
            projected=(projected * SUM_GRID).sum(axis=0).astype(np.int64),
            lengths=np.rint(lengths * SUM_GRID).sum(axis=0).astype(np.int64),
            counts=count_into(projected[:, : self.components], self.edges),
        )

    def closed(self, sums: "DerivedSums") -> FloatArray:
        """Return the extra sums of a whole block; shape (size,), additive over blocks.

        The counts of the components, what their moved means add to their scale (see
        moved_moments), and the sums of the scores of the two squared lengths, taken around
        the block's own mean: sum |y|^2 - n |mean y|^2 less its reference mean. Without that a
        stream whose mean wanders would show in them, quadratically.
        """
        extra = np.zeros(self.size)
        if not sums.records:
            return extra
        table = extra[: self.components * WIDTH].reshape(self.components, WIDTH)
        table[:, :VALUE_BINS] = sums.counts
        table[:, MISSING] = sums.records - sums.counts.sum(axis=1)
        mean_values = sums.values / SUM_GRID / sums.records
        mean_projected = sums.projected / SUM_GRID / sums.records
        squares = (sums.counts * self.location).sum(axis=1) ** 2 / sums.records
        extra[self.components * WIDTH : -2] = (squares - 1) / np.sqrt(2)
        of_mean = self._lengths(mean_values[None], mean_projected[None])[0]
        lengths = sums.lengths / SUM_GRID - sums.records * of_mean
        score = (lengths - (sums.records - 1) * self.means) / self.spreads
        extra[-2:] = np.rint(score * SUM_GRID) / SUM_GRID
        return extra

    def streams(self, before: int) -> Streams:
        """Return the streams of the derived columns.

        before: numbers in front of the extra sums in a bucket's vector. Of a component only
        location and scale are used: higher scores answer to a mean that wanders.
        """
        table = np.zeros((self.components, WIDTH), dtype=np.int64)
        table[:, :VALUE_BINS] = self.counts
        used = np.zeros(table.shape, dtype=np.bool_)
        used[:, :VALUE_BINS] = np.arange(VALUE_BINS) <= np.isfinite(self.edges).sum(1)[:, None]
        parts = around_block_means(
            order_streams(table, used, self.components, degrees=2),
            self.components,
            before=table.size,
            kinds=(Kind.SCALE,),
        )
        lengths = Streams(
            kinds=(Kind.CORRELATION, Kind.CORRELATION),
            feature=np.full(2, -1),
            column=np.full(2, -1),
            weights=csr_array(np.eye(2, self.size, self.size - 2)),
            offset=np.zeros(2),
            psi=self.psi,
        )
        both = joined([parts, lengths])
        entries = both.weights.tocoo()
        return Streams(
            kinds=tuple(
                Kind.MANY if kind is Kind.LOCATION else Kind.CORRELATION for kind in both.kinds
            ),
            feature=np.full(len(both), -1),
            column=both.column,
            weights=csr_array(
                (entries.data, (entries.row, entries.col + before)),
                shape=(len(both), before + self.size),
            ),
            offset=both.offset,
            psi=both.psi,
        )

    def _project(self, standard: FloatArray) -> tuple[FloatArray, FloatArray]:
        values = np.where(np.isnan(standard), 0.0, np.clip(standard, -FARTHEST, FARTHEST))
        values -= self.centre
        projected = values @ self.projection  # exact: the factors lie on grids
        projected *= SUM_GRID
        np.rint(projected, out=projected)
        projected /= SUM_GRID
        return values, projected

    def _lengths(self, values: FloatArray, projected: FloatArray) -> FloatArray:
        distance = np.einsum("nd,nd->n", projected, projected)
        leading = projected[:, : self.components]
        rest = np.einsum("nd,nd->n", values, values) - leading**2 @ self.variance
        return np.stack([distance, rest], axis=1)


@dataclass(frozen=True, slots=True)
class DerivedSums:
    """Sums over records of one block; ``a + b`` is that of both, exactly, in any order.

    values: (numeric,) and projected: (D,), sums in 1 / SUM_GRID. lengths: (2,), sums of the
    squared lengths in 1 / SUM_GRID. counts: (components, VALUE_BINS).
    """

    records: int
    values: IntArray
    projected: IntArray
    lengths: IntArray
    counts: IntArray

    def __add__(self, other: Self) -> "DerivedSums":
        return DerivedSums(
            self.records + other.records,
            self.values + other.values,
            self.projected + other.projected,
            self.lengths + other.lengths,
            self.counts + other.counts,
        )


def _with_normal(directions: Derivation, binned: FloatArray) -> Derivation:
    """Add what is normal along the directions, from records that they were not fitted on."""
    centred, projected = directions._project(binned)
    edges = [
        quantile_edges(column, float(column.min()), float(column.max()))
        for column in projected[:, : directions.components].T
    ]
    lengths = directions._lengths(centred, projected)
    caps = np.quantile(lengths, HIGHEST, axis=0)
    lengths = np.minimum(lengths, caps)
    of_mean = directions._lengths(
        centred.mean(axis=0, keepdims=True), projected.mean(axis=0, keepdims=True)
    )[0]
    spreads = np.maximum(lengths.std(axis=0), 1e-9)
    scores = (lengths - lengths.mean(axis=0)) / spreads
    bets = np.stack([DELTAS, -DELTAS])
    moments = np.exp(bets[None, :, :, None] * scores.T[:, None, None, :]).mean(axis=3)
    stacked = np.array(edges).reshape(directions.components, VALUE_BINS - 1)
    counts = count_into(projected[:, : directions.components], stacked)
    return Derivation(
        centre=directions.centre,
        projection=directions.projection,
        variance=directions.variance,
        edges=stacked,
        caps=caps,
        means=lengths.mean(axis=0) - of_mean,
        spreads=spreads,
        counts=counts,
        location=order_scores(counts / len(binned))[:, 0],
        psi=np.log(moments),
    )
