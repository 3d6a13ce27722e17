"""The windowed likelihood ratio of a stream against a finite reference."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypedDict

import numpy as np

from detectors.counts import Counts, FloatArray
from detectors.evidence.dense import Dense
from detectors.evidence.evidence import JOINT, LOWEST, Evidence
from detectors.evidence.groups import Group
from detectors.evidence.observed import Observed
from detectors.evidence.odd_days import without_odd_days
from detectors.evidence.ratios import Part, Ratios
from detectors.evidence.sparse import strongest
from detectors.evidence.streams import Kind
from detectors.evidence.sums import BucketSums, WindowSums
from detectors.psi import PSI

NAMED_SHARE = 0.5
"""A joint change is told as one feature's where that alone has this share of the evidence."""


@dataclass(slots=True)
class Detector:
    """Computes the evidence of one stream; keeps nothing that its buckets do not say.

    rows: sums of the buckets of the last step. They are a memory of what was computed, so a
    detector that starts without them gives the same numbers, bit for bit.
    """

    ratios: Ratios
    rows: dict[tuple[int, int], BucketSums] = field(default_factory=dict)

    def step(self, buckets: Sequence[Observed], since: int = 0) -> Evidence:
        """Return the evidence of all windows that end with the newest bucket.

        buckets: newest first. since: a window may not start before this block.
        """
        windows = self.windows(buckets, since)
        if windows is None:
            return Evidence()
        found = named(list(_all_evidence(self.ratios, windows)))
        return with_psi(self.ratios, found, buckets)

    def windows(self, buckets: Sequence[Observed], since: int = 0) -> WindowSums | None:
        """Return the sums of all windows that start at ``since`` or later; None without records."""
        known, self.rows = self.rows, {}
        for bucket in buckets:
            key = (bucket.first, bucket.last)
            self.rows[key] = known.get(key) or BucketSums.of(self.ratios, bucket)
        used = [bucket for bucket in buckets if bucket.first >= since]
        if not any(bucket.records for bucket in used):
            return None
        windows = WindowSums.of(used, list(self.rows.values())[: len(used)])
        return without_odd_days(self.ratios, windows)


def named(found: Sequence[Evidence]) -> Evidence:
    """Return the largest evidence, told of one feature where that explains most of it."""
    largest = max(found, key=lambda each: each.value)
    single = max(
        (each for each in found if each.feature != JOINT),
        key=lambda each: each.value,
        default=Evidence(),
    )
    if single.value > LOWEST and single.value >= NAMED_SHARE * largest.value:
        return replace(single, value=largest.value)
    return largest


def with_psi(ratios: Ratios, found: Evidence, buckets: Sequence[Observed]) -> Evidence:
    """Return evidence with the PSI of its feature in its window, less its sampling noise."""
    if found.feature == JOINT:
        return found
    counts = np.zeros_like(ratios.reference[found.feature])
    for bucket in buckets:
        if bucket.first >= found.first:
            counts += bucket.counts[found.feature]
    before, after = Counts(ratios.reference[found.feature][None]), Counts(counts[None])
    psi = PSI()
    return replace(found, psi=float((psi(before, after) - psi.noise(before, after))[0]))


def _all_evidence(ratios: Ratios, windows: WindowSums) -> Iterator[Evidence]:
    yield Evidence()
    for part, effective in zip(
        ratios.parts, ratios.effective(windows.blocks, windows.records), strict=True
    ):
        yield _of_part(ratios, windows, part, effective)
    inflation, start = ratios.inflation, 0
    known = np.full(len(ratios.dense), float(ratios.records))
    of_dense = inflation.effective(inflation.dense, windows.blocks, windows.records, known)
    for dense, effective in zip(ratios.dense, of_dense, strict=True):
        yield _of_many(ratios, windows, dense, effective, start)
        start += dense.dimensions
    if Group.RARE in ratios.priors:
        yield _of_rare_bins(ratios, windows)


def _of_part(ratios: Ratios, windows: WindowSums, part: Part, effective: FloatArray) -> Evidence:
    prior = ratios.prior(part)
    best = strongest(
        windows.scaled[:, part.streams],
        part.group == Group.SPIKES,
        windows.records,
        effective,
        ratios.bets(part),
        LOWEST - prior,
    )
    if best is None:
        return Evidence()
    place = part.streams.start + best.stream
    return Evidence(
        value=best.log_factor + prior,
        group=part.group,
        kind=part.kind,
        feature=int(ratios.streams.feature[place]),
        column=int(ratios.streams.column[place]),
        effect=best.mean,
        **window_of(windows, best.window),
    )


def _of_many(
    ratios: Ratios, windows: WindowSums, dense: Dense, effective: FloatArray, start: int
) -> Evidence:
    mean = windows.whitened[:, start : start + dense.dimensions] / windows.records[:, None]
    squared = np.einsum("wd,wd->w", mean, mean)
    factors = dense.log_factors(squared, effective) + ratios.priors[Group.DENSE]
    if ratios.ignore_below > 0:
        chance = np.sqrt(2 * np.log(2 * len(mean.T)) / np.maximum(effective, 1e-9))
        sure = _largest_single(ratios, windows, dense, slice(None)) - chance
        factors = np.where(sure >= ratios.ignore_below, factors, -np.inf)
    best = int(factors.argmax())
    return Evidence(
        value=float(factors[best]),
        group=Group.DENSE,
        kind=Kind.MANY,
        effect=float(_largest_single(ratios, windows, dense, slice(best, best + 1))[0]),
        **window_of(windows, best),
    )


def _largest_single(ratios: Ratios, windows: WindowSums, dense: Dense, chosen: slice) -> FloatArray:
    """Return the largest effect of a single feature in sd in some of the windows."""
    sums = windows.scaled[chosen, dense.streams] / ratios.scales[dense.streams]
    largest: FloatArray = np.abs(sums).max(axis=1) / windows.records[chosen]
    return largest


def _of_rare_bins(ratios: Ratios, windows: WindowSums) -> Evidence:
    rare, prior = ratios.rare, ratios.priors[Group.RARE]
    tempering = ratios.rare_wander(windows.blocks)
    worth = rare.worth_a_look(windows.rare, windows.records, tempering * (LOWEST - prior))
    window, place = np.nonzero(worth)
    if not len(window):
        return Evidence()
    found, records = windows.rare[window, place], windows.records[window]
    factors = rare.log_factors(place, found, records) / tempering[window, place] + prior
    effects = rare.effects(place, found, records)
    factors = np.where(effects >= ratios.ignore_below, factors, -np.inf)
    best = int(factors.argmax())
    return Evidence(
        value=float(factors[best]),
        group=Group.RARE,
        kind=rare.kinds[place[best]],
        feature=int(rare.row[place[best]]),
        column=int(rare.column[place[best]]),
        effect=float(effects[best]),
        **window_of(windows, int(window[best])),
    )


class Span(TypedDict):
    """The fields of Evidence that say which window it is of."""

    first: int
    last: int
    records: int


def window_of(windows: WindowSums, place: int) -> Span:
    """Return which window is the one at some place."""
    return Span(
        first=int(windows.first[place]), last=windows.last, records=int(windows.records[place])
    )
