"""Which features drifted, at a stated rate of false discoveries."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from detectors.evidence.detector import Detector, window_of, with_psi
from detectors.evidence.evidence import JOINT, LOWEST, Evidence
from detectors.evidence.groups import Group
from detectors.evidence.observed import Observed
from detectors.evidence.ratios import Ratios
from detectors.evidence.sparse import log_ratios
from detectors.evidence.sums import WindowSums

FALSE_DISCOVERIES = 0.05


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
    found = best_by_feature(detector.ratios, windows)
    features = len(detector.ratios.reference)
    ranked = sorted(found, key=lambda each: -each.value)
    kept = 0
    for place, each in enumerate(ranked, start=1):
        if each.value >= np.log(features / (place * rate)):
            kept = place
    named = [with_psi(detector.ratios, each, buckets) for each in ranked[:kept]]
    return sorted(named, key=lambda each: -abs(each.effect))


def best_by_feature(ratios: Ratios, windows: WindowSums) -> list[Evidence]:
    """Return each feature's strongest evidence on its own, as a log e-value."""
    streams, rare = ratios.streams, ratios.rare
    own = streams.feature != JOINT
    bets = np.bincount(
        streams.feature[own],
        weights=np.isfinite(streams.psi[own]).sum(axis=(1, 2)),
        minlength=len(ratios.reference),
    )
    bets += np.bincount(rare.row, weights=rare.alternatives.sum(axis=1), minlength=len(bets))
    shared = np.log(np.maximum(bets, 1) * len(windows.records))
    best: dict[int, Evidence] = {}
    for each in (*_of_streams(ratios, windows), *_of_rare_bins(ratios, windows)):
        alone = replace(each, value=each.value - float(shared[each.feature]))
        if each.feature not in best or alone.value > best[each.feature].value:
            best[each.feature] = alone
    return list(best.values())


def _of_streams(ratios: Ratios, windows: WindowSums) -> Iterator[Evidence]:
    """Yield every stream's best log ratio over the windows, those of many features left out."""
    means = windows.scaled / ratios.scales / windows.records[:, None]
    inflation = ratios.inflation
    sized = inflation.effective(inflation.parts, windows.blocks, windows.records, ratios.records)
    for part, effective in zip(ratios.parts, sized, strict=True):
        if part.group == Group.DERIVED:
            continue
        inside = part.streams
        sizes = effective[:, None] / ratios.inflation.streams[inside]
        factors = np.array(
            [
                log_ratios(mean, size, ratios.streams.psi[inside], ratios.tolerance)
                for mean, size in zip(means[:, inside], sizes, strict=True)
            ]
        )
        best = factors.argmax(axis=0)
        for place, window in enumerate(best.tolist(), start=inside.start):
            yield Evidence(
                value=float(factors[window, place - inside.start]),
                group=part.group,
                kind=part.kind,
                feature=int(ratios.streams.feature[place]),
                column=int(ratios.streams.column[place]),
                effect=float(means[window, place]),
                **window_of(windows, window),
            )


def _of_rare_bins(ratios: Ratios, windows: WindowSums) -> Iterator[Evidence]:
    rare = ratios.rare
    window, place = np.nonzero(windows.rare)
    found, records = windows.rare[window, place], windows.records[window]
    factors = rare.log_factors(place, found, records)
    factors /= ratios.inflation.rare(windows.blocks)[window]
    effects = rare.effects(place, found, records)
    for each in np.flatnonzero(factors > LOWEST).tolist():
        yield Evidence(
            value=float(factors[each]),
            group=Group.RARE,
            kind=rare.kinds[place[each]],
            feature=int(rare.row[place[each]]),
            column=int(rare.column[place[each]]),
            effect=float(effects[each]),
            **window_of(windows, int(window[each])),
        )
