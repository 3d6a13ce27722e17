"""Calibration on a reference in time order: its season, and how far its windows wander."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from detectors.counts import FloatArray, IntArray
from detectors.evidence.dense import Dense
from detectors.evidence.groups import Group
from detectors.evidence.inflation import (
    Inflation,
    folds,
    inflation_of_lengths,
    inflation_of_streams,
    window_lengths,
)
from detectors.evidence.observed import Observed
from detectors.evidence.ratios import Ratios
from detectors.evidence.season import DAY_MS, HARMONICS, Season
from detectors.evidence.streams import Kind

FACTORS = 10
"""Common factors of the blocks' wandering that the dense group whitens apart."""

FEWEST_BLOCKS = 16


@dataclass(frozen=True, slots=True)
class BlockMeans:
    """Mean scores of a reference's blocks in time order.

    times_ms: (blocks,), the middle of each. records: (blocks,). means: (blocks, streams).
    clock: (blocks, HARMONICS), the season's basis.
    """

    times_ms: IntArray
    records: FloatArray
    means: FloatArray
    clock: FloatArray

    @classmethod
    def of(cls, ratios: Ratios, blocks: Sequence[Observed], block_ms: int) -> "BlockMeans":
        """Score a reference's blocks that hold records, oldest first."""
        means = np.empty((len(blocks), len(ratios.streams)))
        rows: list[tuple[int, float, FloatArray]] = []
        for block in blocks:  # not held: blocks may be made one at a time, all would be large
            if block.records:
                sums = ratios.streams.sums(block.vector, block.records)
                np.divide(sums, block.records, out=means[len(rows)])
                middle = (block.first + block.last + 1) * block_ms // 2
                rows.append((middle, float(block.records), block.clock / block.records))
        return cls(
            times_ms=np.array([middle for middle, _, _ in rows], dtype=np.int64),
            records=np.array([records for _, records, _ in rows]),
            means=means[: len(rows)],
            clock=np.array([clock for _, _, clock in rows]).reshape(-1, HARMONICS),
        )

    @property
    def days(self) -> float:
        """Days that the blocks span."""
        return float(self.times_ms[-1] - self.times_ms[0]) / DAY_MS

    def season(self, chosen: IntArray | slice = slice(None)) -> Season:
        """Fit the season of some of the blocks, all by default."""
        return Season.fit(self.means[chosen], self.clock[chosen], self.records[chosen], self.days)

    def residuals(self) -> FloatArray:
        """Return means less the season that the other days show; (blocks, streams)."""
        left = np.empty_like(self.means)
        for fitted, held_out in folds(self.times_ms, DAY_MS):
            season = self.season(fitted).sums(self.clock[held_out])
            left[held_out] = self.means[held_out] - season
        return left


def calibrate(ratios: Ratios, blocks: Sequence[Observed], block_ms: int) -> Ratios:
    """Return the bets for streams that have the season and the memory of a reference.

    blocks: the reference in time order, one Observed a block, with the season's basis in
    ``clock``. Raises ValueError if there are too few to say anything.
    """
    means = BlockMeans.of(ratios, blocks, block_ms)
    count = len(means.records)
    if count < FEWEST_BLOCKS:
        raise ValueError(
            f"the reference has {count} blocks in time order, at least {FEWEST_BLOCKS} are needed; "
            "use a longer reference or shorter blocks"
        )
    left, records = means.residuals(), means.records
    lengths = window_lengths(len(records))
    parts, streams = inflation_of_parts(ratios, left, records, lengths)
    dense = tuple(whitened_by_wandering(each, left, records) for each in ratios.dense)
    of_dense = [
        inflation_of_dense(raw, known, means, left, lengths)
        for raw, known in zip(ratios.dense, dense, strict=True)
    ]
    return ratios.calibrated(
        season=replace(means.season(), day_blocks=DAY_MS / block_ms),
        inflation=Inflation(
            lengths, parts, np.reshape(of_dense, (len(dense), len(lengths))), streams
        ),
        dense=dense,
    )


