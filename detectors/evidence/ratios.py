"""All likelihood ratios of a reference: what is bet on, with which weight."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from detectors.counts import FloatArray, IntArray
from detectors.evidence.dense import Dense
from detectors.evidence.derived import Derivation
from detectors.evidence.groups import RESERVE, Group, log_priors, weight_of
from detectors.evidence.inflation import Inflation
from detectors.evidence.rare import RareBins
from detectors.evidence.scores import DEGREES
from detectors.evidence.season import Season
from detectors.evidence.sparse import Bets, widths
from detectors.evidence.streams import (
    MOVED,
    Kind,
    Streams,
    around_block_means,
    category_streams,
    joined,
    order_streams,
    reference_of,
    spike_streams,
)
from detectors.profile import Profile

NO_WHITENING: Mapping[Kind, FloatArray] = {}


@dataclass(frozen=True, slots=True)
class Part:
    """Neighbouring streams of one group and kind, which wander alike.

    bets: how many likelihood ratios they hold. records: of the reference, from which it is known
    what is normal for them.
    """

    group: Group
    kind: Kind
    streams: slice
    bets: int
    records: int


@dataclass(frozen=True, slots=True)
class Ratios:
    """What a reference allows to bet on; the same for every stream that is compared with it.

    reference: (features, WIDTH), its counts. records: how many it has, N.
    streams: of every sparse group. parts: which of them belong together.
    widths: (streams,), see sparse.widths. scales: (streams,), widths over the root of a stream's
    own wandering: what sums are kept in, so that bounds are quick. dense: of location and of scale.
    priors: log weight of a group's likelihood ratio of weight 1.
    wander: (features, lengths of the inflation), the largest inflation of a feature's streams,
    as which its rare bins wander; 1 for a constant, which has no streams.
    tolerance, ignore_below: effects in sd: inside the null, and not worth an alarm.
    """

    reference: IntArray
    records: int
    streams: Streams
    parts: tuple[Part, ...]
    widths: FloatArray
    scales: FloatArray
    dense: tuple[Dense, ...]
    rare: RareBins
    priors: Mapping[Group, float]
    season: Season
    inflation: Inflation
    wander: FloatArray
    tolerance: float
    ignore_below: float

    @classmethod
    def uncalibrated(
        cls,
        reference: IntArray,
        streams: Streams,
        parts: tuple[Part, ...],
        dense: tuple[Dense, ...],
        rare: RareBins,
        priors: Mapping[Group, float],
        tolerance: float,
        ignore_below: float,
    ) -> "Ratios":
        """Return the bets for streams without season or memory."""
        width = widths(streams.psi)
        return cls(
            reference=reference.astype(np.int64),
            records=int(reference[:1].sum()),
            streams=streams,
            parts=parts,
            widths=width,
            scales=width,
            dense=dense,
            rare=rare,
            priors=priors,
            season=Season.none(len(streams)),
            inflation=Inflation.none(len(parts), len(dense), len(streams)),
            wander=np.ones((len(reference), 1)),
            tolerance=tolerance,
            ignore_below=ignore_below,
        )

    def effective(self, blocks: IntArray, records: FloatArray) -> FloatArray:
        """Return the effective size of windows for each part; (parts, windows).

        blocks, records: (windows,), their lengths and record counts.
        """
        known = np.array([float(part.records) for part in self.parts])
        return self.inflation.effective(self.inflation.parts, blocks, records, known)

    def prior(self, part: Part) -> float:
        """Return the log weight of one of a part's likelihood ratios."""
        return self.priors[part.group] + math.log(weight_of(part.kind))

    def bets(self, part: Part) -> Bets:
        """Return what is bet on a part's streams."""
        inside = part.streams
        return Bets(
            psi=self.streams.psi[inside],
            scales=self.scales[inside],
            wander=self.inflation.streams[inside],
            tolerance=self.tolerance,
            least=self.ignore_below,
        )

    def rare_wander(self, blocks: IntArray) -> FloatArray:
        """Return what log Bayes factors of rare bins are divided by; (windows, bins).

        blocks: (windows,), their lengths; inf where one is longer than all that are known.
        """
        of_features = self.inflation.of_windows(self.wander, blocks)
        wander: FloatArray = of_features[self.rare.row].T
        return wander

    def location_inflation(self, blocks: IntArray) -> FloatArray:
        """Return the inflation of windows of some lengths, of the typical feature's location.

        blocks: (windows,). inf where windows so long are not used.
        """
        rows = [
            row
            for row, part in enumerate(self.parts)
            if part.group == Group.CONTINUOUS and part.kind == Kind.LOCATION
        ]
        highest = self.inflation.parts[rows].max(axis=0, initial=1.0)
        known: FloatArray = self.inflation.of_windows(highest[None], blocks)[0]
        return known

    def calibrated(
        self, season: Season, inflation: Inflation, dense: tuple[Dense, ...]
    ) -> "Ratios":
        """Return the same bets for streams with a season and memory."""
        wander = np.ones((len(self.reference), len(inflation.lengths)))
        for part, of_part in zip(self.parts, inflation.parts, strict=True):
            if part.group in (Group.CONTINUOUS, Group.CATEGORICAL):
                own = inflation.streams[part.streams, None] * of_part
                np.maximum.at(wander, self.streams.feature[part.streams], own)
        return replace(
            self,
            # The season holds the mean over all blocks, so that of all records.
            parts=tuple(replace(part, records=self.records) for part in self.parts),
            scales=self.widths / np.sqrt(inflation.streams),
            season=season,
            inflation=inflation,
            wander=wander,
            dense=dense,
        )


