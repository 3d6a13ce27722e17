"""How many records one trial may send."""

from dataclasses import dataclass

from detectors.counts import FloatArray, IntArray
from detectors.robustness.threat import BudgetSpentError, Oracle, Told


@dataclass(slots=True)
class Allowance:
    """Queries of one trial; spent: those used, ran_out: whether more were wanted."""

    queries: int
    spent: int = 0
    ran_out: bool = False

    def take(self, queries: int) -> None:
        """Use some queries; raises BudgetSpentError, and uses none, where fewer are left."""
        if self.spent + queries > self.queries:
            self.ran_out = True
            left = self.queries - self.spent
            raise BudgetSpentError(f"{queries} more queries, and {left} are left")
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
