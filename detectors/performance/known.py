"""What a labelled reference teaches about a model's performance."""

from collections.abc import Mapping
from dataclasses import dataclass

from detectors.counts import IntArray
from detectors.estimation.parts import Learned as Estimation
from detectors.evidence.learned import Calibration
from detectors.performance.tally import Tally
from detectors.performance.task import Task

ALL_ROWS = ""
"""The part of a reference that holds all of its rows."""


@dataclass(frozen=True, slots=True)
class KnownPerformance:
    """The performance that a model had on its reference, and all that is measured by it.

    tallies, errors: of the parts that hold labelled rows, by name, all rows as ALL_ROWS; errors
    are Errors.counts, (rows, WIDTH). calibrations: of the likelihood ratios of these errors,
    by part; a part is missing where its rows have no order or are too few.
    by_label: (L, features, WIDTH), counts of all labelled rows by their label: by class in the
    order of task.classes, or of a regression by the quarter of its labels, whose upper ends are
    label_edges (L - 1,), empty for classes.
    estimation: what estimates performance without labels, None where it could not be learned;
    no_estimate: why.
    """

    task: Task
    tallies: Mapping[str, Tally]
    errors: Mapping[str, IntArray]
    calibrations: Mapping[str, Calibration]
    by_label: IntArray
    label_edges: tuple[float, ...]
    estimation: Estimation | None
    no_estimate: str = ""

    def part(self, name: str) -> str:
        """Return the part that a stream of segment ``name`` is compared with."""
        return name if name in self.tallies else ALL_ROWS
