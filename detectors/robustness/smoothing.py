"""Certified robustness by randomised smoothing.

What is certified is the smoothed model, which answers what the model answers most often under
Gaussian noise, and not the model itself. The noise must reach the model as it was drawn: a
column that is rounded or clipped on the way has no certificate.

Source: Cohen, Rosenfeld and Kolter (2019), Certified adversarial robustness via randomized
smoothing, ICML, algorithm 2.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from detectors.counts import FloatArray, IntArray
from detectors.robustness.intervals import lower_bound

ABSTAINED = -1
"""The code of a record whose answer cannot be certified."""


def radius(k: ArrayLike, n: ArrayLike, alpha: float, sigma: float) -> FloatArray:
    """Return the L2 radius within which the smoothed model keeps its answer.

    k: how many of n draws gave that answer; arrays give an array. alpha: the chance that a radius
    is too large. sigma: of the noise; the radius is in its unit. 0 where it abstains, because no
    majority is proven.
    """
    sure = lower_bound(k, n, alpha)
    return np.where(sure > 0.5, sigma * ndtri(np.clip(sure, 0.5, None)), 0.0)


def certify(
    predict_codes: Callable[[FloatArray], IntArray],
    origins: FloatArray,
    sigma: float,
    n0: int,
    n: int,
    alpha: float,
    classes: int,
    rng: np.random.Generator,
    batch: int = 10_000,
) -> tuple[IntArray, FloatArray]:
    """Return the smoothed model's answer for each record, and its certified L2 radius.

    predict_codes: answers for points (m, d): codes of classes (m,), any other number where there
    is no answer, which then speaks for no class. origins: (r, d), in scaled units. n0: draws that
    choose the answer; n: further ones that prove it. batch: the most points asked about at a
    time. Costs n0 + n queries a record.
    Returns codes (r,), ABSTAINED where nothing is proven, and radii (r,), there 0.
    """
    chosen = _counts(predict_codes, origins, sigma, n0, classes, rng, batch).argmax(axis=1)
    counts = _counts(predict_codes, origins, sigma, n, classes, rng, batch)
    kept = counts[np.arange(len(origins)), chosen]
    radii = radius(kept, np.full(len(origins), n), alpha, sigma)
    return np.where(radii > 0, chosen, ABSTAINED), radii


def _counts(
    predict_codes: Callable[[FloatArray], IntArray],
    origins: FloatArray,
    sigma: float,
    draws: int,
    classes: int,
    rng: np.random.Generator,
    batch: int,
) -> IntArray:
    """Return how often each record's noisy copies get each class; (r, classes)."""
    counts = np.zeros((len(origins), classes), dtype=np.int64)
    every = len(origins) * draws
    for start in range(0, every, batch):
        places = np.arange(start, min(start + batch, every)) // draws
        noise = sigma * rng.standard_normal((len(places), origins.shape[1]))
        codes = predict_codes(origins[places] + noise)
        known = (codes >= 0) & (codes < classes)
        np.add.at(counts, (places[known], codes[known]), 1)
    return counts
