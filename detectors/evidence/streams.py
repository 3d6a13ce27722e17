"""Score streams: each one's sum over a window is a linear function of the window's counts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from scipy.sparse import coo_array, csr_array, vstack

from detectors.cells import MISSING, UNSEEN, VALUE_BINS, WIDTH
from detectors.counts import BoolArray, FloatArray, IntArray
from detectors.evidence.scores import (
    DEGREES,
    DELTAS,
    SMALLEST_SHARE,
    cumulants,
    order_scores,
    smoothed_shares,
    used_columns,
)
from detectors.profile import Profile

SMALLEST_COUNT = 30
"""A bin with fewer reference records has no Gaussian share: it is left to the rare bins."""

SPIKE_DELTAS = 3
"""Spikes are bet on with the largest so many of DELTAS, upwards only."""


class Kind(StrEnum):
    """What a stream's mean moves with."""

    LOCATION = "location"
    SCALE = "scale"
    SKEWNESS = "skewness"
    TAILS = "tails"
    SPIKE = "spike"
    CATEGORY = "category"
    MISSING = "missing"
    UNSEEN = "unseen"
    OUTSIDE = "outside"
    MANY = "many features"
    CORRELATION = "correlation"


ORDER_KINDS = (Kind.LOCATION, Kind.SCALE, Kind.SKEWNESS, Kind.TAILS)


@dataclass(frozen=True, slots=True)
class Streams:
    """R score streams over a vector of C counts.

    kinds: (R,). feature: (R,), row in Profile.features. column: (R,), column of the table of
    counts, or -1 where the stream looks at all of them. weights: (R, C) and offset: (R,); the
    sum of a stream's score over a window is weights @ counts - offset * records.
    psi: (R, 2, len(DELTAS)), the cumulant of betting up and down; inf where no bet is made.
    """

    kinds: tuple[Kind, ...]
    feature: IntArray
    column: IntArray
    weights: csr_array
    offset: FloatArray
    psi: FloatArray

    def __len__(self) -> int:
        return len(self.kinds)

    def sums(self, counts: FloatArray, records: int) -> FloatArray:
        """Return each stream's sum of scores over a window's records; shape (R,)."""
        sums: FloatArray = self.weights @ counts - self.offset * records
        return sums


def joined(parts: Sequence[Streams], width: int) -> Streams:
    """Return the streams of all parts, in order, over a vector of ``width`` numbers."""
    for part in parts:
        part.weights.resize((len(part), width))
    return Streams(
        kinds=tuple(kind for part in parts for kind in part.kinds),
        feature=np.concatenate([part.feature for part in parts]),
        column=np.concatenate([part.column for part in parts]),
        weights=csr_array(vstack([part.weights for part in parts])),
        offset=np.concatenate([part.offset for part in parts]),
        psi=np.concatenate([part.psi for part in parts]),
    )


def order_streams(counts: IntArray, used: BoolArray, numeric: int, degrees: int) -> Streams:
    """Return location, scale, skewness and tails (the first ``degrees``) of numeric rows.

    counts, used: (features, WIDTH), the first ``numeric`` rows numeric. Streams are in order
    of degree, then feature; a score that a feature has too few bins for is left out.
    """
    shares, scores = order_table(counts, used, numeric)
    degree, row = np.nonzero(np.abs(scores[:, :degrees]).sum(axis=2).T)
    chosen = scores[row, degree]
    return Streams(
        kinds=tuple(ORDER_KINDS[each] for each in degree),
        feature=row,
        column=np.full(len(row), -1),
        weights=_rows(row, chosen, counts.size),
        offset=np.zeros(len(row)),
        psi=cumulants(shares[row], chosen),
    )


MOVED = (Kind.SCALE, Kind.SKEWNESS)
"""Kinds that a moved mean shows in, unless they are taken around each block's own mean."""


def moved_moments(scores: FloatArray, counts: IntArray, records: int) -> FloatArray:
    """Return what a whole block's moved means add to its MOVED scores; (len(MOVED) * numeric,).

    scores: (2, numeric, VALUE_BINS), location and scale scores of the bins. counts: (features,
    WIDTH), of the block. With mean location score z and sum of scale scores S over n records:
    (n z^2 - 1) / sqrt 2 in scale, and (3 sqrt 2 z S - 2 n z^3) / sqrt 6 in skewness, as for
    Hermite polynomials, 0 on average while the mean stays. It adds over blocks.
    """
    numeric = scores.shape[1]
    if not records:
        return np.zeros(len(MOVED) * numeric)
    values = counts[:numeric, :VALUE_BINS].astype(np.float64)
    location, scale = np.einsum("dfk,fk->df", scores, values)
    mean = location / records
    moved = np.stack(
        [
            (records * mean**2 - 1) / np.sqrt(2),
            (3 * np.sqrt(2) * mean * scale - 2 * records * mean**3) / np.sqrt(6),
        ]
    )
    return moved.ravel()


