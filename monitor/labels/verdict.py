"""What becomes of the next records of one side, given the facts that are there already."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from detectors.counts import BoolArray, IntArray
from monitor.labels.facts import FactArray, JoinSettings, Side, same_value
from monitor.labels.rules import fits, known, late


class Outcome(IntEnum):
    """What a record turned out to be when it was read."""

    WAITING = 0
    JOINED = 1
    LATE = 2
    DUPLICATE = 3
    CHANGED = 4


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcomes of records, and what they did to facts of the other side.

    outcomes: (n,), as Outcome. joined: (k,), places of the records that found their partners,
    in the log's order, and partners: (k,), these. belated: labels that waited until a
    prediction came which they are too late for.
    """

    outcomes: IntArray
    joined: IntArray
    partners: FactArray
    belated: FactArray

    @property
    def stored(self) -> BoolArray:
        """Which records are facts from now on: the first ones of their ids."""
        return self.outcomes < Outcome.DUPLICATE


def judge(
    settings: JoinSettings,
    side: Side,
    records: FactArray,
    groups: IntArray,
    found_groups: IntArray,
    found: FactArray,
) -> Verdict:
    """Judge the next records of one side of a partition, in the log's order.

    groups: (n,), which id each record has. found: (m,), the facts of these ids before the
    records, and found_groups: (m,), their ids. Firsts of one side come in the log's order.
    """
    outcomes = np.full(len(records), Outcome.WAITING, dtype=np.int64)
    open_records = np.arange(len(records))
    joined, partners, belated = [], [found[:0]], [found[:0]]
    while len(open_records):
        order = np.argsort(found_groups, kind="stable")
        found_groups, found = found_groups[order], found[order]
        _repeats(settings, side, records, open_records, groups, found_groups, found, outcomes)
        fresh = open_records[outcomes[open_records] == Outcome.WAITING]
        firsts = fresh[np.unique(groups[fresh], return_index=True)[1]]
        at, rows = _rows(groups[firsts], found_groups, found["side"] != side)
        who = firsts[at]
        if side is Side.PREDICTION:
            fit, too_late = _related(settings, records[who], found[rows])
            free = _free(settings, groups[who], found_groups, found, rows, fit | too_late)
            fit, too_late = fit & free, too_late & free
            belated.append(found[rows[too_late]])
        else:
            fit, too_late = _related(settings, found[rows], records[who])
            first = np.zeros(len(rows), dtype=bool)
            related = np.flatnonzero(fit | too_late)
            first[related[np.unique(who[related], return_index=True)[1]]] = True
            fit, too_late = fit & first, too_late & first
            outcomes[who[too_late]] = Outcome.LATE
        outcomes[who[fit]] = Outcome.JOINED
        joined.append(who[fit])
        partners.append(found[rows[fit]])
        open_records = np.setdiff1d(fresh, firsts, assume_unique=True)
        if len(open_records):
            found_groups = np.concatenate([found_groups, groups[firsts]])
            found = np.concatenate([found, records[firsts]])
    places = np.concatenate(joined) if joined else np.zeros(0, dtype=np.int64)
    order = np.argsort(places)
    return Verdict(
        outcomes, places[order], np.concatenate(partners)[order], np.concatenate(belated)
    )


def _repeats(
    settings: JoinSettings,
    side: Side,
    records: FactArray,
    places: IntArray,
    groups: IntArray,
    found_groups: IntArray,
    found: FactArray,
    outcomes: IntArray,
) -> None:
    """Write down which records repeat the id of a known one; at most one is known to each."""
    at, rows = _rows(groups[places], found_groups, found["side"] == side)
    who = places[at]
    near = known(settings, found[rows], records[who])
    who, rows = who[near], rows[near]
    outcomes[who] = Outcome.DUPLICATE
    if side is Side.LABEL:
        outcomes[who[~same_value(found[rows], records[who])]] = Outcome.CHANGED


def _related(
    settings: JoinSettings, prediction: FactArray, label: FactArray
) -> tuple[BoolArray, BoolArray]:
    return fits(settings, prediction, label), late(settings, prediction, label)


def _free(
    settings: JoinSettings,
    ids: IntArray,
    found_groups: IntArray,
    found: FactArray,
    rows: IntArray,
    related: BoolArray,
) -> BoolArray:
    """Return which labels an earlier prediction of the same id has not taken; shape (rows,).

    An id has an earlier prediction only where it is used anew, long after it was used first.
    """
    free = np.ones(len(rows), dtype=bool)
    earlier = found["side"] == Side.PREDICTION
    if not earlier.any():
        return free
    used = np.isin(ids, found_groups[earlier]) & related
    for place in np.flatnonzero(used).tolist():
        label = found[rows[place : place + 1]]
        before = found[earlier & (found_groups == ids[place])]
        fit, too_late = _related(settings, before, np.repeat(label, len(before)))
        free[place] = not (fit | too_late).any()
    return free


def _rows(groups: IntArray, found_groups: IntArray, chosen: BoolArray) -> tuple[IntArray, IntArray]:
    """Return every pair of a record and a chosen fact of its id, as places in both.

    found_groups must be sorted; a record's facts come in their order.
    """
    rows = np.flatnonzero(chosen)
    keys = found_groups[rows]
    low = np.searchsorted(keys, groups, side="left")
    counts = np.searchsorted(keys, groups, side="right") - low
    at = np.repeat(np.arange(len(groups)), counts)
    within = np.arange(len(at)) - np.repeat(np.cumsum(counts) - counts, counts)
    return at, rows[np.repeat(low, counts) + within]
