"""The evidence of a change that ADWIN found, under the same budget as the windows'."""

import numpy as np

from detectors.adwin import CHECKED, Cut
from detectors.evidence.evidence import Evidence, Source
from detectors.evidence.groups import RESERVE
from detectors.evidence.ratios import Ratios
from detectors.evidence.scores import DELTAS
from detectors.evidence.streams import Kind
from detectors.sample import SAMPLE_SIZE

PER_BLOCK = SAMPLE_SIZE // CHECKED
"""Cuts that the scores of one block hold at most."""

SHARE = RESERVE / 4
"""Of the budget, out of what is kept back for errors and performance."""

WEIGHT = SHARE / PER_BLOCK / (2 * len(DELTAS))
"""Of one likelihood ratio."""


def evidence_of_cut(ratios: Ratios, cut: Cut, feature: int, block: int) -> Evidence:
    """Return the evidence of a change of a feature's mean, found with the block that closes.

    ADWIN proposes the cut, and the likelihood ratio of a shift of the newer scores against none
    judges it, with the older ones as its finite reference: h (delta S - m delta^2 / 2), with m
    newer scores, h = n / (n + m) for n older ones. Both are divided by the largest inflation, as
    nobody knows how many blocks the scores come from. The weight is shared by all the cuts that
    a block holds, so that the union over blocks holds for cuts as it does for windows.
    """
    phi = float(ratios.inflation.parts.max(initial=1.0))
    effective = cut.after / (phi * (1 + cut.after / cut.before))
    effect = (cut.mean_after - cut.mean_before) / cut.sd
    ratio = effective * (DELTAS * (abs(effect) - ratios.tolerance) - DELTAS**2 / 2)
    if abs(effect) < ratios.ignore_below:
        return Evidence()
    return Evidence(
        value=max(0.0, float(ratio.max()) + np.log(WEIGHT)),
        kind=Kind.LOCATION,
        feature=feature,
        first=block,
        last=block,
        records=cut.after,
        effect=effect,
        source=Source.ADWIN,
    )
