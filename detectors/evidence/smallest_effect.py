"""The smallest detectable effect: what a reference can see before any drift has come."""

import numpy as np
from scipy.special import ndtri

from detectors.counts import FloatArray
from detectors.evidence.groups import Group
from detectors.evidence.ratios import Part, Ratios
from detectors.evidence.scores import DELTAS
from detectors.evidence.streams import Kind

POWER = 0.8
MOST = 2.0
"""A shift of more sd leaves the reference's range, where a score no longer grows with it."""


def smallest_shifts(
    ratios: Ratios, threshold: float, blocks: int, records_per_block: float, power: float = POWER
) -> FloatArray:
    """Return the shift in sd that would page within some blocks, for each feature; (features,).

    threshold: of the budget, in nats. blocks: blocks after the change. records_per_block: the
    stream's traffic. power: the chance that it pages. nan for features without an order; inf
    where even MOST sd would not do, as traffic or reference is too small or wanders too much.

    The window of all those blocks has to reach the threshold at the lower quantile of its mean
    score, which varies by phi_w / m and by the reference's own phi_max / N. Shorter windows add
    a little power that is not counted.
    """
    shifts = np.full(len(ratios.reference), np.nan)
    window, size = np.array([blocks]), np.array([records_per_block * blocks])
    sized = ratios.effective(window, size)
    for part, effective in zip(ratios.parts, sized[:, 0], strict=True):
        if part.group == Group.CONTINUOUS and part.kind == Kind.LOCATION:
            rows = ratios.streams.feature[part.streams]
            shifts[rows] = _of_part(ratios, part, effective, threshold, power)
    return shifts


def _of_part(
    ratios: Ratios, part: Part, effective: float, threshold: float, power: float
) -> FloatArray:
    size_of = effective / ratios.inflation.streams[part.streams]
    psi = ratios.streams.psi[part.streams].max(axis=1)
    needed = threshold - ratios.prior(part)
    with np.errstate(divide="ignore"):
        mean = ((needed / size_of)[:, None] + psi) / DELTAS + ratios.tolerance
        smallest = mean.min(axis=1) + ndtri(power) / np.sqrt(size_of)
    found: FloatArray = np.maximum(smallest, ratios.ignore_below)
    return np.where(found <= MOST, found, np.inf)
