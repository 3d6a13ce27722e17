"""Shrinks changes that break a model to the smallest that still do.

First features are undone, by halves and then one at a time, until none can be; then what is left
of numbers is bisected towards the record that they were changed from, and edits of texts are
undone one by one. All records are shrunk in lock-step: one batch a step, with one candidate of
each record.

Source: Zeller and Hildebrandt (2002), Simplifying and isolating failure-inducing input, IEEE
Transactions on Software Engineering 28(2); the order of passes as in hypothesis (MacIver and
Donaldson 2020, Test-case reduction via test-case generation, ECOOP).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np

from detectors.counts import BoolArray, FloatArray, IntArray
from detectors.robustness.space import Feature, Space, Values
from detectors.robustness.table import Column, Table
from detectors.robustness.threat import BudgetSpentError

HALVINGS = 8

Fails = Callable[[Table, IntArray], BoolArray]
"""Tells of candidates (m,) which still fail; places: (m,), the record that each is one of.

Raises BudgetSpentError where so many may not be asked about any more.
"""


@dataclass(frozen=True, slots=True)
class Shrunk:
    """What n failing changes were shrunk to.

    table: the smallest failing records that were found. changed: (n, features), which features of
    each still differ from its parent, in the order of the space. queries: (n,), candidates asked
    about. finished: whether the budget sufficed to try everything.
    """

    table: Table
    changed: BoolArray
    queries: IntArray
    finished: bool


def shrink(space: Space, parents: Table, failing: Table, fails: Fails) -> Shrunk:
    """Return the smallest changes that were found to fail still.

    parents, failing: n records each, what was changed and what it was changed to. A record that
    does not fail when it is asked about again stays as it is, for no candidate of it does.
    Integers stay whole, and columns of a one-hot group are undone together. A parent itself is
    never asked about.
    """
    work = _Work(space, _in_form_of(failing, parents), failing, fails)
    finished = True
    try:
        work.undo_features()
        work.bisect_numbers()
        work.undo_edits()
    except BudgetSpentError:
        finished = False
    return Shrunk(work.table, work.changed(), work.queries, finished)


class _Work:
    """The smallest failing records so far."""

    def __init__(self, space: Space, parents: Table, failing: Table, fails: Fails) -> None:
        self.table = failing
        self.queries: IntArray = np.zeros(len(failing), dtype=np.int64)
        self._space = space
        self._parents = parents
        self._fails = fails
        self._units = _units(space)

    def changed(self) -> BoolArray:
        """Return which features differ from the parent; (n, features)."""
        return np.column_stack([self._differs_from_parent(each.name) for each in self._features])

    def undo_features(self) -> None:
        """Undo changed features, half of them at first, until none of a record's can be."""
        size = int(self._changed_units().sum(axis=1).max(initial=0)) // 2
        while size > 1:
            self._undo_chunks(size)
            size //= 2
        while self._undo_chunks(1):
            pass

    def _undo_chunks(self, size: int) -> bool:
        """Try to undo each chunk of a record's changed units; tell whether any was undone."""
        changed = self._changed_units()
        chunk = (np.cumsum(changed, axis=1) - 1) // size
        undone = False
        for step in range(int(chunk.max(initial=-1)) + 1):
            undo = changed & (chunk == step)
            columns = {
                name: _chosen(undo[:, unit], self._parents.columns[name], self.table.columns[name])
                for unit, names in enumerate(self._units)
                for name in names
            }
            undone |= bool(self._try(columns, np.flatnonzero(undo.any(axis=1))).any())
        return undone

    def bisect_numbers(self) -> None:
        """Move each number that is still changed towards its parent while it fails."""
        for each in self._features:
            old, new = self._parents.columns[each.name], self.table.columns[each.name]
            numbers = each.values in (Values.NUMERIC, Values.EMBEDDING) and not each.group
            if numbers and old.dtype != object and new.dtype != object:
                self._bisect(each, old, new)

    def _bisect(self, feature: Feature, old: FloatArray, new: FloatArray) -> None:
        """Bisect the part of a feature's change that is needed: 1 fails, 0 does not."""
        finite = np.isfinite(old + new).all(axis=tuple(range(1, old.ndim)))
        rows = np.flatnonzero(finite & self._differs_from_parent(feature.name))
        low, high = np.zeros(len(self.table)), np.ones(len(self.table))
        for _ in range(HALVINGS):
            part = (low + high) / 2
            moved = (part * (new - old).T).T
            column = self.table.columns[feature.name].copy()
            column[rows] = (old + (np.trunc(moved) if feature.integer else moved))[rows]
            failed = self._try({feature.name: column}, rows)
            high = np.where(failed, part, high)
            low = np.where(failed, low, part)

    def undo_edits(self) -> None:
        """Undo the edits of each text that is still changed, from its end to its beginning."""
        for each in self._features:
            if each.values is Values.TEXT:
                self._undo_edits(each.name)

    def _undo_edits(self, name: str) -> None:
        old, new = self._parents.columns[name], self.table.columns[name]
        left = {
            row: _edits(old[row], new[row])
            for row in np.flatnonzero(self._differs_from_parent(name)).tolist()
            if isinstance(old[row], str) and isinstance(new[row], str)
        }
        while left:
            column = self.table.columns[name].copy()
            for row, edits in left.items():
                start, end, was = edits.pop()
                column[row] = column[row][:start] + was + column[row][end:]
            self._try({name: column}, np.array(list(left), dtype=np.int64))
            left = {row: edits for row, edits in left.items() if edits}

    def _try(self, columns: Mapping[str, Column], rows: IntArray) -> BoolArray:
        """Ask about candidates, keep those that fail, and return which do; (n,).

        columns: what differs from the records so far, at ``rows`` only. A candidate that is the
        record so far, or its parent, is not asked about and does not count as failing.
        """
        candidates = self.table.changed(columns)
        news = np.zeros(len(self.table), dtype=np.bool_)
        for name in columns:
            news |= _differs(candidates.columns[name], self.table.columns[name])
        real = np.zeros(len(self.table), dtype=np.bool_)
        for name, column in candidates.columns.items():
            real |= _differs(column, self._parents.columns[name])
        asked = rows[news[rows] & real[rows]]
        failed = np.zeros(len(self.table), dtype=np.bool_)
        if len(asked):
            failed[asked] = self._fails(candidates.take(asked), asked)
            self.queries[asked] += 1
            kept = {
                name: _chosen(failed, column, self.table.columns[name])
                for name, column in columns.items()
            }
            self.table = self.table.changed(kept)
        return failed

    @property
    def _features(self) -> tuple[Feature, ...]:
        return self._space.features

    def _differs_from_parent(self, name: str) -> BoolArray:
        return _differs(self.table.columns[name], self._parents.columns[name])

    def _changed_units(self) -> BoolArray:
        return np.column_stack(
            [
                np.logical_or.reduce([self._differs_from_parent(name) for name in names])
                for names in self._units
            ]
        )


