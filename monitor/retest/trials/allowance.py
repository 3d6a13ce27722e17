"""How many records one trial may send."""

from dataclasses import dataclass

from detectors.counts import FloatArray, IntArray
from detectors.robustness.threat import BudgetSpentError, Oracle, Told

FEWEST = 5
"""Records below which a trial is not begun: no interval of theirs tells anything."""


@dataclass(slots=True)
class Allowance:
    """Queries of one trial; spent: those used."""

    queries: int
    spent: int = 0

    @property
    def left(self) -> int:
        """Queries that may still be used."""
        return self.queries - self.spent

    def take(self, queries: int) -> None:
        """Use some queries; raises BudgetSpentError, and uses none, where fewer are left."""
        if queries > self.left:
            raise BudgetSpentError(f"{queries:,} more queries, and {self.left:,} are left")
        self.spent += queries


@dataclass(frozen=True, slots=True)
class Limited:
    """An oracle that asks no more than an allowance gives."""

    oracle: Oracle
    allowance: Allowance

    def __call__(self, points: FloatArray, places: IntArray) -> Told:
        """Ask; as Oracle."""
        self.allowance.take(len(points))
        return self.oracle(points, places)
