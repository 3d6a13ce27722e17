"""Constructed ways in which the records of the small world change."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from detectors.cells import UNSEEN
from tests.detectors.diagnosis.records import (
    PLAN_SHARES,
    PLANS,
    Records,
    chance,
    chosen,
    factors_of,
    quiet,
    records_of,
)

Change = Callable[[np.random.Generator, int], Records]


def missing(column: int, share: float) -> Change:
    """A share of the values of a numeric input is missing."""

    def draw(rng: np.random.Generator, n: int) -> Records:
        records = quiet(rng, n)
        records.numeric[rng.random(n) < share, column] = np.nan
        return records

    return draw


def invalid(column: int, share: float) -> Change:
    """A share of the values of a numeric input cannot be used."""

    def draw(rng: np.random.Generator, n: int) -> Records:
        records = quiet(rng, n)
        rows = np.flatnonzero(rng.random(n) < share)
        records.numeric[rows, column] = np.nan
        pairs = np.column_stack([rows, np.full(len(rows), column)])
        return replace(records, invalid=pairs)

    return draw


def converted(column: int, factor: float, offset: float = 0.0) -> Change:
    """A numeric input comes in another unit."""

    def draw(rng: np.random.Generator, n: int) -> Records:
        records = quiet(rng, n)
        records.numeric[:, column] = factor * records.numeric[:, column] + offset
        return records

    return draw


def stuck(column: int, value: float) -> Change:
    """A numeric input has always the same value."""
    return converted(column, 0.0, value)


def stuck_plan(code: int) -> Change:
    """The plan is always the same, whatever it really is."""

    def draw(rng: np.random.Generator, n: int) -> Records:
        return replace(quiet(rng, n), plans=np.full(n, code))

    return draw


def shifted(shifts: tuple[float, ...], spread: float = 1.0) -> Change:
    """The factors move by so much; labels follow from them as ever."""

    def draw(rng: np.random.Generator, n: int) -> Records:
        factors = spread * factors_of(rng, n)
        factors[:, : len(shifts)] += shifts
        return records_of(rng, factors, rng.choice(len(PLANS), n, p=PLAN_SHARES))

    return draw


def other_plans(shares: tuple[float, ...]) -> Change:
    """The plans have other shares; labels follow from them as ever."""

    def draw(rng: np.random.Generator, n: int) -> Records:
        return records_of(rng, factors_of(rng, n), rng.choice(len(PLANS), n, p=shares))

    return draw


def resampled(positive: float) -> Change:
    """This share of the records is positive, each kind as it was."""

    def draw(rng: np.random.Generator, n: int) -> Records:
        pool = quiet(rng, 12 * n)
        wanted = int(rng.binomial(n, positive))
        rows = np.concatenate(
            [
                rng.permutation(np.flatnonzero(pool.labels == 1))[:wanted],
                rng.permutation(np.flatnonzero(pool.labels == 0))[: n - wanted],
            ]
        )
        return chosen(pool, rng.permutation(rows))

    return draw


def flipped(share: float) -> Change:
    """A share of the labels is the other one."""

    def draw(rng: np.random.Generator, n: int) -> Records:
        records = quiet(rng, n)
        return replace(records, labels=records.labels ^ (rng.random(n) < share))

    return draw


def moved_boundary(odds: float) -> Change:
    """Labels are positive more often than they were for the same inputs."""

    def draw(rng: np.random.Generator, n: int) -> Records:
        records = quiet(rng, n)
        before = chance(records.numeric, records.plans)
        after = 1 / (1 + (1 - before) / before * np.exp(-odds))
        return replace(records, labels=(rng.random(n) < after).astype(np.int64))

    return draw


def turned_boundary() -> Change:
    """Another input decides the labels than before."""

    def draw(rng: np.random.Generator, n: int) -> Records:
        records = quiet(rng, n)
        other = records.numeric.copy()
        other[:, 0] = 20 + 8 * records.factors[:, 5]
        labels = rng.random(n) < chance(other, records.plans)
        return replace(records, labels=labels.astype(np.int64))

    return draw


def moved_and_flipped(shift: float, share: float) -> Change:
    """An input moves, and labels become the other ones more often than that explains."""
    move = shifted((shift,))

    def draw(rng: np.random.Generator, n: int) -> Records:
        records = move(rng, n)
        return replace(records, labels=records.labels ^ (rng.random(n) < share))

    return draw


def outliers(share: float, sd: float, columns: tuple[int, ...] = (0, 1, 2, 3, 4, 5)) -> Change:
    """A small share of the records lies far outside in some of their inputs."""

    def draw(rng: np.random.Generator, n: int) -> Records:
        records = quiet(rng, n)
        for row in np.flatnonzero(rng.random(n) < share).tolist():
            column = columns[int(rng.integers(len(columns)))]
            records.numeric[row, column] = _far(column, sd)
        return records

    return draw


def unseen_plans(share: float) -> Change:
    """A small share of the records has a plan that the reference never saw."""

    def draw(rng: np.random.Generator, n: int) -> Records:
        records = quiet(rng, n)
        return replace(records, plans=np.where(rng.random(n) < share, UNSEEN, records.plans))

    return draw


def _far(column: int, sd: float) -> float:
    typical = {0: (20, 8), 1: (22_000, 15_000), 2: (45, 12), 3: (150, 200), 4: (0, 1), 5: (5, 2)}
    centre, scale = typical[column]
    return centre + sd * scale
