"""Sparse groups: the one stream, window, sign and shift that best explains the counts."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.counts import FloatArray, IntArray
from detectors.evidence.scores import DELTAS

Float32Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Bets:
    """What is bet on some streams.

    psi: (streams, 2, len(DELTAS)), inf where no bet is made. scales: (streams,), what their sums
    are multiplied with. wander: (streams,), what the effective size is divided by.
    tolerance: effect in sd that counts as none; least: below which a stream is passed over.
    """

    psi: FloatArray
    scales: FloatArray
    wander: FloatArray
    tolerance: float
    least: float


@dataclass(frozen=True, slots=True)
class Strongest:
    """The largest log likelihood ratio of a group, in nats, and where it lies.

    mean: the window's mean score in sd of the reference, the season taken off.
    """

    log_factor: float
    window: int
    stream: int
    mean: float


def log_ratios(
    mean: FloatArray, effective: FloatArray, psi: FloatArray, tolerance: float
) -> FloatArray:
    """Return the best of h (s delta S - m psi - m delta eps) over signs and shifts; (n,).

    mean: (n,), S / m. effective: (n,), h m: records times the factor for the reference's own
    error. psi: (n, 2, len(DELTAS)), inf where no bet is made. tolerance: eps, the effect in sd
    that counts as none.
    """
    up = DELTAS * (mean[:, None] - tolerance) - psi[:, 0]
    down = DELTAS * (-mean[:, None] - tolerance) - psi[:, 1]
    best: FloatArray = effective * np.maximum(up, down).max(axis=1)
    return best


def widths(psi: FloatArray) -> FloatArray:
    """Return 1 / sqrt(2 kappa) with psi >= kappa delta^2 / 2 for every bet; (streams,).

    So a log ratio never exceeds h m (mean * width)^2: what the search is cut with.
    """
    with np.errstate(invalid="ignore"):
        curvature = np.nanmin(2 * psi / DELTAS**2, axis=(1, 2))
    width: FloatArray = 1 / np.sqrt(2 * np.maximum(curvature, 1e-3))
    return width


def strongest(
    scaled: Float32Array,
    upward: bool,
    records: FloatArray,
    effective: FloatArray,
    bets: Bets,
    above: float,
) -> Strongest | None:
    """Return the largest log ratio over windows and streams, if it is larger than ``above``.

    scaled: (windows, streams), sums of scores times bets.scales. upward: whether streams are
    bet on upwards only. records, effective: (windows,).

    No log ratio exceeds the square of |S| / m sqrt(h m) times the stream's scale. So only those
    are computed whose bound exceeds the best one found, first of all the one with the largest.
    """
    bounds = scaled.copy() if upward else np.abs(scaled)
    bounds *= (np.sqrt(effective) / records).astype(np.float32)[:, None]
    highest = bounds.max(axis=1, initial=0)
    window = int(highest.argmax())
    if highest[window] <= above**0.5:
        return None
    first = np.array([[window], [int(bounds[window].argmax())]])
    best = _exact(first, scaled, records, effective, bets, above)
    floor = above if best is None else best.log_factor
    rows = np.flatnonzero(highest > floor**0.5)
    place, stream = np.divmod(np.flatnonzero(bounds[rows] > floor**0.5), bounds.shape[1])
    places = np.array([rows[place], stream])
    return _exact(places, scaled, records, effective, bets, floor) or best


def _exact(
    places: IntArray,
    scaled: Float32Array,
    records: FloatArray,
    effective: FloatArray,
    bets: Bets,
    above: float,
) -> Strongest | None:
    window, stream = places
    if not len(window):
        return None
    mean = scaled[window, stream] / (bets.scales[stream] * records[window])
    sizes = effective[window] / bets.wander[stream]
    ratios = log_ratios(mean, sizes, bets.psi[stream], bets.tolerance)
    ratios = np.where(np.abs(mean) >= bets.least, ratios, -np.inf)
    place = int(ratios.argmax())
    if ratios[place] <= above:
        return None
    return Strongest(
        float(ratios[place]), int(window[place]), int(stream[place]), float(mean[place])
    )