def inflation_of_parts(
    ratios: Ratios, residuals: FloatArray, records: FloatArray, lengths: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Return the inflation of each part, (parts, n), and of its streams beyond that, (streams,).

    residuals: (blocks, streams), out of fold. records: (blocks,).
    """
    parts = np.ones((len(ratios.parts), len(lengths)))
    streams = np.ones(residuals.shape[1])
    for row, part in enumerate(ratios.parts):
        inside = residuals[:, part.streams]
        parts[row], own = inflation_of_streams(inside, records, lengths)
        ratio = own / parts[row][:, None]
        streams[part.streams] = np.maximum(ratio.max(axis=0), 1.0)
    _let_spikes_wander(ratios, parts, streams)
    return parts, streams


def inflation_of_dense(
    raw: Dense, known: Dense, means: BlockMeans, residuals: FloatArray, lengths: IntArray
) -> FloatArray:
    """Return the inflation of a dense part that is whitened by its wandering; (n,).

    raw: whitened by records alone. known: by the wandering of all days too. residuals: (blocks,
    streams). Whitened by what they were fitted on they look too short, by some b, and whitened by
    the other half of the days too long, by about 2 b. Other blocks, whitened by all days, are too
    long by b: a third of the first and two of the second.
    """
    scores = residuals[:, raw.streams]
    inside = scores @ known.whitening.T
    outside = np.empty_like(inside)
    for fitted, held_out in folds(means.times_ms, DAY_MS):
        other = whitened_by_wandering(raw, residuals[fitted], means.records[fitted]).whitening
        left, _, right = np.linalg.svd(known.whitening @ other.T)
        outside[held_out] = scores[held_out] @ (left @ right @ other).T
    found = [inflation_of_lengths(each, means.records, lengths) for each in (inside, outside)]
    return np.maximum((found[0] + 2 * found[1]) / 3, 1.0)


def _let_spikes_wander(ratios: Ratios, parts: FloatArray, streams: FloatArray) -> None:
    """Raise the spikes' own inflation to that of their feature's tails over one block.

    A spike's share is too rare for its tails to be measured. In a Gaussian process the
    autocorrelation of a Hermite polynomial of degree k is that of the value to the power of k.
    Spikes are what the first four degrees leave, so they wander no more than the fourth does.
    """
    fourth = np.ones(len(ratios.reference))
    for row, part in enumerate(ratios.parts):
        feature = ratios.streams.feature[part.streams]
        if part.group == Group.CONTINUOUS and part.kind == Kind.TAILS:
            fourth[feature] = parts[row, 0] * streams[part.streams]
        elif part.group == Group.SPIKES:
            at_least = fourth[feature] / parts[row, 0]
            streams[part.streams] = np.maximum(streams[part.streams], at_least)


def whitened_by_wandering(dense: Dense, residuals: FloatArray, records: FloatArray) -> Dense:
    """Return a dense part that expects the blocks' wandering in every direction.

    To the covariance of records it adds, in units of one record, the leading common factors of
    the residuals of blocks and each score's own wandering.
    """
    known = np.linalg.pinv(dense.whitening)
    of_records = known @ known.T
    scores = residuals[:, dense.streams]
    between = np.cov(scores, rowvar=False).reshape(of_records.shape)
    beyond = between * records.mean() - of_records
    values, vectors = np.linalg.eigh(beyond)
    leading = vectors[:, -FACTORS:] * np.sqrt(np.maximum(values[-FACTORS:], 0.0))
    common = leading @ leading.T
    own = np.maximum(np.diag(beyond) - np.diag(common), 0.0)
    within = dense.whitening @ (of_records + common + np.diag(own)) @ dense.whitening.T
    values, vectors = np.linalg.eigh(within)
    return Dense(dense.kind, dense.streams, (vectors / np.sqrt(values)).T @ dense.whitening)
