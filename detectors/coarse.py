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
FEWEST_DIGITS, MOST_DIGITS = 4, 17
LONG = 1e6
"""Numbers from here on, and below its inverse, are written with an exponent."""

TINY = 1e-300


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


def range_names(edges: FloatArray) -> list[str]:
    """Return the names of the bins below the first edge, up to each further one, and above.

    edges: ascending, one at least. Numbers have four digits, or as many as tell edges apart.

    >>> range_names(np.array([0.0, 12.5, np.nextafter(20.0, 0.0), 20.0]))
    ['below 0', '0 to 12.5', '12.5 to 20', '20', 'above 20']
    """
    pairs = list(pairwise(edges.tolist()))
    apart = [pair for pair in pairs if not _holds_one_value(*pair)]
    digits = next(
        (
            digits
            for digits in range(FEWEST_DIGITS, MOST_DIGITS)
            if all(_shown(low, digits) != _shown(high, digits) for low, high in apart)
        ),
        MOST_DIGITS,
    )
    told = [_shown(edge, digits) for edge in edges.tolist()]
    inside = [
        told[at + 1] if _holds_one_value(*pair) else f"{told[at]} to {told[at + 1]}"
        for at, pair in enumerate(pairs)
    ]
    return [f"below {told[0]}", *inside, f"above {told[-1]}"]


def _holds_one_value(low: float, high: float) -> bool:
    """Tell whether low < x <= high is true of ``high`` alone: a spike has such a bin."""
    return high <= float(np.nextafter(low, np.inf))


def _shown(edge: float, digits: int) -> str:
    """Return an edge in words; one just below 0, as the lowest may be, is told as 0."""
    if abs(edge) < TINY:
        return "0"
    if 1 / LONG <= abs(edge) < LONG:
        return np.format_float_positional(edge, digits, fractional=False, trim="-")
    return f"{edge:.{digits}g}"


def _numeric_bins(edges: FloatArray, counts: IntArray) -> tuple[list[str], IntArray]:
    """Return names and the place of each column; below, above and missing are bins of their own."""
    edges = edges[edges < np.inf]
    if not len(edges):
        return ["any value", "missing"], _places({MISSING: 1})
    groups = _groups(counts[1 : len(edges)])
    inside = int(groups.max(initial=-1)) + 1
    ends = [0, *(int(np.flatnonzero(groups == group)[-1]) + 1 for group in range(inside))]
    names = [*range_names(edges[ends]), "missing"]
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
