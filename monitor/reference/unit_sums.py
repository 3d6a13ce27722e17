"""What the calibration needs of every unit of a reference: counts and sums, in bounded memory."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.cells import VALUE_BINS, WIDTH
from detectors.columns import Columns
from detectors.counts import IntArray
from detectors.directions import DerivedSums, Directions
from detectors.evidence.covariance import value_columns
from detectors.evidence.derived import LENGTHS
from detectors.grids import SUM_GRID
from detectors.kernel import standardise
from detectors.profile import Profile
from detectors.summary import Summary
from monitor.reference.units import Units

Counted = NDArray[Any]
"""Counts in 16 bits, in 32 once they need it."""


MOST_BYTES = 128 << 20
"""What the sums of all units may take, and what the mean scores of a part's units may."""

MOST_UNITS = 20_160
"""Two weeks of minutes."""

MOST_STEPS = 100_000
"""Units of all parts that may be stepped through, at 1 to 10 ms each."""


def most_units(profile: Profile, segments: int) -> int:
    """Return how many units rows may be counted in, for a calibration of every segment."""
    features = len(profile.features)
    taken = features * WIDTH * 2 + 8
    if profile.directions is not None:
        numeric, dimensions = profile.directions.projection.shape
        components = profile.directions.components
        taken += components * VALUE_BINS * 2 + (numeric + dimensions + LENGTHS) * 8
    means = features * WIDTH * 8  # a score for each cell of counts, or a few less
    return min(MOST_UNITS, MOST_STEPS // segments, MOST_BYTES // max(segments * taken, means))


class UnitSums:
    """Sums of rows by segment and unit, whatever the order of the rows.

    They are those of ``summarise`` to the bit, but made of all groups of a batch at once: in
    files without order each of its rows may be of another unit.
    """

    def __init__(self, profile: Profile, units: Units, segments: int) -> None:
        """Take the units, and how many segments rows are told apart by."""
        self.units = units
        self._profile = profile
        self._empty = Summary.empty(profile)
        cells = (segments, units.count)
        self.records = np.zeros(cells, dtype=np.int64)
        self._counts: Counted = np.zeros((*cells, len(profile.features), WIDTH), dtype=np.uint16)
        self._derived = None
        if profile.directions is not None:
            self._derived = _Derived.empty(profile.directions, cells)

    def add(self, columns: Columns, times: IntArray, segments: IntArray) -> None:
        """Take rows. times: (n,), negative where a row has none: it is left out. segments: (n,)."""
        place = self.units.places(times)
        timed = place >= 0
        cells = np.where(timed, segments * self.units.count + place, -1)
        order = np.argsort(cells, kind="stable")[len(cells) - np.count_nonzero(timed) :]
        if not len(order):
            return
        cells = cells[order]
        starts = np.flatnonzero(np.diff(cells, prepend=cells[0] - 1))
        groups = _Groups(cells, cells[starts], starts)
        self.records.reshape(-1)[groups.cells] += np.diff(starts, append=len(cells))
        if self.records.max() > np.iinfo(np.uint16).max:
            self._widen()
        numeric = columns.numeric[order]
        found = np.concatenate(
            [value_columns(self._profile, numeric), columns.codes[order]], axis=1
        )
        count_cells(self._counts, groups.of_rows, found)
        if self._derived is not None:
            standard = standardise(numeric, self._profile.centre, self._profile.scale)
            self._derived.add(standard, groups)

    def held(self, segments: Sequence[int]) -> IntArray:
        """Return the units in which any of some segments has a row."""
        return np.flatnonzero(self.records[list(segments)].sum(axis=0))

    def summary(self, segments: Sequence[int], place: int) -> Summary:
        """Return what the evidence needs of one unit, over some segments together."""
        chosen = (list(segments), place)
        return replace(
            self._empty,
            records=int(self.records[chosen].sum()),
            counts=self._counts[chosen].sum(axis=0, dtype=np.int64),
            derived=DerivedSums.nothing() if self._derived is None else self._derived.at(chosen),
        )

    def _widen(self) -> None:
        if self._counts.dtype == np.uint16:
            self._counts = self._counts.astype(np.uint32)
            if self._derived is not None:
                self._derived.counts = self._derived.counts.astype(np.uint32)


@dataclass(frozen=True, slots=True)
class _Groups:
    """Rows in order of their cell.

    of_rows: (n,), each row's cell. cells, starts: (groups,), each one's cell and first row.
    """

    of_rows: IntArray
    cells: IntArray
    starts: IntArray


@dataclass(slots=True)
class _Derived:
    """DerivedSums of all cells; each array has two axes in front, of segments and of units."""

    directions: Directions
    values: IntArray
    projected: IntArray
    lengths: IntArray
    counts: Counted

    @classmethod
    def empty(cls, directions: Directions, cells: tuple[int, int]) -> "_Derived":
        """Return the sums of no row."""
        numeric, dimensions = directions.projection.shape
        return cls(
            directions=directions,
            values=np.zeros((*cells, numeric), dtype=np.int64),
            projected=np.zeros((*cells, dimensions), dtype=np.int64),
            lengths=np.zeros((*cells, LENGTHS), dtype=np.int64),
            counts=np.zeros((*cells, directions.components, VALUE_BINS), dtype=np.uint16),
        )

    def add(self, standard: NDArray[np.float64], groups: _Groups) -> None:
        """Take the standardised values of some rows."""
        centred, projected = self.directions.project(standard)
        lengths = np.rint(self.directions.lengths(centred, projected) * SUM_GRID)
        for sums, each in (
            (self.values, centred * SUM_GRID),
            (self.projected, projected * SUM_GRID),
            (self.lengths, lengths),
        ):
            of_groups = np.add.reduceat(each, groups.starts, axis=0)
            sums.reshape(-1, sums.shape[-1])[groups.cells] += of_groups.astype(np.int64)
        found = np.empty((len(standard), self.directions.components), dtype=np.int64)
        for column, edges in enumerate(self.directions.edges):
            found[:, column] = edges.searchsorted(projected[:, column])
        count_cells(self.counts, groups.of_rows, found)

    def at(self, chosen: tuple[list[int], int]) -> DerivedSums:
        """Return the sums of some cells together."""
        return DerivedSums(
            *(
                each[chosen].sum(axis=0, dtype=np.int64)
                for each in (self.values, self.projected, self.lengths, self.counts)
            )
        )


def count_cells(counts: Counted, cells: IntArray, columns: IntArray) -> None:
    """Add rows to counts. counts: (..., features, columns). cells: (n,). columns: (n, features)."""
    features, width = counts.shape[-2:]
    rows = cells[:, None] * features + np.arange(features)
    np.add.at(counts.reshape(-1), (rows * width + columns).ravel(), counts.dtype.type(1))
