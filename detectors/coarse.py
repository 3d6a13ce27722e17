"""Ten or fewer bins of each feature, in words: what a person can look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.cells import MISSING, OTHER, UNSEEN, WIDTH
from detectors.counts import FloatArray, IntArray
from detectors.profile import Profile

MOST_BINS = 10
MOST_INSIDE = MOST_BINS - 3
"""Beside these a numeric feature has bins below, above and without a value."""

LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class CoarseBins:
    """The bins, each made of columns of a table of counts.

    names: of each feature's bins, in their order: "01: below 12.5". The last one holds the
    records without a value. places: (features, WIDTH), the bin of each column.
    """

    names: tuple[tuple[str, ...], ...]
    places: IntArray

    @classmethod
    def of(cls, profile: Profile, counts: IntArray) -> "CoarseBins":
        """Return bins that hold about the same shares of the reference each, where they can.

        counts: of the reference, (features, WIDTH).
        """
        numeric = len(profile.numeric)
        found = [
            _numeric_bins(edges, row)
            for edges, row in zip(profile.edges, counts[:numeric], strict=True)
        ]
        found += [
            _level_bins(levels, others)
            for levels, others in zip(profile.levels, profile.others, strict=True)
        ]
        names = tuple(_numbered(each) for each, _ in found)
        places = np.array([row for _, row in found], dtype=np.int64).reshape(len(found), WIDTH)
        return cls(names, places)

    def shares(self, counts: NDArray[Any], rows: IntArray) -> FloatArray:
        """Return the share of all records in each bin of some features: (rows, MOST_BINS).

        counts: (features, WIDTH). Bins that a feature does not have are 0; nan for a feature
        without a record.
        """
        cells = self.places[rows] + MOST_BINS * np.arange(len(rows))[:, None]
        chosen = counts[rows]
        inside = np.bincount(cells.ravel(), chosen.ravel(), MOST_BINS * len(rows))
        records = chosen.sum(axis=1, keepdims=True).astype(np.float64)
        records[records == 0] = np.nan
        shares: FloatArray = inside.reshape(len(rows), MOST_BINS) / records
        return shares


def range_name(low: float, high: float) -> str:
    """Return the name of the bin low < x <= high.

    >>> range_name(2.0, 12.5), range_name(np.nextafter(3.0, 0.0), 3.0), range_name(-np.inf, 3.0)
    ('2 to 12.5', '3', 'below 3')
    """
    if low == -np.inf:
        return f"below {_shown(high)}"
    if high == np.inf:
        return f"above {_shown(low)}"
    if high <= np.nextafter(low, np.inf):
        return _shown(high)
    return f"{_shown(low)} to {_shown(high)}"


def _shown(edge: float) -> str:
    """Return an edge in four digits; one just below 0 is told as 0, not as -5e-324."""
    return f"{np.nextafter(edge, np.inf) + 0.0:.4g}"


def _numeric_bins(edges: FloatArray, counts: IntArray) -> tuple[list[str], IntArray]:
    """Return names and the place of each column; below, above and missing are bins of their own."""
    edges = edges[edges < np.inf]
    if not len(edges):
        return ["any value", "missing"], _places({MISSING: 1})
    groups = _groups(counts[1 : len(edges)])
    inside = int(groups.max(initial=-1)) + 1
    ends = [0, *(int(np.flatnonzero(groups == group)[-1]) + 1 for group in range(inside))]
    names = [range_name(-np.inf, edges[0])]
    names += [range_name(edges[first], edges[last]) for first, last in pairwise(ends)]
    names += [range_name(edges[-1], np.inf), "missing"]
    columns = dict(enumerate((groups + 1).tolist(), start=1))
    return names, _places(columns | {len(edges): inside + 1, MISSING: inside + 2})


def _groups(counts: IntArray) -> IntArray:
    """Return the group of each of some adjacent columns: about the same share in every one."""
    if len(counts) <= MOST_INSIDE:
        return np.arange(len(counts))
    middles = np.cumsum(counts) - counts / 2
    wanted = np.floor(MOST_INSIDE * middles / max(int(counts.sum()), 1)).astype(np.int64)
    groups: IntArray = np.unique(wanted, return_inverse=True)[1]
    return groups


def _level_bins(levels: Sequence[str], others: frozenset[str] | None) -> tuple[list[str], IntArray]:
    """Return names and the place of each column: top levels, the rest, never seen, missing."""
    after = ["missing"] if others is None else ["never seen", "missing"]
    rest = others is None or len(others) > 0
    most = MOST_BINS - len(after)
    named = len(levels) if len(levels) + rest <= most else most - 1
    names = [_shortened(level) for level in levels[:named]]
    columns = {column: min(column, named) for column in range(len(levels))}
    if rest or named < len(levels):
        names.append("rarer ones")
        columns[OTHER] = named
    if others is not None:
        columns[UNSEEN] = len(names)
    names += after
    return names, _places(columns | {MISSING: len(names) - 1})


def _places(columns: dict[int, int]) -> IntArray:
    """Return the bin of every column; those that hold no record are in the first."""
    places = np.zeros(WIDTH, dtype=np.int64)
    places[list(columns)] = list(columns.values())
    return places


def _numbered(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"{number:02}: {name}" for number, name in enumerate(names, start=1))


def _shortened(level: str) -> str:
    return level if len(level) <= LONGEST_NAME else f"{level[: LONGEST_NAME - 1]}…"