def _in_form_of(failing: Table, parents: Table) -> Table:
    """Return the parents with embeddings as lists where a fault left objects in their place."""
    listed: dict[str, Column] = {}
    for name, column in parents.columns.items():
        if column.ndim > failing.columns[name].ndim:
            listed[name] = np.empty(len(column), dtype=object)
            listed[name][:] = column.tolist()
    return parents.changed(listed)


def _units(space: Space) -> list[tuple[str, ...]]:
    """Return the names of features that are undone together: alone, or a one-hot group."""
    groups = [tuple(each.name for each in group) for group in space.groups.values()]
    return [*((each.name,) for each in space.features if not each.group), *groups]


def _edits(old: str, new: str) -> list[tuple[int, int, str]]:
    """Return the edits that made a text: where each lies in the new one, and what was there."""
    steps = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [(start, end, old[a:b]) for tag, a, b, start, end in steps if tag != "equal"]


def _differs(first: Column, second: Column) -> BoolArray:
    """Return which records differ in a feature; missing is the same as missing."""
    same = (first == second) | ((first != first) & (second != second))
    parts = tuple(range(1, first.ndim))
    other: BoolArray = np.logical_or.reduce(~same.astype(np.bool_), axis=parts)
    return other


def _chosen(where: BoolArray, first: Column, second: Column) -> Column:
    """Return the first column's values where true, the second's elsewhere."""
    return np.where(where.reshape(-1, *[1] * (first.ndim - 1)), first, second)
