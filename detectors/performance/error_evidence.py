"""Bets that errors became more frequent or losses larger, as one more stream of evidence."""

from dataclasses import replace

import numpy as np

from detectors.cells import VALUE_BINS
from detectors.counts import BoolArray, IntArray
from detectors.evidence.groups import RESERVE, Group, log_priors, weight_of
from detectors.evidence.rare import RareBins
from detectors.evidence.ratios import Part, Ratios
from detectors.evidence.streams import Kind, Streams, category_streams, joined, order_streams
from detectors.performance.error_stream import ERROR, RIGHT, WRONG, error_rows
from detectors.performance.task import Task

SHARE = RESERVE / 2
"""Of the budget, out of what is kept back for errors and performance: changes that ADWIN finds
have a quarter of that for scores, and as much for errors."""

NO_TOLERANCE = 0.0
"""What is too small to matter is for ``ignore_below`` to say: one inside the bets
(0.01 sd, as features have it) made a rise from 10 to 12 errors in 100 wait 15,750 records, not
9,375, and one to 15 in 100 wait 1,500, not 1,250."""

GROUPS = {Kind.LOCATION: Group.CONTINUOUS, Kind.CATEGORY: Group.CATEGORICAL}


def error_ratios(
    task: Task, counts: IntArray, share: float = SHARE, ignore_below: float = 0.0
) -> Ratios:
    """Return the likelihood ratios of a reference's errors, all of them bets on worse ones.

    counts: (rows, WIDTH), Errors.counts of the reference's N pairs. share: of the budget.
    The location of the losses and the share of wrong answers are bet on upwards, and so are
    losses beyond the reference's largest and wrong answers that are too rare to have a Gaussian
    share. A block is Observed.block(number, pairs, Errors.counts); Detector and Watch take it
    like any other, and ``calibrate`` teaches the bets a season and memory.

    Raises ValueError if there is no pair to compare with.
    """
    if not counts[:1].sum():
        raise ValueError(
            "the reference holds no prediction with its label, so nothing is known of its errors; "
            "build it from data with labels"
        )
    used = _used(task, counts)
    numeric = len(error_rows(task)) - bool(task.classes)
    categories = category_streams(counts, used, numeric)
    streams = joined(
        [
            *([order_streams(counts, used, numeric, degrees=1)] if numeric else []),
            _chosen(categories, categories.column == WRONG),
        ],
        counts.size,
    )
    streams.psi[:, 1] = np.inf
    records = int(counts[:1].sum())
    parts = tuple(
        Part(GROUPS[kind], kind, slice(place, place + 1), int(np.isfinite(psi).sum()), records)
        for place, (kind, psi) in enumerate(zip(streams.kinds, streams.psi, strict=True))
    )
    rare = _worse(RareBins.of(counts, used, numeric), used, numeric)
    bets: dict[Group, float] = {each.group: weight_of(each.kind) * each.bets for each in parts}
    return Ratios.uncalibrated(
        reference=counts,
        streams=streams,
        parts=parts,
        dense=(),
        rare=rare,
        priors=log_priors({**bets, Group.RARE: rare.bets}, reserve=1 - share),
        tolerance=NO_TOLERANCE,
        ignore_below=ignore_below,
    )


def _used(task: Task, counts: IntArray) -> BoolArray:
    used = counts > 0
    for row, name in enumerate(error_rows(task)):
        if name == ERROR:
            used[row, [RIGHT, WRONG]] = True
        else:
            last = int(np.isfinite(task.loss_edges).sum())
            used[row, :VALUE_BINS] = np.arange(VALUE_BINS) <= last
    return used


def _chosen(streams: Streams, chosen: BoolArray) -> Streams:
    kinds = tuple(kind for kind, kept in zip(streams.kinds, chosen, strict=True) if kept)
    return Streams(
        kinds=kinds,
        feature=streams.feature[chosen],
        column=streams.column[chosen],
        weights=streams.weights[np.flatnonzero(chosen)],
        offset=streams.offset[chosen],
        psi=streams.psi[chosen],
    )


def _worse(rare: RareBins, used: BoolArray, numeric: int) -> RareBins:
    """Return the rare bins that mean worse: losses above all others, and wrong answers."""
    largest = used[:, :VALUE_BINS].sum(axis=1) - 1
    kept = rare.column == np.where(rare.row < numeric, largest[rare.row], WRONG)
    return replace(
        rare,
        row=rare.row[kept],
        column=rare.column[kept],
        count=rare.count[kept],
        prior=rare.prior[kept],
        kinds=tuple(kind for kind, each in zip(rare.kinds, kept, strict=True) if each),
    )
