"""Which features drifted, at a stated rate of false discoveries."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from detectors.counts import FloatArray, IntArray
from detectors.evidence.detector import Detector, window_of, with_psi
from detectors.evidence.evidence import JOINT, Evidence
from detectors.evidence.groups import Group
from detectors.evidence.observed import Observed
from detectors.evidence.ratios import Part, Ratios
from detectors.evidence.sparse import log_ratios
from detectors.evidence.streams import Kind
from detectors.evidence.sums import WindowSums

FALSE_DISCOVERIES = 0.05
KINDS = tuple(Kind)
GROUPS = tuple(Group)


def drifted_features(
    detector: Detector,
    buckets: Sequence[Observed],
    since: int = 0,
    rate: float = FALSE_DISCOVERIES,
) -> list[Evidence]:
    """Return the features that drifted, largest effect first, by e-BH at a false discovery rate.

    buckets, since: as of ``Detector.step``; call it with those that an alarm was raised on.
    Of F features the k with the largest e-values are named for the largest k whose smallest
    e-value is at least F / (k rate); any dependence between features is allowed. A feature's
    e-value is the largest of its likelihood ratios over how many it has, which is at most their
    mean. ``value`` is its logarithm.

    Source: Wang and Ramdas (2022), False discovery rate control with e-values.
    """
    windows = detector.windows(buckets, since)
    if windows is None:
        return []
    best = best_by_feature(detector.ratios, windows)
    ranked = np.argsort(-best.value, kind="stable")
    places = np.arange(1, len(ranked) + 1)
    enough = best.value[ranked] >= np.log(len(ranked) / (places * rate))
    kept = int(places[enough].max(initial=0))
    named = [
        with_psi(detector.ratios, best.evidence(row, windows), buckets)
        for row in ranked[:kept].tolist()
        if abs(best.effect[row]) >= detector.ratios.ignore_below
    ]
    return sorted(named, key=lambda each: -abs(each.effect))


@dataclass(frozen=True, slots=True)
class Best:
    """The strongest evidence of each feature on its own; all of shape (features,).

    value: a log e-value. effect: in sd, signed. column: of the table of counts, or -1.
    window, kind, group: places in WindowSums, KINDS and GROUPS.
    """

    value: FloatArray
    effect: FloatArray
    column: IntArray
    window: IntArray
    kind: IntArray
    group: IntArray

    def evidence(self, row: int, windows: WindowSums) -> Evidence:
        """Return one feature's, without its PSI."""
        return Evidence(
            value=float(self.value[row]),
            group=GROUPS[self.group[row]],
            kind=KINDS[self.kind[row]],
            feature=row,
            column=int(self.column[row]),
            effect=float(self.effect[row]),
            **window_of(windows, int(self.window[row])),
        )


@dataclass(frozen=True, slots=True)
class _Candidates:
    """Some streams or cells at their best window; arrays of one length."""

    value: FloatArray
    effect: FloatArray
    feature: IntArray
    column: IntArray
    window: IntArray
    kind: IntArray
    group: IntArray


def best_by_feature(ratios: Ratios, windows: WindowSums) -> Best:
    """Return each feature's strongest evidence on its own, as a log e-value."""
    features = len(ratios.reference)
    found = [_nothing(features), *_of_streams(ratios, windows), _of_rare_bins(ratios, windows)]
    names = _Candidates.__dataclass_fields__
    joined = {name: np.concatenate([getattr(each, name) for each in found]) for name in names}
    order = np.lexsort((joined["value"], joined["feature"]))
    last = np.searchsorted(joined["feature"][order], np.arange(features), side="right") - 1
    chosen = order[last]
    value = joined["value"][chosen] - _log_bets(ratios, len(windows.records))
    rest = {name: joined[name][chosen] for name in ("effect", "column", "window", "kind", "group")}
    return Best(value=value, **rest)


def _log_bets(ratios: Ratios, windows: int) -> FloatArray:
    """Return the log of how many likelihood ratios each feature has; (features,)."""
    streams, rare = ratios.streams, ratios.rare
    own = streams.feature != JOINT
    ratios_of_streams = np.bincount(
        streams.feature[own],
        weights=np.isfinite(streams.psi[own]).sum(axis=(1, 2)),
        minlength=len(ratios.reference),
    )
    # Not added in place: of no streams numpy counts in integers, whatever the weights are.
    bets = ratios_of_streams + np.bincount(
        rare.row, weights=rare.alternatives.sum(axis=1), minlength=len(ratios.reference)
    )
    logs: FloatArray = np.log(np.maximum(bets, 1) * windows)
    return logs


def _nothing(features: int) -> _Candidates:
    """Return what is weaker than any evidence, of each feature."""
    zero = np.zeros(features, dtype=np.int64)
    lowest = np.full(features, -np.inf)
    return _Candidates(lowest, np.zeros(features), np.arange(features), zero - 1, zero, zero, zero)


def _of_streams(ratios: Ratios, windows: WindowSums) -> Iterator[_Candidates]:
    sized = ratios.effective(windows.blocks, windows.records)
    for part, effective in zip(ratios.parts, sized, strict=True):
        if part.group != Group.DERIVED:
            yield _of_part(ratios, windows, part, effective)


def _of_part(ratios: Ratios, windows: WindowSums, part: Part, effective: FloatArray) -> _Candidates:
    inside = part.streams
    means = windows.scaled[:, inside] / ratios.scales[inside] / windows.records[:, None]
    sizes = effective[:, None] / ratios.inflation.streams[inside]
    psi = np.broadcast_to(ratios.streams.psi[inside], (*means.shape, *ratios.streams.psi.shape[1:]))
    flat = log_ratios(
        means.ravel(), sizes.ravel(), psi.reshape(-1, *psi.shape[2:]), ratios.tolerance
    )
    factors = flat.reshape(means.shape)
    window = factors.argmax(axis=0)
    place = np.arange(means.shape[1])
    return _Candidates(
        value=factors[window, place],
        effect=means[window, place],
        feature=ratios.streams.feature[inside],
        column=ratios.streams.column[inside],
        window=window,
        kind=np.full(len(place), KINDS.index(part.kind)),
        group=np.full(len(place), GROUPS.index(part.group)),
    )


def _of_rare_bins(ratios: Ratios, windows: WindowSums) -> _Candidates:
    rare = ratios.rare
    window, place = np.nonzero(windows.rare)
    found, records = windows.rare[window, place], windows.records[window]
    factors = rare.log_factors(place, found, records)
    factors /= ratios.rare_wander(windows.blocks)[window, place]
    kinds = np.array([KINDS.index(kind) for kind in rare.kinds], dtype=np.int64)
    return _Candidates(
        value=factors,
        effect=rare.effects(place, found, records),
        feature=rare.row[place],
        column=rare.column[place],
        window=window,
        kind=kinds[place],
        group=np.full(len(place), GROUPS.index(Group.RARE)),
    )
