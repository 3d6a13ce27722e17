"""The second pass over labels: tallies and errors of segments, units and labels."""

from collections.abc import Sequence
from functools import reduce

import numpy as np

from detectors.cells import WIDTH
from detectors.columns import Columns
from detectors.counts import IntArray
from detectors.estimation.losses import cells_of
from detectors.performance.error_stream import (
    ERROR,
    LOSS,
    RIGHT,
    WRONG,
    error_rows,
    errors_of,
)
from detectors.performance.pairs import Pairs
from detectors.performance.tally import Tally
from detectors.performance.task import Task
from detectors.performance.yardstick import label_groups
from detectors.profile import Profile
from detectors.sample import record_hashes
from monitor.reference.estimation import EstimationRows
from monitor.reference.labelled import Labelled, pairs_of
from monitor.reference.pair_scan import PairScan
from monitor.reference.rows import Rows
from monitor.reference.unit_sums import count_cells
from monitor.reference.units import Units
from monitor.schema import Schema


class PairTally:
    """Takes all rows once more, in the order in which they were scanned.

    scan: of the labelled rows. by_label: as in KnownPerformance. estimation: what the pairs teach
    an estimator. errors: (segments, rows, WIDTH), Errors.counts of each segment.
    unit_errors: (segments, units, rows, WIDTH), those of each unit, none where rows have no order.
    """

    def __init__(
        self,
        schema: Schema,
        profile: Profile,
        scan: PairScan,
        segments: int,
        units: Units | None,
        key: int,
    ) -> None:
        """Take what a scan found, and how many segments rows are told apart by.

        key: decides which rows are sampled.
        """
        self.scan = scan
        self._schema = schema
        self._profile = profile
        self._key = key
        self._units = units
        task, features = scan.task, len(profile.features)
        table = (len(error_rows(task)), WIDTH)
        self._tallies = [Tally.empty(task)] * segments
        self.errors = np.zeros((segments, *table), dtype=np.int64)
        held = 0 if units is None else units.count
        self.unit_errors = np.zeros((segments, held, *table), dtype=np.int64)
        groups = len(task.classes) or len(scan.label_edges) + 1
        self.by_label = np.zeros((groups, features, WIDTH), dtype=np.int64)
        self.estimation = EstimationRows(task, len(profile.numeric), features)
        self._rows = 0

    def add(self, rows: Rows, columns: Columns, numbers: IntArray, segments: IntArray) -> None:
        """Take a batch of rows, and the same as columns; numbers, segments: (n,), of each row."""
        found = Labelled.of(self._schema, rows)
        task = self.scan.task
        pairs = pairs_of(
            task.kind,
            task.classes,
            self.scan.levels,
            found.predicted,
            found.actual,
            found.confidence,
        )
        segments = segments[found.places]
        for each in np.unique(segments).tolist():
            self._tallies[each] += Tally.of(task, pairs.chosen(segments == each))
        ranks = np.arange(self._rows, self._rows + len(pairs))
        self._rows += len(pairs)
        fit = pairs.fit(task.kind)
        usable, places = pairs.chosen(fit), found.places[fit]
        self._count_errors(usable, segments[fit], self._unit_of(rows, numbers)[places])
        cells = cells_of(self._profile, columns)[places]
        self._count_labels(usable, cells)
        chances = None if rows.chances is None else rows.chances[places]
        hashes = record_hashes(self._key, numbers[places])
        times = None if rows.times is None else rows.times[places]
        part = self.scan.parts(ranks[fit], times)
        self.estimation.add(usable, part, hashes, cells, chances)

    def tally(self, segments: Sequence[int]) -> Tally:
        """Return the tally of some segments together."""
        return reduce(Tally.__add__, (self._tallies[each] for each in segments))

    def _unit_of(self, rows: Rows, numbers: IntArray) -> IntArray:
        """Return each row's unit, -1 where it has none."""
        times = numbers if self._units is not None and self._units.by_rows else rows.times
        if self._units is None or times is None:
            return np.full(len(rows), -1)
        return self._units.places(times)

    def _count_errors(self, usable: Pairs, segments: IntArray, units: IntArray) -> None:
        columns = _error_columns(self.scan.task, usable)
        count_cells(self.errors, segments, columns)
        timed = units >= 0
        cells = segments[timed] * self.unit_errors.shape[1] + units[timed]
        count_cells(self.unit_errors, cells, columns[timed])

    def _count_labels(self, usable: Pairs, cells: IntArray) -> None:
        edges = np.array(self.scan.label_edges)
        groups = label_groups(self.scan.task, edges, usable.actual)
        known = groups < len(self.by_label)
        count_cells(self.by_label, groups[known], cells[known])


def _error_columns(task: Task, usable: Pairs) -> IntArray:
    """Return where Errors.counts counts each pair; (n, rows)."""
    columns = {}
    for row in error_rows(task):
        if row == LOSS:
            columns[row] = np.searchsorted(task.loss_edges, task.losses(usable))
        elif row == ERROR:
            columns[row] = np.where(errors_of(task, usable) > 0, WRONG, RIGHT)
    return np.stack(list(columns.values()), axis=1)
