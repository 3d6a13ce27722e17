"""Random Fourier features of an RBF kernel, summed exactly so that summaries merge."""

import numpy as np
from numpy.typing import NDArray

from detectors.cells import MISSING, OTHER, UNSEEN
from detectors.counts import FloatArray, IntArray
from detectors.grids import KERNEL_GRID, SUM_GRID
from detectors.profile import Kernel

FARTHEST = 64.0
"""Standardised values further out count as this far."""

FREQUENCY_GRID = 2.0**14
CHUNK = 2048
"""Rows per step: single-precision sums of this many grid points are exact."""


def standardise(values: FloatArray, centre: FloatArray, scale: FloatArray) -> FloatArray:
    """Return (values - centre) / scale, clipped to FARTHEST and rounded to 1 / SUM_GRID.

    values: (n, columns); nan stays nan.
    """
    with np.errstate(over="ignore"):  # an overflow is far out too
        standard: FloatArray = (values - centre) / scale
    np.clip(standard, -FARTHEST, FARTHEST, out=standard)
    standard *= SUM_GRID
    np.rint(standard, out=standard)
    standard /= SUM_GRID
    return standard


def draw_frequencies(
    rng: np.random.Generator, columns: int, components: int, bandwidth: float
) -> FloatArray:
    """Draw the kernel's random frequencies; shape (columns, components), on their grid.

    The RBF kernel exp(-|x - y|^2 / (2 bandwidth^2)) has normal frequencies of sd 1 / bandwidth.
    """
    drawn = rng.standard_normal((columns, components)) / bandwidth
    return np.rint(drawn * FREQUENCY_GRID) / FREQUENCY_GRID


def project_tabular(kernel: Kernel, standard: FloatArray, codes: NDArray[np.int16]) -> FloatArray:
    """Return the joint kernel's phases; shape (n, components), exact.

    standard: (n, numeric), nan where missing: counted as the median, with the column's
    missing indicator set. codes: (n, categorical), each level a column of its own.
    """
    missing = np.isnan(standard)
    if missing.any():
        phases = np.where(missing, 0.0, standard) @ kernel.frequencies
        phases += missing.astype(np.float64) @ kernel.missing
    else:
        phases = standard @ kernel.frequencies
    for column, table in enumerate(kernel.levels):
        phases += table[level_rows(codes[:, column])]
    return phases


def level_rows(codes: NDArray[np.int16]) -> IntArray:
    """Map level codes to rows of a kernel's level table: levels, other, never seen, missing."""
    rows = codes.astype(np.int64)
    rows[codes == UNSEEN] = OTHER + 1
    rows[codes == MISSING] = OTHER + 2
    return rows


def sum_of_waves(phases: FloatArray) -> IntArray:
    """Return the sums over rows of cos and sin of the phases, in 1 / KERNEL_GRID.

    phases: (n, components). Returns shape (2 * components,), cosines first.
    """
    components = phases.shape[1]
    sums = np.zeros(2 * components, dtype=np.int64)
    for start in range(0, len(phases), CHUNK):
        angle = phases[start : start + CHUNK].astype(np.float32)
        ones = np.ones(len(angle), dtype=np.float32)
        for wave, part in ((np.cos, sums[:components]), (np.sin, sums[components:])):
            height = wave(angle)
            height *= np.float32(KERNEL_GRID)
            np.rint(height, out=height)
            part += (ones @ height).astype(np.int64)
    return sums
