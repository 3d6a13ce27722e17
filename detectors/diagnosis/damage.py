"""Features whose values are broken rather than other: missing, stuck, or in another unit."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from detectors.cells import MISSING, UNSEEN, VALUE_BINS, WIDTH
from detectors.counts import BoolArray, FloatArray
from detectors.diagnosis.bayes_factors import share_grew
from detectors.diagnosis.movement import last_bins, outside_support
from detectors.diagnosis.suffixes import Suffixes, mean_and_sd
from detectors.grids import SUM_GRID
from detectors.profile import Profile
from detectors.summary import Summary

FEWEST_RECORDS = 30
"""A pattern in fewer is chance."""

LEAST_EFFECT = 0.1
"""A share of missing values that grew by less, in sd (Cohen's h), is no damage."""

STUCK_SHARE = 0.9
STUCK_LEVEL_SHARE = 0.98
STUCK_SPREAD = 0.35
"""A numeric feature is stuck where one bin holds so much and its sd is at most so many times the
reference's; a categorical one where one level holds as much as this."""

NOT_STUCK_BEFORE = 0.5
NOT_STUCK_LEVEL_BEFORE = 0.8

OUTSIDE_SHARE = 0.5
"""Of a feature's values outside all that the reference saw: another unit, not other records."""

SHARED_BY = 1 / 3
FEWEST_SHARED = 3
"""Where so many of the inputs are affected at once, it is the records that are others."""


class Fault(StrEnum):
    """What is broken."""

    MISSING = "missing"
    INVALID = "invalid"
    STUCK = "stuck"
    SCALED = "scaled"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Damage:
    """One broken feature. evidence: in nats. now, before: the share of the records, or of values.

    detail: the value that it is stuck at, or the unit that it seems to be in.
    """

    row: int
    fault: Fault
    evidence: float
    now: float
    before: float
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What is looked at; inputs: (features,), the rows that are not the model's output.

    wander: (W, features), what evidence of a feature is divided by. moved: (features,), the
    evidence that each feature moved in any way.
    """

    profile: Profile
    reference: Summary
    windows: Suffixes
    inputs: BoolArray
    wander: FloatArray
    moved: FloatArray


def damages(look: Inspection) -> list[Damage]:
    """Return the broken features, each one once, the surest first."""
    found = [*_missing(look), *_stuck(look), *_scaled(look), *_outside(look)]
    surest: dict[int, Damage] = {}
    for each in found:  # the earlier rule says it better
        if each.evidence > 0:
            surest.setdefault(each.row, each)
    return sorted(surest.values(), key=lambda each: -each.evidence)


def _missing(look: Inspection) -> Iterator[Damage]:
    windows, reference = look.windows, look.reference
    rows = len(look.profile.features)
    found = windows.counts[:, :, MISSING]
    before = reference.counts[:, MISSING] / max(reference.records, 1)
    now = found / windows.records[:, None]
    grew = 2 * (np.arcsin(np.sqrt(now)) - np.arcsin(np.sqrt(before))) >= LEAST_EFFECT
    factors = share_grew(
        found,
        windows.records[:, None],
        reference.counts[:, MISSING].astype(np.float64),
        reference.records,
    )
    evidence = np.where(grew, factors, -np.inf) / look.wander - np.log(rows * len(windows))
    at = evidence.argmax(axis=0)
    for row in np.flatnonzero(evidence.max(axis=0) > 0).tolist():
        place = int(at[row])
        invalid = windows.invalid[place, row] / windows.records[place]
        invalid_before = reference.invalid[row] / max(reference.records, 1)
        told = (Fault.MISSING, now[place, row], before[row])
        if invalid - invalid_before > (now[place, row] - before[row]) / 2:
            told = (Fault.INVALID, invalid, invalid_before)
        yield Damage(row, told[0], float(evidence[place, row]), float(told[1]), float(told[2]))


def _stuck(look: Inspection) -> Iterator[Damage]:
    windows, profile = look.windows, look.profile
    numeric = len(profile.numeric)
    values = windows.counts[:, :, :UNSEEN]
    column = values.argmax(axis=2)
    found = np.take_along_axis(values, column[:, :, None], axis=2)[:, :, 0]
    present = windows.present
    now = found / np.maximum(present, 1)
    known = (look.reference.counts.sum(axis=1) - look.reference.counts[:, MISSING]).astype(float)
    row = np.arange(len(known))
    count = look.reference.counts[row, column].astype(np.float64)
    before = count / np.maximum(known, 1)
    stuck = (now >= STUCK_LEVEL_SHARE) & (before <= NOT_STUCK_LEVEL_BEFORE) & look.inputs
    _, sd = windows.moments()
    _, sd_before = _reference_moments(look)
    constant = windows.low == windows.high
    last = last_bins(profile.edges)
    inside = (column[:, :numeric] > 0) & (column[:, :numeric] < last)
    narrow = constant | (inside & (sd <= STUCK_SPREAD * sd_before))
    stuck[:, :numeric] = (
        (now >= STUCK_SHARE)[:, :numeric] & (before <= NOT_STUCK_BEFORE)[:, :numeric] & narrow
    )
    stuck &= present >= FEWEST_RECORDS
    factors = share_grew(found, present, count, known) / look.wander
    evidence = np.where(stuck, factors, -np.inf) - np.log(len(known) * len(windows) * WIDTH)
    for each, place in _best(evidence):
        yield Damage(
            row=each,
            fault=Fault.STUCK,
            evidence=float(evidence[place, each]),
            now=float(now[place, each]),
            before=float(before[place, each]),
            detail=f"{windows.low[place, each]:.4g}"
            if each < numeric and constant[place, each]
            else _value_of(profile, each, int(column[place, each])),
        )


def _outside(look: Inspection) -> Iterator[Damage]:
    windows, profile = look.windows, look.profile
    found = outside_support(windows.counts, profile.edges)
    count = outside_support(look.reference.counts[None].astype(np.float64), profile.edges)[0]
    present = windows.present
    known = (look.reference.counts.sum(axis=1) - look.reference.counts[:, MISSING]).astype(float)
    now = found / np.maximum(present, 1)
    most = (now >= OUTSIDE_SHARE) & (present >= FEWEST_RECORDS) & look.inputs
    factors = share_grew(found, present, count, known) / look.wander
    evidence = np.where(most, factors, -np.inf) - np.log(len(known) * len(windows))
    best = list(_best(evidence))
    if _shared(look, len(best)):
        return
    for row, place in best:
        yield Damage(
            row=row,
            fault=Fault.OUTSIDE,
            evidence=float(evidence[place, row]),
            now=float(now[place, row]),
            before=float(count[row] / max(known[row], 1)),
        )


CONVERSIONS = (
    (10.0, 0.0, "10 times as large"),
    (100.0, 0.0, "100 times as large"),
    (1000.0, 0.0, "1000 times as large"),
    (0.1, 0.0, "a tenth as large"),
    (0.01, 0.0, "a hundredth as large"),
    (0.001, 0.0, "a thousandth as large"),
    (1.8, 32.0, "as if in Fahrenheit instead of Celsius"),
    (1 / 1.8, -32 / 1.8, "as if in Celsius instead of Fahrenheit"),
)
"""Factor, offset and name of conversions that happen by mistake."""

CONVERTED_RECORDS = 100
FACTOR_ERROR = 0.25
LARGEST_FACTOR_ERROR = 0.4
MEAN_ERROR = 0.3
"""How near a window's spread must come to the converted one, in logs: in parts of the log of the
factor, and at most; and its mean, in sd."""

MOVED_BY = 1.0
"""A conversion shows in the mean or the spread by at least so much: in sd, or in logs."""

CONVERTED_SHARE = 0.3
"""Of the values at least so many fall into other bins than before: a few outliers may have the
spread of a conversion, but leave the others where they are."""

AS_MUCH = 0.5
"""An input that shows so much of another one's evidence moved with it."""


def _scaled(look: Inspection) -> Iterator[Damage]:
    profile, windows = look.profile, look.windows
    mean_before, sd_before = _raw(profile, *_reference_moments(look))
    mean, sd = _raw(profile, *windows.moments())
    enough = (windows.present >= CONVERTED_RECORDS)[:, : len(profile.numeric)]
    enough &= look.inputs[: len(profile.numeric)] & (sd_before > 0)
    enough &= _other_bins(look) >= CONVERTED_SHARE
    for factor, offset, name in CONVERSIONS:
        goal, spread = factor * mean_before + offset, factor * sd_before
        error = min(LARGEST_FACTOR_ERROR, FACTOR_ERROR * abs(np.log(factor)))
        with np.errstate(divide="ignore", invalid="ignore"):
            moved = np.maximum(np.abs(goal - mean_before) / sd_before, abs(np.log(factor)))
            close = np.abs(np.log(sd / spread)) <= error
            close &= np.abs(mean - goal) <= MEAN_ERROR * spread
        for row in np.flatnonzero((enough & close & (moved >= MOVED_BY)).any(axis=0)).tolist():
            together = look.inputs & (look.moved >= AS_MUCH * look.moved[row])
            if not _shared(look, int(together.sum())):
                yield Damage(row, Fault.SCALED, float(look.moved[row]), 1.0, 0.0, name)


def _best(evidence: FloatArray) -> Iterator[tuple[int, int]]:
    """Yield the rows with any evidence, and the window that shows it best."""
    at = evidence.argmax(axis=0)
    for row in np.flatnonzero(evidence.max(axis=0) > 0).tolist():
        yield row, int(at[row])


def _shared(look: Inspection, affected: int) -> bool:
    return affected >= max(FEWEST_SHARED, SHARED_BY * int(look.inputs.sum()))


def _other_bins(look: Inspection) -> FloatArray:
    """Return the share of the values that fall into other bins than the reference's; (W, numeric).

    It is the total variation distance.
    """
    numeric = len(look.profile.numeric)
    window = look.windows.counts[:, :numeric, :VALUE_BINS]
    before = look.reference.counts[:numeric, :VALUE_BINS]
    shares = window / np.maximum(window.sum(axis=2, keepdims=True), 1)
    distance: FloatArray = np.abs(
        shares - before / np.maximum(before.sum(axis=1, keepdims=True), 1)
    ).sum(axis=2)
    return distance / 2


def _reference_moments(look: Inspection) -> tuple[FloatArray, FloatArray]:
    reference = look.reference
    values = reference.counts[: len(reference.low), :VALUE_BINS].sum(axis=1).astype(np.float64)
    return mean_and_sd(values, reference.sums / SUM_GRID, reference.squares / SUM_GRID**2)


def _raw(profile: Profile, mean: FloatArray, sd: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return mean and sd in the features' own units."""
    return profile.centre + profile.scale * mean, profile.scale * sd


def _value_of(profile: Profile, row: int, column: int) -> str:
    numeric = len(profile.numeric)
    if row >= numeric:
        levels = profile.levels[row - numeric]
        return f"`{levels[column]}`" if column < len(levels) else "rarer categories"
    low, high = profile.edges[row, column - 1 : column + 1]
    if high <= np.nextafter(low, np.inf):
        return f"{high:.4g}"
    return f"between {low:.4g} and {high:.4g}"
