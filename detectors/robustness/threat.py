"""What an attacker may do to a record, and what it is told about its candidates.

Attacks work on points: rows of numbers in scaled units, one column for each feature that may
change (`detectors.robustness.points` makes them from tables). An attack is a function that asks
an oracle about many candidates at a time, one batch an iteration over all records, and leaves
the book-keeping to a `Ledger`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Protocol

import numpy as np

from detectors.counts import BoolArray, FloatArray, IntArray


class Norm(StrEnum):
    """How the size of a change is measured."""

    L2 = "l2"
    LINF = "linf"

    def of(self, changes: FloatArray) -> FloatArray:
        """Return the size of each change; changes: (..., columns), the result (...)."""
        if self is Norm.L2:
            sizes: FloatArray = np.sqrt(np.sum(changes**2, axis=-1))
        else:
            sizes = np.max(np.abs(changes), axis=-1, initial=0.0)
        return sizes


class BudgetSpentError(Exception):
    """No more records may be sent; what an attack found so far is in its ledger."""


@dataclass(frozen=True, slots=True)
class Threat:
    """The changes that an attacker may make to n records of d columns, in scaled units.

    epsilon: the largest size of a change by ``norm``, inf where any will do and the least is
    looked for. low, high: (n, d), the box of each record, which holds the record itself. steps:
    (d,), the least difference between two values of a column (1 / scale of an integer), 0 where
    there is none. levels: (d,), how many levels a categorical column has, whose values are their
    codes; 0 for a number. A changed category adds 1 to an L-infinity and the square root of 2 to
    an L2 distance. groups: columns that are one-hot together.
    """

    norm: Norm
    epsilon: float
    low: FloatArray
    high: FloatArray
    steps: FloatArray
    levels: IntArray
    groups: tuple[IntArray, ...] = ()

    @property
    def numeric(self) -> BoolArray:
        """Which columns are numbers that move freely: no category and in no one-hot group."""
        free: BoolArray = self.levels == 0
        for group in self.groups:
            free[group] = False
        return free

    def distance(self, points: FloatArray, origins: FloatArray) -> FloatArray:
        """Return the size of the changes from origins to points, both (m, d); shape (m,)."""
        changes = points - origins
        coded = self.levels > 0
        if not coded.any():
            return self.norm.of(changes)
        other = changes[:, coded] != 0
        moved = other.astype(np.float64)
        if self.norm is Norm.L2:
            moved *= np.sqrt(2.0)
        return self.norm.of(np.column_stack([changes[:, ~coded], moved]))


@dataclass(frozen=True, slots=True)
class Told:
    """What an oracle tells about m candidates.

    points: (m, d), as they were sent: repaired, rounded, and cast to the types of the wire; an
    attack goes on from these. broken: (m,), whether the answer is another one than the record's;
    false where there was none. margin: (m,), by how much the answer is still the record's, not
    above 0 where broken; nan where only labels are told. failed: (m,), whether there was no
    usable answer.
    """

    points: FloatArray
    broken: BoolArray
    margin: FloatArray
    failed: BoolArray


class Oracle(Protocol):
    """Answers for candidates.

    points: (m, d). places: (m,), the record that each is a candidate of. Raises BudgetSpentError
    where so many may not be sent any more.
    """

    def __call__(self, points: FloatArray, places: IntArray) -> Told: ...


class LossGradient(Protocol):
    """The gradient of a model's loss by its points.

    points: (m, d), in scaled units. places: (m,), the record that each is a candidate of, whose
    outcome the loss is of. Returns (m, d).
    """

    def __call__(self, points: FloatArray, places: IntArray) -> FloatArray: ...


class Attack(Protocol):
    """Looks for the candidates of each record that break the model.

    needs_scores: whether labels alone are no help. needs_gradient: whether it is called with one.
    """

    name: ClassVar[str]
    needs_scores: ClassVar[bool]
    needs_gradient: ClassVar[bool]

    def __call__(
        self,
        origins: FloatArray,
        threat: Threat,
        oracle: Oracle,
        rng: np.random.Generator,
        gradient: LossGradient | None = None,
    ) -> None:
        """Ask the oracle about candidates until done or until it raises BudgetSpentError.

        origins: (n, d), the records; each of them is answered rightly.
        """
        ...
