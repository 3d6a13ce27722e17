"""Points that break the model to begin from: near records with another answer."""

import numpy as np

from detectors.counts import BoolArray, FloatArray, IntArray
from detectors.robustness.attacks.choices import Choices
from detectors.robustness.attacks.members import FARTHEST, boxed, directions, movable
from detectors.robustness.threat import Oracle, Threat

OTHERS = 16
MOST_OTHERS = 100
"""Other records that each record asks about, 8 of them the nearest; more if none breaks it."""
DOUBLINGS = 7
TRIES = 3
"""Radii, and random candidates at each, for a record that no other one breaks."""


def others_that_break(
    origins: FloatArray,
    threat: Threat,
    oracle: Oracle,
    rng: np.random.Generator,
    places: IntArray,
    *,
    wanted: int,
    choices: bool,
) -> tuple[FloatArray, IntArray]:
    """Return what of other records breaks some records, put into their boxes, and their places.

    places: (k,), the records. wanted: how many are enough for a record, which asks about one other
    a batch, OTHERS at most, or MOST_OTHERS while none breaks it. choices: whether others' choices
    are tried too, or only their numbers. Shapes (m, d) and (m,), the nearest of a record first.
    """
    missing = np.zeros(len(origins), dtype=np.int64)
    missing[places] = wanted
    found: list[FloatArray] = [origins[:0]]
    found_of: list[IntArray] = [np.zeros(0, dtype=np.int64)]
    for batch, each in enumerate(_partners(origins, threat, rng)):
        enough = 0 if batch < OTHERS else wanted - 1
        places = np.flatnonzero(missing > enough)
        if not len(places):
            break
        trial = _wearing(origins[each[places]], origins, threat, places)
        if not choices:
            trial = np.where(threat.numeric, trial, origins[places])
        told = oracle(trial, places)
        missing[places[told.broken]] -= 1
        found.append(told.points[told.broken])
        found_of.append(places[told.broken])
    points, places = np.concatenate(found), np.concatenate(found_of)
    order = np.lexsort((threat.distance(points, origins[places]), places))
    return points[order], places[order]


def starts(
    origins: FloatArray, threat: Threat, oracle: Oracle, rng: np.random.Generator
) -> tuple[FloatArray, BoolArray]:
    """Return a point that breaks each record (n, d), and for which records there is one (n,).

    It is the first of near and then of random other records whose numbers do, else a random
    point, else another record with its choices.
    """
    chosen = origins.copy()
    found = np.zeros(len(origins), dtype=np.bool_)
    for choices in (False, True):
        alone = np.flatnonzero(~found)
        points, places = others_that_break(
            origins, threat, oracle, rng, alone, wanted=1, choices=choices
        )
        chosen[places] = points
        found[places] = True
        alone = np.flatnonzero(~found)
        if not choices:
            chosen[alone], found[alone] = random_starts(origins, threat, oracle, rng, alone)
        if threat.numeric.all():
            break
    return chosen, found


def random_starts(
    origins: FloatArray,
    threat: Threat,
    oracle: Oracle,
    rng: np.random.Generator,
    places: IntArray,
) -> tuple[FloatArray, BoolArray]:
    """Return random points that break some records (m, d), and which were found (m,).

    places: (m,), the records. The radius doubles from FARTHEST / 64 to FARTHEST.
    """
    chosen = origins[places]
    found = np.zeros(len(places), dtype=np.bool_)
    free = movable(threat)[places]
    for radius in FARTHEST * 0.5 ** np.repeat(np.arange(DOUBLINGS)[::-1], TRIES):
        rows = np.flatnonzero(~found)
        if not len(rows):
            break
        edge = np.ones(len(rows), dtype=np.bool_)
        changes = radius * directions(threat.norm, len(rows), free[rows], rng, edge)
        at = places[rows]
        told = oracle(boxed(origins[at] + changes, threat, at), at)
        found[rows[told.broken]] = True
        chosen[rows[told.broken]] = told.points[told.broken]
    return chosen, found


def _wearing(
    partners: FloatArray, origins: FloatArray, threat: Threat, places: IntArray
) -> FloatArray:
    """Return partners (m, d) as candidates: in the box, their groups only where these are free."""
    points = boxed(partners, threat, places)
    choices = Choices.of(threat)
    for choice, columns in enumerate(choices.columns):
        kept = np.flatnonzero(~choices.free[places, choice])
        points[np.ix_(kept, columns)] = origins[np.ix_(places[kept], columns)]
    return points


def _partners(origins: FloatArray, threat: Threat, rng: np.random.Generator) -> IntArray:
    """Return which other record each one asks about, a row a batch: (batches, n)."""
    count = len(origins)
    if count < 2:
        return np.zeros((0, count), dtype=np.int64)
    near = min(OTHERS // 2, count - 1)
    rows: IntArray = np.zeros((near, count), dtype=np.int64)
    for place in range(count):
        distance = threat.distance(origins, np.broadcast_to(origins[place], origins.shape))
        distance[place] = np.inf
        rows[:, place] = np.argsort(distance, kind="stable")[:near]
    shifts = rng.permutation(np.arange(1, count))[: MOST_OTHERS - near]
    drawn = (np.arange(count)[np.newaxis, :] + shifts[:, np.newaxis]) % count
    return np.concatenate([rows, drawn])
