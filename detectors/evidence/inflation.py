"""Variance inflation: how much more a real stream's windows wander than independent records."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtri

from detectors.counts import FloatArray, IntArray

QUANTILES = (0.9, 0.98, 0.995)
LONGEST_SHARE = 4
"""No window longer than this part of the reference can be calibrated, so none is used."""

MOST_STEPS = 40
SMALLEST_FOLD = 4
"""A fold holds at least one of so many blocks."""
TYPICAL_OF = 400
"""The typical stream is the median of so many, evenly chosen, where there are more."""

STREAMS_AT_ONCE = 256
"""Windows of more streams would not fit a processor's cache."""


@dataclass(frozen=True, slots=True)
class Inflation:
    """Variance of a window's mean score over that of independent records, by window length.

    lengths: (n,), in blocks, increasing. parts: (parts, n) and dense: (dense parts, n), at
    least 1, never decreasing: of the typical stream of each part of the bets, and of the dense
    group.
    streams: (streams,), at least 1, by how much a stream wanders more than its part.
    A window takes the value of the next longer length; one longer than all has no evidence.
    """

    lengths: IntArray
    parts: FloatArray
    dense: FloatArray
    streams: FloatArray

    @classmethod
    def none(cls, parts: int, dense: int, streams: int) -> "Inflation":
        """Return the inflation of independent records: 1 for every window and stream."""
        longest = np.array([np.iinfo(np.int64).max])
        return cls(longest, np.ones((parts, 1)), np.ones((dense, 1)), np.ones(streams))

    def effective(
        self, phi: FloatArray, blocks: IntArray, records: FloatArray, reference: FloatArray
    ) -> FloatArray:
        """Return h m = m / (phi_w + phi_max m / N) of windows; shape (rows, windows).

        phi: (rows, n), ``parts`` or ``dense``. blocks, records: (windows,), their lengths and
        record counts. reference: (rows,), N of each. The factor carries the reference's own
        sampling error, so h m never exceeds N / phi_max.
        """
        at = self.of_windows(phi, blocks)
        size: FloatArray = records / (at + phi[:, -1:] * (records / reference[:, None]))
        return size

    def of_windows(self, phi: FloatArray, blocks: IntArray) -> FloatArray:
        """Return what windows take of values by length; (rows, windows), inf for too long ones.

        phi: (rows, n). blocks: (windows,), their lengths.
        """
        place = np.searchsorted(self.lengths, blocks)
        known = phi[:, np.minimum(place, len(self.lengths) - 1)]
        return np.where(place < len(self.lengths), known, np.inf)


def window_lengths(blocks: int) -> IntArray:
    """Return 1, 2, 3, 4, 6, 8, 12, ... up to what a reference of so many blocks can show."""
    powers = 2 ** np.arange(MOST_STEPS)
    lengths = np.unique(np.concatenate([powers, 3 * powers]))
    return lengths[lengths <= max(1, blocks // LONGEST_SHARE)]


@dataclass(frozen=True, slots=True)
class RunningSums:
    """What every window of some streams is the difference of two of.

    sums: (streams, blocks + 1), of residuals times records. records: (blocks + 1,).
    """

    sums: FloatArray
    records: FloatArray

    @classmethod
    def of(cls, residuals: FloatArray, records: FloatArray) -> "RunningSums":
        """Add up mean scores of blocks less their season; (blocks, streams) and (blocks,)."""
        sums = np.zeros((residuals.shape[1], len(records) + 1))
        np.cumsum(residuals.T * records, axis=1, out=sums[:, 1:])
        return cls(sums, np.concatenate([[0.0], np.cumsum(records)]))

    def squares(self, length: int) -> FloatArray:
        """Return records times the squared mean residual of every window of ``length`` blocks.

        Shape (streams, blocks - length + 1).
        """
        size = np.maximum(self.records[length:] - self.records[:-length], 1.0)
        squares = self.sums[:, length:] - self.sums[:, :-length]
        squares *= squares
        squares /= size
        return squares


def inflation_of_streams(
    residuals: FloatArray, records: FloatArray, lengths: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Return the typical stream's inflation, (n,), and each one's own, (n, streams).

    residuals: (blocks, streams). records: (blocks,).
    """
    streams = residuals.shape[1]
    chosen = RunningSums.of(residuals[:, :: -(-streams // TYPICAL_OF)], records)
    typical = [
        typical_inflation(chosen.squares(length), length, 1) * uncertainty(length, len(records))
        for length in lengths.tolist()
    ]
    own = np.empty((len(lengths), streams))
    for start in range(0, streams, STREAMS_AT_ONCE):
        some = slice(start, start + STREAMS_AT_ONCE)
        running = RunningSums.of(residuals[:, some], records)
        for place, length in enumerate(lengths.tolist()):
            own[place, some] = _over_chance(running.squares(length), length, 1).max(axis=0)
    return np.maximum.accumulate(typical), own


def inflation_of_lengths(
    residuals: FloatArray, records: FloatArray, lengths: IntArray
) -> FloatArray:
    """Return the inflation of the squared length of whitened scores; (n,).

    residuals: (blocks, dimensions). records: (blocks,).
    """
    running, dimensions = RunningSums.of(residuals, records), residuals.shape[1]
    found = []
    for length in lengths.tolist():
        squared = running.squares(length).sum(axis=0, keepdims=True)
        margin = uncertainty(length, len(records) * dimensions)
        found.append(typical_inflation(squared, length, dimensions) * margin)
    return np.maximum.accumulate(found)


def typical_inflation(squares: FloatArray, length: int, degrees: int) -> float:
    """Return the inflation of the typical stream, matched to tails and not only to variance.

    squares: (streams, windows), which would be chi-square with ``degrees`` degrees of freedom
    were records independent. The largest of the mean's and of upper quantiles' ratios to that,
    each the median over streams.
    """
    typical = np.median(_over_chance(squares, length, degrees), axis=1)
    return max(1.0, float(typical.max()))


def _over_chance(squares: FloatArray, length: int, degrees: int) -> FloatArray:
    """Return the mean's and upper quantiles' ratios to chance; (ratios, streams)."""
    chance = float(length) / squares.shape[1]
    levels = [level for level in (*QUANTILES, 1 / (1 + chance)) if 1 - level >= chance / 2]
    quantiles = (
        np.quantile(squares, levels, axis=1) / chdtri(degrees, 1 - np.array(levels))[:, None]
    )
    return np.vstack([squares.mean(axis=1) / degrees, quantiles])


def uncertainty(length: int, numbers: int) -> float:
    """Return what an inflation is multiplied by, as so few windows know it badly.

    numbers: that it was measured on: one for each block and dimension.
    """
    return 1 + 2 * float(np.sqrt(2 * length / numbers))


def folds(times_ms: IntArray, day_ms: int) -> Iterator[tuple[IntArray, IntArray]]:
    """Yield (fitted, held out) blocks: every second day, or halves where days are too few.

    A fold of a few blocks would say nothing of the others.
    """
    days = times_ms // day_ms
    side = (days - days[0]) % 2
    if min(np.count_nonzero(side), np.count_nonzero(1 - side)) < len(days) / SMALLEST_FOLD:
        side = np.arange(len(days)) * 2 // len(days)
    for held_out in (0, 1):
        yield np.flatnonzero(side != held_out), np.flatnonzero(side == held_out)