def ratios_of(
    profile: Profile,
    counts: IntArray,
    whitening: Mapping[Kind, FloatArray] = NO_WHITENING,
    derivation: Derivation | None = None,
    wanders: bool = False,
    tolerance: float = 0.0,
    ignore_below: float = 0.0,
    reserve: float = RESERVE,
) -> Ratios:
    """Return the likelihood ratios of a reference.

    counts: (features, WIDTH), of the reference's N records. whitening: of the location and the
    scale scores, from ``whitening_of``; without it the dense group is left out. derivation: of
    the derived columns; None leaves them out.
    tolerance: an effect in sd up to which drift belongs to the null. It makes small drift wait (by
    the square of d / (d - tolerance)); what an owner does not care about is better left to
    ``ignore_below``, which costs no delay.
    wanders: for streams to be calibrated. Scale and skewness are taken around each block's own
    mean, and spikes without what order explains.
    """
    derived = None if derivation is None else derivation.streams(counts.size)
    groups = _groups(profile, counts, derived, wanders)
    before = counts.size + (0 if derivation is None else derivation.size)
    numeric = len(profile.numeric)
    if wanders:
        groups[Group.CONTINUOUS] = around_block_means(groups[Group.CONTINUOUS], numeric, before)
    streams = joined(list(groups.values()), before + len(MOVED) * numeric)
    records = int(counts[:1].sum())
    learned_from = {Group.DERIVED: records if derivation is None else derivation.records}
    parts = tuple(_parts(groups, records, learned_from))
    dense = tuple(_dense(parts, whitening))
    rare = RareBins.of(*reference_of(profile, counts), numeric)
    bets: dict[Group, float] = {
        Group.DENSE: sum(each.bets for each in dense),
        Group.RARE: rare.bets,
    }
    for part in parts:
        bets[part.group] = bets.get(part.group, 0) + weight_of(part.kind) * part.bets
    return Ratios.uncalibrated(
        reference=counts,
        streams=streams,
        parts=parts,
        dense=dense,
        rare=rare,
        priors=log_priors(bets, reserve),
        tolerance=tolerance,
        ignore_below=ignore_below,
    )


def continuous_streams(profile: Profile, counts: IntArray) -> Streams:
    """Return the streams of the continuous group, the first of all; counts: of the reference."""
    return order_streams(*reference_of(profile, counts), len(profile.numeric), DEGREES)


WHITENED = (Kind.LOCATION, Kind.SCALE)
"""What the dense group looks at; in the order of the streams, so first among them."""


def _dense(parts: tuple[Part, ...], whitening: Mapping[Kind, FloatArray]) -> Iterator[Dense]:
    for part in parts:
        if part.group == Group.CONTINUOUS and len(whitening.get(part.kind, ())):
            yield Dense(part.kind, part.streams, whitening[part.kind])


def _groups(
    profile: Profile, counts: IntArray, derived: Streams | None, wanders: bool
) -> dict[Group, Streams]:
    table = reference_of(profile, counts)
    numeric = len(profile.numeric)
    groups = {
        Group.CONTINUOUS: continuous_streams(profile, counts),
        Group.CATEGORICAL: category_streams(*table, numeric),
    }
    if derived is not None:
        groups[Group.DERIVED] = derived
    return {**groups, Group.SPIKES: spike_streams(*table, numeric, wanders)}


def _parts(
    groups: Mapping[Group, Streams], records: int, fewer: Mapping[Group, int]
) -> Iterator[Part]:
    """Yield neighbouring streams of a kind; fewer: groups that are known from fewer records."""
    start = 0
    for group, streams in groups.items():
        first = start
        for kind, run in groupby(streams.kinds):
            end = start + len(list(run))
            psi = streams.psi[start - first : end - first]
            bets = int(np.isfinite(psi).sum())
            yield Part(group, kind, slice(start, end), bets, fewer.get(group, records))
            start = end
