"""Drawing the random features of a reference's kernels, at the scale of its data."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import pdist

from detectors.cells import TOP_LEVELS
from detectors.counts import FloatArray
from detectors.kernel import draw_frequencies, level_rows
from detectors.profile import Kernel

COMPONENTS = 64
LEVEL_ROWS = TOP_LEVELS + 3

MEASURED_ROWS = 1_000
"""Sampled rows whose pairwise distances give a bandwidth."""


def joint_kernel(
    rng: np.random.Generator, standard: FloatArray, codes: NDArray[np.int16]
) -> Kernel:
    """Draw the kernel over all tabular features of a sample's rows.

    standard: (n, numeric), standardised, nan where missing; a missing value is at distance 1
    in a column of its own. codes: (n, categorical); two different levels are at distance 1.
    """
    bandwidth = median_distance(_as_points(standard, codes))
    numeric = standard.shape[1]
    return Kernel(
        frequencies=draw_frequencies(rng, numeric, COMPONENTS, bandwidth),
        missing=draw_frequencies(rng, numeric, COMPONENTS, bandwidth),
        # Levels as unit vectors over sqrt(2), whose distance is 1.
        levels=tuple(
            draw_frequencies(rng, LEVEL_ROWS, COMPONENTS, bandwidth * np.sqrt(2))
            for _ in range(codes.shape[1])
        ),
        bandwidth=bandwidth,
    )


def embedding_kernel(rng: np.random.Generator, standard: FloatArray) -> Kernel:
    """Draw the kernel over the standardised vectors (n, size) of a sample, none missing."""
    bandwidth = median_distance(standard)
    return Kernel(
        frequencies=draw_frequencies(rng, standard.shape[1], COMPONENTS, bandwidth),
        missing=np.zeros((0, COMPONENTS)),
        levels=(),
        bandwidth=bandwidth,
    )


def median_distance(points: FloatArray) -> float:
    """Return the median distance between two points that differ, 1 where none do.

    points: (n, columns); the first MEASURED_ROWS count. Rounded to six digits, so that the
    last bits of a processor's arithmetic do not show in a reference's digest.

    Source: Gretton, Borgwardt, Rasch, Schölkopf and Smola (2012), A kernel two-sample test.
    """
    distances = pdist(points[:MEASURED_ROWS])
    apart = distances[distances > 0]
    return float(f"{np.median(apart):.6g}") if len(apart) else 1.0


def _as_points(standard: FloatArray, codes: NDArray[np.int16]) -> FloatArray:
    missing = np.isnan(standard)
    indicators = [
        np.eye(LEVEL_ROWS)[level_rows(codes[:, column])] / np.sqrt(2)
        for column in range(codes.shape[1])
    ]
    return np.concatenate([np.where(missing, 0.0, standard), missing, *indicators], axis=1)
