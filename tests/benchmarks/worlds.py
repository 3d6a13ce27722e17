"""Worlds without drift and with it: records drawn in blocks, counted in a reference's bins."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from detectors.bins import quantile_edges
from detectors.cells import VALUE_BINS, WIDTH
from detectors.counts import FloatArray, IntArray
from detectors.profile import Kernel, Profile

Float32Array = NDArray[np.float32]

NUMERIC, CATEGORICAL, FAMILIES = 160, 40, 5
CORRELATION = 0.3
LEVEL_SHARES = np.array([0.30, 0.22, 0.16, 0.12, 0.10, 0.05, 0.03, 0.02])
BLOCK_MS = 600_000
FINE = 256
"""Bins for the peers' statistics of order: nearly exact."""

CELLS = 256
"""Values lie on a grid of 1 / CELLS sd, so that a table finds their bins exactly."""

FARTHEST = 12


@dataclass(slots=True)
class Latent:
    """Records of standard normals in families that share a factor, before any change.

    numeric: (n, NUMERIC), changed in place by a scenario. categorical: (n, CATEGORICAL).
    """

    numeric: Float32Array
    categorical: Float32Array

    @classmethod
    def draw(
        cls, rng: np.random.Generator, records: int, family_zero: float = CORRELATION
    ) -> "Latent":
        """Draw records; family_zero: the correlation within the first family."""
        parts = [
            rng.standard_normal((records, FAMILIES, size), dtype=np.float32)
            for size in (NUMERIC // FAMILIES, CATEGORICAL // FAMILIES)
        ]
        factor = rng.standard_normal((records, FAMILIES, 1), dtype=np.float32)
        shared = np.full((1, FAMILIES, 1), CORRELATION, dtype=np.float32)
        shared[0, 0] = family_zero
        for part in parts:
            part *= np.sqrt(1 - shared)
            part += np.sqrt(shared) * factor
        numeric, categorical = (part.reshape(records, -1) for part in parts)
        return cls(numeric, categorical)


@dataclass(frozen=True, slots=True)
class Binning:
    """A reference's bins: fine ones for peers, of which the profile's are unions.

    table: (NUMERIC, cells), fine bin of each cell of the grid. coarse: (NUMERIC, fine bins),
    the profile's bin of each fine bin. centres: (NUMERIC, fine bins), for Wasserstein.
    """

    profile: Profile
    table: NDArray[np.int32]
    coarse: IntArray
    centres: FloatArray

    @classmethod
    def of(cls, numeric: Float32Array) -> "Binning":
        """Bin at the quantiles of reference records; (n, NUMERIC)."""
        values = snapped(numeric)
        grid = (np.arange(2 * FARTHEST * CELLS + 1) - FARTHEST * CELLS) / CELLS
        width = FINE + VALUE_BINS + 2
        edges = np.full((NUMERIC, VALUE_BINS - 1), np.inf)
        table = np.zeros((NUMERIC, len(grid)), dtype=np.int32)
        coarse = np.zeros((NUMERIC, width), dtype=np.int64)
        centres = np.zeros((NUMERIC, width))
        for row, column in enumerate(np.sort(values, axis=0).T.astype(np.float64)):
            edges[row] = quantile_edges(column, column[0], column[-1])
            ranks = np.arange(1, FINE) * len(column) // FINE
            used = edges[row][np.isfinite(edges[row])]
            fine = np.unique(np.concatenate([used, column[ranks]]))
            table[row] = np.searchsorted(fine, grid) + row * width
            ends = np.concatenate([fine, [np.inf]])
            coarse[row, : len(ends)] = np.searchsorted(edges[row], ends)
            coarse[row, len(ends) :] = VALUE_BINS - 1
            centres[row, : len(fine)] = fine
            centres[row, len(fine) :] = fine[-1]
        return cls(_profile(edges), table, coarse, centres)

    def fine_counts(self, numeric: Float32Array) -> IntArray:
        """Count records into the fine bins; shape (NUMERIC, fine bins)."""
        cells = np.rint(numeric * CELLS).astype(np.int32) + FARTHEST * CELLS
        np.clip(cells, 0, 2 * FARTHEST * CELLS, out=cells)
        cells += np.arange(NUMERIC, dtype=np.int32) * self.table.shape[1]
        bins = self.table.ravel()[cells.ravel()]
        return np.bincount(bins, minlength=self.coarse.size).reshape(self.coarse.shape)

    def counts(self, fine: IntArray, categorical: IntArray) -> IntArray:
        """Return the profile's table of counts; fine and (CATEGORICAL, levels) counts."""
        table = np.zeros((NUMERIC + CATEGORICAL, WIDTH), dtype=np.int64)
        places = (self.coarse + np.arange(NUMERIC)[:, None] * VALUE_BINS).ravel()
        summed = np.bincount(places, weights=fine.ravel(), minlength=NUMERIC * VALUE_BINS)
        table[:NUMERIC, :VALUE_BINS] = summed.reshape(NUMERIC, VALUE_BINS)
        table[NUMERIC:, : categorical.shape[1]] = categorical
        return table


def snapped(numeric: Float32Array) -> Float32Array:
    """Return values on the grid."""
    return np.clip(np.rint(numeric * CELLS) / CELLS, -FARTHEST, FARTHEST).astype(np.float32)


LEVEL_CUTS = ndtri(np.cumsum(LEVEL_SHARES)[:-1]).astype(np.float32)


def level_codes(categorical: Float32Array) -> IntArray:
    """Cut latent normals into levels with LEVEL_SHARES; shape (n, CATEGORICAL)."""
    return np.searchsorted(LEVEL_CUTS, categorical)


def level_counts(codes: IntArray) -> IntArray:
    """Count the levels of every categorical feature; shape (CATEGORICAL, levels)."""
    levels = len(LEVEL_SHARES)
    places = codes + levels * np.arange(CATEGORICAL)
    return np.bincount(places.ravel(), minlength=CATEGORICAL * levels).reshape(-1, levels)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A change of the world.

    change(latent, codes, rng, ticks): alters records in place, ``ticks`` blocks after the
    change, counted from 1. family_zero: correlation in the first family after the change.
    """

    name: str
    change: Callable[[Latent, IntArray, np.random.Generator, int], None]
    family_zero: float = CORRELATION


def _either_way(size: float) -> Callable[..., None]:
    signs = np.where(np.random.default_rng(0).random(NUMERIC) < 0.5, -1, 1)

    def change(latent: Latent, *_: object) -> None:
        latent.numeric += (size * signs).astype(np.float32)

    return change


def _shift(features: int, size: float) -> Callable[..., None]:
    def change(latent: Latent, *_: object) -> None:
        latent.numeric[:, :features] += np.float32(size)

    return change


def _stretch(latent: Latent, *_: object) -> None:
    latent.numeric[:, :10] *= np.float32(1.1)


def _two_modes(latent: Latent, _: IntArray, rng: np.random.Generator, __: int) -> None:
    sign = rng.integers(0, 2, (len(latent.numeric), 10)).astype(np.float32) * 2 - 1
    part = latent.numeric[:, :10]
    part *= np.float32(np.sqrt(1 - 0.75**2))
    part += np.float32(0.75) * sign


def _ramp(latent: Latent, _: IntArray, __: np.random.Generator, ticks: int) -> None:
    latent.numeric[:, :10] += np.float32(0.25 * min(1.0, ticks / 100))


def _levels(_: Latent, codes: IntArray, rng: np.random.Generator, __: int) -> None:
    part = codes[:, :3]
    moved = (part == 0) & (rng.random(part.shape) < 0.02 / LEVEL_SHARES[0])
    part[moved] = 5


def _spike(latent: Latent, _: IntArray, rng: np.random.Generator, __: int) -> None:
    latent.numeric[rng.random(len(latent.numeric)) < 0.03, 0] = 0.5


def _burst(latent: Latent, _: IntArray, __: np.random.Generator, ticks: int) -> None:
    if ticks <= 6:
        latent.numeric[:, :10] += np.float32(0.5)


def _nothing(*_: object) -> None:
    return


NULL = Scenario("no drift", _nothing)

SCENARIOS = (
    Scenario("1 of 200 features, +0.1 sd", _shift(1, 0.1)),
    Scenario("1 of 200 features, +0.25 sd", _shift(1, 0.25)),
    Scenario("10 of 200, +0.1 sd", _shift(10, 0.1)),
    Scenario("10 of 200, +0.25 sd", _shift(10, 0.25)),
    Scenario("10 of 200, sd x1.1", _stretch),
    Scenario("10 of 200, two modes", _two_modes),
    Scenario("10 of 200, ramp to +0.25 sd", _ramp),
    Scenario("3 categories, 2 points moved", _levels),
    Scenario("1 feature, 3 % at one value", _spike),
    Scenario("all features, 0.03 sd either way", _either_way(0.03)),
    Scenario("all features, 0.05 sd either way", _either_way(0.05)),
    Scenario("correlation 0.3 to 0 in one family", _nothing, family_zero=0.0),
    Scenario("burst of 6 blocks, +0.5 sd", _burst),
)

LATEST = {
    "1 of 200 features, +0.1 sd": 22,
    "1 of 200 features, +0.25 sd": 4,
    "10 of 200, +0.1 sd": 10,
    "10 of 200, +0.25 sd": 3,
    "10 of 200, sd x1.1": 5,
    "10 of 200, two modes": 8.5,
    "10 of 200, ramp to +0.25 sd": 34,
    "3 categories, 2 points moved": 51,
    "1 feature, 3 % at one value": 15,
    "all features, 0.03 sd either way": 4,
    "all features, 0.05 sd either way": 3,
    "correlation 0.3 to 0 in one family": 2,
    "burst of 6 blocks, +0.5 sd": 2,
}
"""The largest median delay in blocks that each scenario may have."""


def _profile(edges: FloatArray) -> Profile:
    none = Kernel(np.zeros((NUMERIC, 1)), np.zeros((0, 1)), (), 1.0)
    return Profile(
        numeric=tuple(f"x{place}" for place in range(NUMERIC)),
        categorical=tuple(f"c{place}" for place in range(CATEGORICAL)),
        edges=edges,
        centre=np.zeros(NUMERIC),
        scale=np.ones(NUMERIC),
        low=np.full(NUMERIC, -np.inf),
        high=np.full(NUMERIC, np.inf),
        levels=(tuple("abcdefgh"),) * CATEGORICAL,
        others=(frozenset(),) * CATEGORICAL,
        embeddings=(),
        embedding_centre=(),
        embedding_scale=(),
        kernels=(none,),
        prediction=0,
    )
