"""All drift statistics of a window against the reference."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import numpy as np

from detectors.cells import VALUE_BINS
from detectors.chi_square import ChiSquarePerDf
from detectors.counts import Counts, FloatArray
from detectors.cramers_v import CramersV
from detectors.grids import KERNEL_GRID, SUM_GRID
from detectors.hellinger import Hellinger
from detectors.jensen_shannon import JensenShannon
from detectors.ks import KS
from detectors.mean_shift import MeanShift, Moments
from detectors.mmd import MMD, KernelSums
from detectors.profile import Profile
from detectors.psi import PSI
from detectors.summary import Summary
from detectors.wasserstein import BinnedValues, Wasserstein

Side = TypeVar("Side")
Compared = TypeVar("Compared", contravariant=True)


class Statistic(Protocol[Compared]):
    """A number for each row of two sides, and the one that drift-free data would show."""

    def __call__(self, reference: Compared, window: Compared) -> FloatArray:
        """Return the statistic of every row; nan where a side has nothing to compare."""

    def noise(self, reference: Compared, window: Compared) -> FloatArray:
        """Return what drift-free data of this size would show."""


@dataclass(frozen=True, slots=True)
class Part(Generic[Side]):
    """What a statistic compares: a part of each summary, and the entries it speaks about."""

    of: Callable[[Summary], Side]
    entries: Callable[[Profile], slice]


@dataclass(frozen=True, slots=True)
class Measures:
    """Statistics of a window, by name, and what drift-free data of its size would show.

    values, noise: statistic name to an array of shape (features + embeddings + 1,): features
    and embeddings as in the profile, then one entry for all tabular features jointly. nan where
    a statistic does not apply, or a side has nothing to compare.
    """

    values: dict[str, FloatArray]
    noise: dict[str, FloatArray]


def measure(reference: Summary, window: Summary, profile: Profile) -> Measures:
    """Return every statistic of the window's summary against the reference's."""
    entries = len(profile.features) + len(profile.embeddings) + 1
    values, noise = {}, {}
    for name, part, make in REGISTRY:
        statistic, place = make(profile), part.entries(profile)
        sides = part.of(reference), part.of(window)
        values[name], noise[name] = np.full(entries, np.nan), np.full(entries, np.nan)
        values[name][place] = statistic(*sides)
        noise[name][place] = statistic.noise(*sides)
    return Measures(values, noise)


def binned_values(summary: Summary) -> BinnedValues:
    """Return the present values of the numeric features, in ordered bins."""
    return BinnedValues(_ordered_bins(summary), summary.low, summary.high)


def moments(summary: Summary) -> Moments:
    """Return the sums of the standardised values of the numeric features."""
    return Moments(
        records=_ordered_bins(summary).total,
        sums=summary.sums / SUM_GRID,
        squares=summary.squares / SUM_GRID**2,
    )


def kernel_sums(summary: Summary) -> KernelSums:
    """Return the random features' sums in the order of the entries: embeddings, then the joint."""
    return KernelSums(
        sums=np.roll(summary.kernel, -1, axis=0) / KERNEL_GRID,
        records=np.roll(summary.kernel_records, -1).astype(np.float64),
    )


def _ordered_bins(summary: Summary) -> Counts:
    return Counts(summary.counts[: len(summary.low), :VALUE_BINS])


def _categories(summary: Summary) -> Counts:
    return Counts(summary.counts[len(summary.low) :])


EVERY_BIN = Part(lambda summary: summary.all_bins, lambda profile: slice(len(profile.features)))
ORDERED_BINS = Part(_ordered_bins, lambda profile: slice(len(profile.numeric)))
VALUES = Part(binned_values, lambda profile: slice(len(profile.numeric)))
MOMENTS = Part(moments, lambda profile: slice(len(profile.numeric)))
CATEGORIES = Part(_categories, lambda profile: slice(len(profile.numeric), len(profile.features)))
KERNELS = Part(kernel_sums, lambda profile: slice(len(profile.features), None))

REGISTRY: tuple[tuple[str, Part[Any], Callable[[Profile], Statistic[Any]]], ...] = (
    ("ks", ORDERED_BINS, lambda _: KS()),
    ("psi", EVERY_BIN, lambda _: PSI()),
    ("js", EVERY_BIN, lambda _: JensenShannon()),
    ("hellinger", EVERY_BIN, lambda _: Hellinger()),
    ("wasserstein", VALUES, lambda at: Wasserstein(at.edges, at.centre, at.scale)),
    ("mean_shift", MOMENTS, lambda _: MeanShift()),
    ("chi2_per_df", CATEGORIES, lambda _: ChiSquarePerDf()),
    ("cramers_v", CATEGORIES, lambda _: CramersV()),
    ("mmd2", KERNELS, lambda _: MMD()),
)
"""Name of each statistic, what it compares, and how it is made for a profile."""
