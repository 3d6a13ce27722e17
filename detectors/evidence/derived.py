"""Derived columns: joint changes that leave every feature's own distribution as it was."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from detectors.bins import count_into
from detectors.cells import VALUE_BINS, WIDTH
from detectors.counts import FloatArray
from detectors.directions import DerivedSums, Directions
from detectors.evidence.scores import DELTAS
from detectors.evidence.streams import Kind, Streams, order_streams
from detectors.grids import SUM_GRID

LENGTHS = 2
"""The squared Mahalanobis distance, and the squared norm of what leading components leave."""

KINDS = (Kind.LOCATION, Kind.SCALE)
"""What of a component is bet on: higher scores answer to a mean that wanders."""


@dataclass(frozen=True, slots=True)
class Derivation:
    """What is normal along the directions of a model, for one part of its reference.

    scores: (2, components, VALUE_BINS), location and scale scores of the components' bins.
    means, spreads: (2,), of the two squared lengths. psi: (2 * components + 2, 2, len(DELTAS)),
    cumulants of all derived columns; inf where no bet is made. records: that it was learned
    from.
    """

    directions: Directions
    scores: FloatArray
    means: FloatArray
    spreads: FloatArray
    psi: FloatArray
    records: int

    @classmethod
    def of(cls, directions: Directions, standard: FloatArray) -> "Derivation":
        """Learn what is normal from records that the directions were not fitted on.

        standard: (n, numeric) standardised values, nan where missing.
        """
        centred, projected = directions.project(standard)
        lengths = directions.lengths(centred, projected)
        of_mean = _of_mean(directions, centred.mean(axis=0), projected.mean(axis=0))
        spreads = np.maximum(lengths.std(axis=0), 1e-9)
        bets = np.stack([DELTAS, -DELTAS])
        scaled = (lengths - lengths.mean(axis=0)) / spreads
        moments = np.exp(bets[None, :, :, None] * scaled.T[:, None, None, :]).mean(axis=3)
        scores, psi = _component_scores(directions, projected)
        return cls(
            directions=directions,
            scores=scores,
            means=lengths.mean(axis=0) - of_mean,
            spreads=spreads,
            psi=np.concatenate([psi, np.log(moments)]),
            records=len(standard),
        )

    @property
    def size(self) -> int:
        """Length of the extra sums of a closed block."""
        return len(self.psi)

    def closed(self, sums: DerivedSums, records: int) -> FloatArray:
        """Return the extra sums of a whole block; shape (size,), additive over blocks.

        Sums of the components' location scores, then of their scale scores and of the scores of
        the two squared lengths, each of these taken around the block's own mean: for lengths
        sum |y|^2 - n |mean y|^2 less its reference mean. Without that a stream whose mean
        wanders would show in them, quadratically.
        """
        if not records:
            return np.zeros(self.size)
        location, scale = np.einsum("dck,ck->dc", self.scores, sums.counts.astype(np.float64))
        scale -= (location**2 / records - 1) / np.sqrt(2)
        means = (each / SUM_GRID / records for each in (sums.values, sums.projected))
        lengths = sums.lengths / SUM_GRID - records * _of_mean(self.directions, *means)
        lengths = (lengths - (records - 1) * self.means) / self.spreads
        return np.concatenate([location, scale, lengths])

    def streams(self, before: int) -> Streams:
        """Return the streams of the derived columns.

        before: numbers in front of the extra sums in a bucket's vector.
        """
        components = self.directions.components
        kinds = [Kind.MANY] * components + [Kind.CORRELATION] * (components + LENGTHS)
        kept = np.flatnonzero(np.isfinite(self.psi).any(axis=(1, 2)))
        count = len(kept)
        weights = (np.ones(count), (np.arange(count), before + kept))
        return Streams(
            kinds=tuple(kinds[place] for place in kept.tolist()),
            feature=np.full(count, -1),
            column=np.full(count, -1),
            weights=csr_array(weights, shape=(count, before + self.size)),
            offset=np.zeros(count),
            psi=self.psi[kept],
        )


def _of_mean(
    directions: Directions, mean_values: FloatArray, mean_projected: FloatArray
) -> FloatArray:
    """Return the squared lengths of a mean; shape (2,)."""
    lengths: FloatArray = directions.lengths(mean_values[None], mean_projected[None])[0]
    return lengths


def _component_scores(
    directions: Directions, projected: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the components' scores, (2, components, VALUE_BINS), and their cumulants."""
    components = directions.components
    table = np.zeros((components, WIDTH), dtype=np.int64)
    table[:, :VALUE_BINS] = count_into(projected[:, :components], directions.edges)
    used = np.zeros(table.shape, dtype=np.bool_)
    used[:, :VALUE_BINS] = np.arange(VALUE_BINS) <= np.isfinite(directions.edges).sum(1)[:, None]
    streams = order_streams(table, used, components, degrees=len(KINDS))
    weights = streams.weights.toarray().reshape(len(streams), components, WIDTH)
    scores = np.zeros((len(KINDS), components, VALUE_BINS))
    psi = np.full((len(KINDS), components, 2, len(DELTAS)), np.inf)
    for place, (kind, row) in enumerate(zip(streams.kinds, streams.feature.tolist(), strict=True)):
        degree = KINDS.index(kind)
        scores[degree, row] = weights[place, row, :VALUE_BINS]
        psi[degree, row] = streams.psi[place]
    return scores, psi.reshape(-1, 2, len(DELTAS))
