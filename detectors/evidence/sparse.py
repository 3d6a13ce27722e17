"""Sparse groups: the one stream, window, sign and shift that best explains the counts."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.counts import FloatArray, IntArray
from detectors.evidence.scores import DELTAS

Float32Array = NDArray[np.float32]


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
    sums: Float32Array,
    bounds: Float32Array,
    records: FloatArray,
    effective: FloatArray,
    wander: FloatArray,
    psi: FloatArray,
    tolerance: float,
    least: float,
    above: float,
) -> Strongest | None:
    """Return the largest log ratio over windows and streams, if it is larger than ``above``.

    sums: (windows, streams). bounds: the same shape, |S| / m sqrt(h m) width, whose square no
    log ratio exceeds. records, effective: (windows,). wander: (streams,), what
    effective is divided by for each stream. psi: (streams, 2, len(DELTAS)).
    least: an effect in sd below which a stream is passed over.
    """
    highest = bounds.max(axis=1, initial=0)
    window = int(highest.argmax())
    first = np.array([[window], [int(bounds[window].argmax())]])
    known = (sums, records, effective, wander, psi, tolerance, least)
    best = _exact(first, *known, above)
    floor = above if best is None else best.log_factor
    rows = np.flatnonzero(highest > floor**0.5)
    if not len(rows):
        return best
    place, stream = np.divmod(np.flatnonzero(bounds[rows] > floor**0.5), bounds.shape[1])
    return _exact(np.array([rows[place], stream]), *known, floor) or best


def _exact(
    places: IntArray,
    sums: Float32Array,
    records: FloatArray,
    effective: FloatArray,
    wander: FloatArray,
    psi: FloatArray,
    tolerance: float,
    least: float,
    above: float,
) -> Strongest | None:
    window, stream = places
    if not len(window):
        return None
    mean = sums[window, stream] / records[window]
    ratios = log_ratios(mean, effective[window] / wander[stream], psi[stream], tolerance)
    ratios = np.where(np.abs(mean) >= least, ratios, -np.inf)
    place = int(ratios.argmax())
    if ratios[place] <= above:
        return None
    return Strongest(
        float(ratios[place]), int(window[place]), int(stream[place]), float(mean[place])
    )
