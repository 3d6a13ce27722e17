"""Records, and a linear model of which every robustness measure is known exactly."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, ndtr, owens_t

from detectors.counts import BoolArray, FloatArray

MARGIN = 1.6
"""How many sd the mean record lies on the right side of the model's boundary."""

NOISE = 0.5
STEEPNESS = 4.0
"""Of the model's confidence: the logistic function of so many times the distance."""


@dataclass(frozen=True, slots=True)
class Night:
    """What one run sees: n records, their distance from the boundary before and after noise.

    Positive on the right side; the true measures follow from their normal distribution.
    """

    clean: FloatArray
    noisy: FloatArray

    @property
    def right(self) -> BoolArray:
        """Which records are answered rightly without noise."""
        return self.clean > 0

    @property
    def right_noisy(self) -> BoolArray:
        """Which records are answered rightly with noise."""
        return self.noisy > 0

    @property
    def confidence_drops(self) -> FloatArray:
        """By how much the probability of the first answer falls; in -1..1."""
        side = np.sign(self.clean)
        before = expit(STEEPNESS * side * self.clean)
        return before - expit(STEEPNESS * side * self.noisy)


@dataclass(frozen=True, slots=True)
class Truth:
    """What the measures are of all records there could be.

    discordant: share of records that are right either only without or only with noise.
    """

    noisy_accuracy: float
    flips: float
    drop: float
    discordant: float
    confidence_drop: float
    median_distance: float


def draw_clean(rng: np.random.Generator, records: int) -> FloatArray:
    """Draw records as their distances from the boundary, positive on the right side."""
    return MARGIN + rng.standard_normal(records)


def add_noise(rng: np.random.Generator, clean: FloatArray, worse: float) -> Night:
    """Draw the noise of one run. worse: by how much its accuracy under noise is lower."""
    noisy = clean + NOISE * rng.standard_normal(len(clean))
    turned = rng.random(len(clean)) < worse / truth().noisy_accuracy
    return Night(clean, np.where(turned & (noisy > 0), -noisy, noisy))


@cache
def truth() -> Truth:
    """Return the measures of the model that is not worse."""
    wide = float(np.hypot(1, NOISE))
    clean, noisy = float(ndtr(MARGIN)), float(ndtr(MARGIN / wide))
    both = _both_below(-MARGIN, -MARGIN / wide, 1 / wide)
    discordant = (1 - clean) + (1 - noisy) - 2 * both
    nodes, weights = np.polynomial.hermite_e.hermegauss(120)
    weights = weights / weights.sum()
    # Confidence has a corner at the boundary, which a fine grid of records meets well enough.
    grid = np.linspace(-8, 8, 200_001)
    mass = np.exp(-(grid**2) / 2) / np.exp(-(grid**2) / 2).sum()
    at = MARGIN + grid
    after = sum(
        weight * expit(STEEPNESS * np.sign(at) * (at + NOISE * node))
        for node, weight in zip(nodes, weights, strict=True)
    )
    return Truth(
        noisy_accuracy=noisy,
        flips=discordant,
        drop=clean - noisy,
        discordant=discordant,
        confidence_drop=float(mass @ (expit(STEEPNESS * np.abs(at)) - after)),
        median_distance=float(brentq(lambda m: ndtr(m - MARGIN) - ndtr(-m - MARGIN) - 0.5, 0, 9)),
    )


def worse_truth(worse: float) -> Truth:
    """Return the measures of accuracy of a model whose accuracy under noise is so much lower."""
    met = truth()
    share = worse / met.noisy_accuracy
    gained = (met.discordant - met.drop) / 2
    kept = met.noisy_accuracy - gained
    flips = met.flips + share * (kept - gained)
    return replace(
        met,
        noisy_accuracy=met.noisy_accuracy - worse,
        flips=flips,
        drop=met.drop + worse,
        discordant=flips,
    )


def _both_below(h: float, k: float, correlation: float) -> float:
    """Return the chance that two standard normals, h and k of the same sign, are below them.

    Source: Owen (1956), Tables for computing bivariate normal probabilities.
    """
    root = np.sqrt(1 - correlation**2)
    first = owens_t(h, (k / h - correlation) / root)
    second = owens_t(k, (h / k - correlation) / root)
    return float((ndtr(h) + ndtr(k)) / 2 - first - second)
