"""How far the features moved in one window, stream by stream of their scores."""

from dataclasses import dataclass

import numpy as np

from detectors.cells import UNSEEN, VALUE_BINS
from detectors.counts import FloatArray, IntArray
from detectors.diagnosis.suffixes import Suffixes
from detectors.evidence.groups import Group
from detectors.evidence.ratios import Ratios

SCORED = (Group.CONTINUOUS, Group.CATEGORICAL)


@dataclass(frozen=True, slots=True)
class Scores:
    """The score streams of single features: of location, scale, skewness, tails and levels.

    feature: (R,), the row of each. sizes: (R,), the effective records of the window. season:
    (R,), what its mean scores are without drift.
    """

    ratios: Ratios
    feature: IntArray
    sizes: FloatArray
    season: FloatArray

    @classmethod
    def of(cls, ratios: Ratios, windows: Suffixes, at: int) -> "Scores":
        """Return the streams as seen in window number ``at``."""
        blocks, records = windows.blocks[[at]], windows.records[[at]]
        per_part = ratios.effective(blocks, records)[:, 0]
        parts = [place for place, part in enumerate(ratios.parts) if part.group in SCORED]
        number = sum(_length(ratios, place) for place in parts)
        sizes = np.repeat(per_part[parts], [_length(ratios, place) for place in parts])
        season = ratios.season.sums(windows.clock[at])[:number] / records[0]
        return cls(
            ratios,
            ratios.streams.feature[:number],
            sizes / ratios.inflation.streams[:number],
            season,
        )

    def means(self, counts: FloatArray) -> FloatArray:
        """Return mean scores less their season of records with these counts; (R,).

        counts: (features, WIDTH). 0 where there is no record.
        """
        streams = self.ratios.streams
        vector = np.zeros(streams.weights.shape[1])
        vector[: counts.size] = counts.ravel()
        number = len(self.feature)
        sums = (streams.weights @ vector)[:number]
        records = counts.sum(axis=1)[self.feature]
        means: FloatArray = np.where(
            records > 0, sums / np.maximum(records, 1) - streams.offset[:number] - self.season, 0.0
        )
        return means

    def nats(self, means: FloatArray) -> FloatArray:
        """Return each stream's log likelihood ratio of having these means, in nats."""
        nats: FloatArray = self.sizes * means**2 / 2
        return nats

    def by_feature(self, means: FloatArray) -> FloatArray:
        """Return each feature's strongest, the choice among all streams paid; (features,).

        An effect that is not worth an alarm counts for nothing.
        """
        large = np.abs(means) >= self.ratios.ignore_below
        strongest = np.zeros(len(self.ratios.reference))
        np.maximum.at(strongest, self.feature, np.where(large, self.nats(means), 0.0))
        paid: FloatArray = np.maximum(strongest - np.log(max(len(self.feature), 1)), 0.0)
        return paid


def _length(ratios: Ratios, place: int) -> int:
    inside = ratios.parts[place].streams
    return int(inside.stop - inside.start)


def inside_support(counts: FloatArray, edges: FloatArray) -> FloatArray:
    """Return counts without the values outside the reference's range and the unseen levels.

    counts: (features, WIDTH). edges: of the profile, (numeric, VALUE_BINS - 1).
    """
    last = last_bins(edges)
    kept = counts.copy()
    rows = np.flatnonzero(last > 0)
    kept[rows, 0] = 0
    kept[rows, last[rows]] = 0
    kept[len(last) :, UNSEEN] = 0
    return kept


def outside_support(counts: FloatArray, edges: FloatArray) -> FloatArray:
    """Return how many values lie outside; (W, features). counts: (W, features, WIDTH)."""
    last = last_bins(edges)
    rows = np.arange(len(last))
    ends = np.where(last > 0, counts[:, rows, 0] + counts[:, rows, last], 0.0)
    return np.concatenate([ends, counts[:, len(last) :, UNSEEN]], axis=1)


def last_bins(edges: FloatArray) -> IntArray:
    """Return the last bin in use of each numeric feature; edges: (numeric, VALUE_BINS - 1)."""
    last: IntArray = np.minimum(np.isfinite(edges).sum(axis=1), VALUE_BINS - 1)
    return last