def around_block_means(continuous: Streams, numeric: int, before: int) -> Streams:
    """Return the streams with the MOVED kinds taken around each block's own mean.

    before: numbers in front of the moved moments in a bucket's vector. A stream whose mean
    wanders would otherwise show in them, by its square and its cube.
    """
    place, column = [], []
    for at, kind in enumerate(continuous.kinds):
        if kind in MOVED:
            place.append(at)
            column.append(before + MOVED.index(kind) * numeric + int(continuous.feature[at]))
    shape = (len(continuous), before + len(MOVED) * numeric)
    less = csr_array((np.full(len(place), -1.0), (place, column)), shape=shape)
    weights = continuous.weights.copy()
    weights.resize(shape)
    return replace(continuous, weights=csr_array(weights + less))


def category_streams(counts: IntArray, used: BoolArray, numeric: int) -> Streams:
    """Return every level's share, and every feature's share of missing values, up and down."""
    solid = solid_cells(counts, used)
    solid[:numeric, :VALUE_BINS] = False
    return _indicators(counts, used, solid, numeric)


def spike_streams(counts: IntArray, used: BoolArray, numeric: int, wanders: bool) -> Streams:
    """Return the share of every value bin of the numeric rows, upwards only.

    wanders: take off what the bin's share follows from location, scale, skewness and tails, so
    that a mean that wanders does not show as spikes. It makes a step about half as long again.
    """
    solid = solid_cells(counts, used)
    solid[numeric:] = False
    solid[:, VALUE_BINS:] = False
    streams = _indicators(counts, used, solid, numeric)
    if wanders:
        streams = _beyond_order(streams, *order_table(counts, used, numeric), counts.size)
    streams.psi[:, 1] = np.inf
    streams.psi[:, 0, : len(DELTAS) - SPIKE_DELTAS] = np.inf
    return streams


def solid_cells(counts: IntArray, used: BoolArray) -> BoolArray:
    """Tell which cells hold enough of the reference for their share to be bet on as Gaussian."""
    shares = smoothed_shares(counts, used)
    enough: BoolArray = (
        (shares >= SMALLEST_SHARE) & (shares <= 1 - SMALLEST_SHARE) & (counts >= SMALLEST_COUNT)
    )
    return enough


def kind_of_cell(numeric: int, row: int, column: int) -> Kind:
    """Name the change that shows in one cell of a table of counts."""
    if column == MISSING:
        return Kind.MISSING
    if column == UNSEEN:
        return Kind.UNSEEN
    return Kind.SPIKE if row < numeric else Kind.CATEGORY


def reference_of(profile: Profile, counts: IntArray) -> tuple[IntArray, BoolArray]:
    """Return the counts of a reference and which of their columns are in use."""
    return counts.astype(np.int64), used_columns(profile) | (counts > 0)


def order_table(counts: IntArray, used: BoolArray, numeric: int) -> tuple[FloatArray, FloatArray]:
    """Return the numeric rows' shares, (numeric, WIDTH), and scores, (numeric, DEGREES, WIDTH).

    counts, used: (features, WIDTH), of a reference.
    """
    shares = smoothed_shares(counts, used)[:numeric]
    scores = np.zeros((numeric, DEGREES, WIDTH))
    scores[:, :, :VALUE_BINS] = order_scores(shares[:, :VALUE_BINS])
    return shares, scores


def _beyond_order(spikes: Streams, shares: FloatArray, scores: FloatArray, width: int) -> Streams:
    """Return spikes without the part that their feature's order scores explain."""
    row, place = spikes.feature, np.arange(len(spikes))
    values = np.repeat(-spikes.offset[:, None], WIDTH, axis=1)
    values[place, spikes.column] += spikes.weights.data
    share, order = shares[row], scores[row]
    values -= np.einsum("rd,rdk->rk", np.einsum("rk,rk,rdk->rd", share, values, order), order)
    values /= np.sqrt((share * values**2).sum(axis=1, keepdims=True) + SMALLEST_SHARE)
    return replace(
        spikes,
        weights=_rows(row, values, width),
        offset=np.zeros(len(spikes)),
        psi=cumulants(share, values),
    )


def _indicators(counts: IntArray, used: BoolArray, cells: BoolArray, numeric: int) -> Streams:
    """Return (1{in the cell} - p) / sqrt(p (1 - p)) for the chosen cells."""
    row, column = np.nonzero(cells)
    by_kind = np.argsort(column == MISSING, kind="stable")
    row, column = row[by_kind], column[by_kind]
    share = smoothed_shares(counts, used)[row, column]
    sd = np.sqrt(share * (1 - share))
    both = np.stack([share, 1 - share], axis=1)
    values = np.stack([(1 - share) / sd, -share / sd], axis=1)
    place = np.arange(len(row))
    weights = coo_array((1 / sd, (place, row * WIDTH + column)), shape=(len(row), counts.size))
    return Streams(
        kinds=tuple(
            kind_of_cell(numeric, *cell) for cell in zip(row.tolist(), column.tolist(), strict=True)
        ),
        feature=row,
        column=column,
        weights=csr_array(weights),
        offset=share / sd,
        psi=cumulants(both, values),
    )


def _rows(row: IntArray, values: FloatArray, width: int) -> csr_array:
    """Return a sparse matrix whose line i holds ``values[i]`` in the columns of row ``row[i]``."""
    places = row[:, None] * WIDTH + np.arange(WIDTH)
    lines = np.broadcast_to(np.arange(len(row))[:, None], places.shape)
    return csr_array(
        coo_array((values.ravel(), (lines.ravel(), places.ravel())), shape=(len(row), width))
    )
