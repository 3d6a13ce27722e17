"""What a trial brings back: its measures, the worst of its variants, and the failing cases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.counts import BoolArray, FloatArray, IntArray
from detectors.robustness.measured import Measured
from detectors.robustness.table import Table


@dataclass(frozen=True, slots=True)
class Failing:
    """Records whose answer a change turned.

    places: (m,), their parents in the sample. table: the changed records. outcome: (m,), what
    the model answered for them. variant: of the perturbation. distance: (m,), the size of the
    change in scaled units, nan where it has none.
    """

    variant: str
    places: IntArray
    table: Table
    outcome: FloatArray
    distance: FloatArray

    @classmethod
    def of(cls, variant: str, places: IntArray, table: Table, outcome: FloatArray) -> "Failing":
        """Return failing records without a size of their change."""
        return cls(variant, places, table, outcome, np.full(len(places), np.nan))


@dataclass(frozen=True, slots=True)
class Kept:
    """Records and whether each is well; places: (m,), in the sample. well: (m,)."""

    places: IntArray
    well: BoolArray


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one trial found.

    variants: by name, "" for the only one; each holds its measures by name. lost: (n,), how often
    each record of the sample failed, over all variants. failing: the cases. by_feature: how many
    failures lie with each feature, where that can be told. failed: records without an answer.
    kept: by variant, the records that were answered before and after, and whether each kept what
    it should: the right answer where it has a label, else its own. doubt: why a failure of time
    may be the tester's own and not the model's, or "".
    """

    variants: Mapping[str, Mapping[str, Measured]]
    lost: NDArray[np.int64]
    failing: Sequence[Failing]
    by_feature: Mapping[str, int]
    failed: int
    kept: Mapping[str, "Kept"]
    doubt: str = ""
