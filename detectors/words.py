"""What changed in a feature, in the words of somebody who looked at it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from detectors.cells import MISSING, OTHER, UNSEEN
from detectors.counts import sampling_variance
from detectors.profile import Profile
from detectors.statistics import moments
from detectors.summary import Summary

MOST_CLAUSES = 2
SMALLEST_EFFECT = 0.05
STANDARD_ERRORS = 3.0
BESIDE_THE_LARGEST = 0.25
"""Effects are told from these on: in sd, in their standard errors, in parts of the largest."""


@dataclass(frozen=True, slots=True)
class Change:
    """One clause, the size of the change in standard deviations, and its standard error.

    Changed means, spreads and shares are made comparable: a share's change from p to q is
    2 |asin sqrt(q) - asin sqrt(p)|, a spread's is sqrt(2) |ln ratio|. The standard error of
    each is about sqrt(1/n + 1/m) for n reference and m window records.

    Source: Cohen (1988), Statistical power analysis for the behavioral sciences, chapter 6.
    """

    words: str
    effect: float
    error: float


def change_in_words(profile: Profile, reference: Summary, window: Summary, feature_row: int) -> str:
    """Say in at most two clauses what changed in a feature, the largest change first.

    feature_row: its row in a table of counts. Shares are of the records that have a value,
    except for that of the missing ones. Where neither mean, spread, range nor missing values
    of a numeric feature changed, the bin that changed most is told.
    """
    sides = _Sides(profile, reference, window, feature_row)
    if feature_row < len(profile.numeric):
        told = _worth_telling([*_range(sides), *_moments(sides), *_missing(sides)])
        told = told or _worth_telling(_bins(sides))[:1]
    else:
        told = _worth_telling([*_levels(sides), *_missing(sides)])
    return "; ".join(change.words for change in told[:MOST_CLAUSES]) or "no clear change"


@dataclass(frozen=True, slots=True)
class _Sides:
    """One row of two summaries."""

    profile: Profile
    reference: Summary
    window: Summary
    row: int

    def change(self, column: int, words: str) -> Change:
        """Return the change of one column's share; {p} and {q} in the words stand for it."""
        missing = column == MISSING
        (p, n), (q, m) = (
            _share(side.counts[self.row], column, missing) for side in (self.reference, self.window)
        )
        effect = 2 * abs(np.arcsin(np.sqrt(q)) - np.arcsin(np.sqrt(p)))
        return Change(words.format(p=percent(p), q=percent(q)), float(effect), _error(n, m))


def _worth_telling(changes: list[Change]) -> list[Change]:
    ordered = sorted(changes, key=lambda change: change.effect, reverse=True)
    return [
        change
        for change in ordered
        if change.effect >= max(SMALLEST_EFFECT, BESIDE_THE_LARGEST * ordered[0].effect)
        and change.effect >= STANDARD_ERRORS * change.error
    ]


def _moments(sides: _Sides) -> Iterator[Change]:
    reference, window = moments(sides.reference), moments(sides.window)
    row = sides.row
    n, m = float(reference.records[row]), float(window.records[row])
    spread, new_spread = float(reference.sd[row]), float(window.sd[row])
    if n > 0 and m > 0 and spread > 0:
        shift = float(window.mean[row] - reference.mean[row]) / spread
        size = f"{abs(shift):.2f}" if abs(shift) < 10 else f"{abs(shift):.0f}"
        direction = "up" if shift > 0 else "down"
        yield Change(f"shifted {direction} by {size} sd", abs(shift), _error(n, m))
        ratio = new_spread / spread
        grew = f"spread grew by {percent(ratio - 1)}"
        shrank = f"spread shrank by {percent(1 - ratio)}"
        effect = np.sqrt(2) * abs(np.log(max(ratio, 1e-3)))
        yield Change(grew if ratio > 1 else shrank, float(effect), _error(n - 1, m - 1))


def _range(sides: _Sides) -> Iterator[Change]:
    above = int((sides.profile.edges[sides.row] < np.inf).sum())
    yield sides.change(above, "{q} above the reference maximum")
    yield sides.change(0, "{q} below the reference minimum")


def _missing(sides: _Sides) -> Iterator[Change]:
    yield sides.change(MISSING, "missing {p} to {q}")


def _bins(sides: _Sides) -> list[Change]:
    edges = sides.profile.edges[sides.row]
    edges = edges[edges < np.inf]
    changes = []
    for column, (start, end) in enumerate(pairwise(edges), start=1):
        one_value = end <= np.nextafter(start, np.inf)
        place = f"at {end:.4g}" if one_value else f"between {start:.4g} and {end:.4g}"
        changes.append(sides.change(column, "share " + place + " {p} to {q}"))
    return changes


def _levels(sides: _Sides) -> Iterator[Change]:
    levels = sides.profile.levels[sides.row - len(sides.profile.numeric)]
    others = sides.profile.others[sides.row - len(sides.profile.numeric)]
    yield sides.change(UNSEEN, "{q} never seen before")
    yield sides.change(OTHER, "rarer categories {p} to {q}")
    told = list(enumerate(levels))
    if len(levels) == 2 and not others:
        # The share of one of two says that of the other; of true and false people expect true.
        told = [(levels.index("true"), "true")] if "true" in levels else told[1:]
    kind = "" if set(levels) <= {"true", "false"} else "category "
    for column, level in told:
        name = level.replace("{", "{{").replace("}", "}}")
        yield sides.change(column, f"{kind}`{name}` {{p}} to {{q}}")


def _share(counts: np.ndarray, column: int, of_all: bool) -> tuple[float, float]:
    """Return a column's share, of all records or of those with a value, and their number."""
    records = float(counts.sum() if of_all else counts.sum() - counts[MISSING])
    return (float(counts[column]) / records if records else 0.0), records


def _error(n: float, m: float) -> float:
    """Return the standard error of an effect; infinite where it cannot be known."""
    variance = sampling_variance(np.array([max(n, 0.0)]), np.array([max(m, 0.0)]))[0]
    return float(np.sqrt(variance)) if variance > 0 else float("inf")


def percent(share: float) -> str:
    """Return a share as people read it."""
    value = 100 * share
    if 0 < value < 0.1:
        return "under 0.1 %"
    return f"{value:.2g} %" if value < 10 else f"{value:.0f} %"
