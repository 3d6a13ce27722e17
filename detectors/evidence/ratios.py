"""All likelihood ratios of a reference: what is bet on, with which weight."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from detectors.counts import FloatArray, IntArray
from detectors.evidence.dense import Dense
from detectors.evidence.groups import RESERVE, Group, log_priors
from detectors.evidence.inflation import Inflation
from detectors.evidence.rare import RareBins
from detectors.evidence.scores import DEGREES
from detectors.evidence.season import Season
from detectors.evidence.sparse import widths
from detectors.evidence.streams import (
    Kind,
    Streams,
    category_streams,
    joined,
    order_streams,
    reference_of,
    spike_streams,
)
from detectors.profile import Profile

TOLERANCE = 0.03
"""An effect in sd up to which drift counts as none; a PSI of about 0.001."""


@dataclass(frozen=True, slots=True)
class Ratios:
    """What a reference allows to bet on; the same for every stream that is compared with it.

    reference: (features, WIDTH), its counts. records: how many it has, N.
    streams: of every sparse group, upward ones last. parts: each sparse group's streams.
    upward: the streams that are bet on upwards only. widths: (streams,), see sparse.widths.
    whitened: (w,), the streams whose sums the dense group whitens.
    priors: each group's log weight per likelihood ratio.
    tolerance, ignore_below: effects in sd: inside the null, and not worth an alarm.
    """

    reference: IntArray
    records: int
    streams: Streams
    parts: Mapping[Group, slice]
    upward: slice
    widths: NDArray[np.float32]
    whitened: IntArray
    dense: Dense
    rare: RareBins
    priors: Mapping[Group, float]
    season: Season
    inflation: Inflation
    tolerance: float
    ignore_below: float

    def calibrated(self, season: Season, inflation: Inflation) -> "Ratios":
        """Return the same bets for a stream with a season and memory."""
        return replace(self, season=season, inflation=inflation)


def sparse_streams(
    profile: Profile, counts: IntArray, derived: Streams | None = None
) -> tuple[Streams, dict[Group, slice]]:
    """Return the streams of every sparse group, and which of them are whose.

    counts: (features, WIDTH), of the reference.
    """
    counts, used = reference_of(profile, counts)
    numeric = len(profile.numeric)
    groups = {
        Group.CONTINUOUS: order_streams(counts, used, numeric, DEGREES),
        Group.CATEGORICAL: category_streams(counts, used, numeric),
        Group.DERIVED: derived,
        Group.SPIKES: spike_streams(counts, used, numeric),
    }
    present = {group: part for group, part in groups.items() if part is not None}
    ends = np.cumsum([len(part) for part in present.values()]).tolist()
    starts = [0, *ends[:-1]]
    places = {
        group: slice(start, end) for group, start, end in zip(present, starts, ends, strict=True)
    }
    return joined(list(present.values())), places


def dense_streams(streams: Streams, part: slice) -> IntArray:
    """Return which streams the dense group whitens: location and scale of every feature."""
    return np.array(
        [
            place
            for place in range(part.start, part.stop)
            if streams.kinds[place] in (Kind.LOCATION, Kind.SCALE)
        ],
        dtype=np.int64,
    )


def ratios_of(
    profile: Profile,
    counts: IntArray,
    covariance: FloatArray | None = None,
    derived: Streams | None = None,
    tolerance: float = TOLERANCE,
    ignore_below: float = 0.0,
    reserve: float = RESERVE,
) -> Ratios:
    """Return the likelihood ratios of a reference.

    counts: (features, WIDTH), of the reference's N records. covariance: of the scores that
    ``dense_streams`` names, over the reference's records; None leaves the dense group out.
    derived: streams of the derived columns; None leaves them out.
    """
    records = int(counts[:1].sum())
    streams, parts = sparse_streams(profile, counts, derived)
    whitened = dense_streams(streams, parts[Group.CONTINUOUS])
    if covariance is None:
        covariance = np.zeros((0, 0))
        whitened = whitened[:0]
    dense = Dense.of(covariance, records)
    rare = RareBins.of(*reference_of(profile, counts), len(profile.numeric))
    psi = streams.psi
    bets = {group: int(np.isfinite(psi[part]).sum()) for group, part in parts.items()}
    return Ratios(
        reference=counts.astype(np.int64),
        records=records,
        streams=streams,
        parts=parts,
        upward=parts[Group.SPIKES],
        widths=widths(psi).astype(np.float32),
        whitened=whitened,
        dense=dense,
        rare=rare,
        priors=log_priors({**bets, Group.DENSE: dense.bets, Group.RARE: rare.bets}, reserve),
        season=Season.none(len(streams)),
        inflation=Inflation.none(),
        tolerance=tolerance,
        ignore_below=ignore_below,
    )
