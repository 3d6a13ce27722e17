"""The summary of a block: all that is kept of its records, as a commutative monoid."""

from dataclasses import dataclass, replace
from functools import reduce
from typing import Self

import numpy as np

from detectors.cells import MISSING, UNSEEN, VALUE_BINS, WIDTH
from detectors.counts import Counts, FloatArray, IntArray
from detectors.directions import DerivedSums
from detectors.narrow import narrowed_counts
from detectors.places import NOWHERE, Places
from detectors.profile import Profile
from detectors.sample import Sample


@dataclass(frozen=True, slots=True)
class Summary:
    """What is kept of records: ``a + b`` is the summary of both, in any order or grouping.

    Every quantity is an integer, a minimum or maximum, or a float on a fixed grid whose sums
    are exact, so equal records give equal bits however they were split.

    counts: (features, WIDTH), records in each value bin or level, never seen, missing.
    invalid: (features + embeddings,), values that were there and could not be used.
    outside: (numeric,), values outside the profile's range.
    outlying: records with a value there, or with a category that the reference never saw.
    sums, squares: (numeric,), of standardised values in 1 / SUM_GRID and 1 / SUM_GRID**2.
    low, high: (numeric,), smallest and largest value; +inf and -inf where there is none.
    kernel: (kernels, 2 * components), sums of cosines and sines in 1 / KERNEL_GRID.
    kernel_records: (kernels,), records in each of those sums.
    derived: sums along the profile's directions.
    places: where the records lie in the log.
    """

    records: int
    late: int
    counts: IntArray
    invalid: IntArray
    outside: IntArray
    outlying: int
    sums: IntArray
    squares: IntArray
    low: FloatArray
    high: FloatArray
    kernel: IntArray
    kernel_records: IntArray
    derived: DerivedSums
    sample: Sample
    places: Places = NOWHERE

    @classmethod
    def empty(cls, profile: Profile) -> "Summary":
        """Return the summary of no record, the monoid's identity."""
        features, numeric = len(profile.features), len(profile.numeric)
        components = profile.kernels[0].frequencies.shape[1]
        directions = profile.directions
        per_numeric = np.zeros(numeric, dtype=np.int64)
        return cls(
            records=0,
            late=0,
            counts=np.zeros((features, WIDTH), dtype=np.int64),
            invalid=np.zeros(features + len(profile.embeddings), dtype=np.int64),
            outside=per_numeric,
            outlying=0,
            sums=per_numeric,
            squares=per_numeric,
            low=np.full(numeric, np.inf),
            high=np.full(numeric, -np.inf),
            kernel=np.zeros((len(profile.kernels), 2 * components), dtype=np.int64),
            kernel_records=np.zeros(len(profile.kernels), dtype=np.int64),
            derived=DerivedSums.nothing() if directions is None else directions.no_sums(),
            sample=Sample.empty(),
        )

    def __add__(self, other: Self) -> "Summary":
        return Summary(
            records=self.records + other.records,
            late=self.late + other.late,
            counts=self.counts + other.counts,
            invalid=self.invalid + other.invalid,
            outside=self.outside + other.outside,
            outlying=self.outlying + other.outlying,
            sums=self.sums + other.sums,
            squares=self.squares + other.squares,
            low=np.minimum(self.low, other.low),
            high=np.maximum(self.high, other.high),
            kernel=self.kernel + other.kernel,
            kernel_records=self.kernel_records + other.kernel_records,
            derived=self.derived + other.derived,
            sample=self.sample + other.sample,
            places=self.places + other.places,
        )

    @property
    def closed(self) -> "Summary":
        """The same without what is of use only until its block is closed."""
        return replace(self, derived=DerivedSums.nothing(), sample=Sample.empty())

    @property
    def narrow(self) -> "Summary":
        """The same with its counts, by far the largest part, in as few bytes as they need."""
        return replace(self, counts=narrowed_counts(self.counts))

    @property
    def wide(self) -> "Summary":
        """The same with counts that can be added to."""
        return replace(self, counts=self.counts.astype(np.int64))

    @property
    def all_bins(self) -> Counts:
        """Counts in every column: missing and never-seen values are categories too."""
        return Counts(self.counts)

    @property
    def value_bins(self) -> Counts:
        """Counts of present values in order of the bins, for statistics of order."""
        return Counts(self.counts[:, :VALUE_BINS])

    @property
    def missing(self) -> IntArray:
        """Records without a usable value; shape (features,)."""
        return self.counts[:, MISSING]

    @property
    def unseen(self) -> IntArray:
        """Records with a category that the reference never saw; shape (features,)."""
        return self.counts[:, UNSEEN]


def total(summaries: list[Summary]) -> Summary:
    """Return the sum of one or more summaries."""
    return reduce(Summary.__add__, summaries)
