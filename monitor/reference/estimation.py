"""What labelled rows teach an estimator: of their scores all counts, of all else a sample."""

import numpy as np

from detectors.columns import UInt64Array
from detectors.counts import FloatArray, IntArray
from detectors.estimation.calibration import FOLDS, calibrate
from detectors.estimation.class_cbpe import ClassRecords, calibrate_classes
from detectors.estimation.losses import learned_of_answers, learned_of_numbers
from detectors.estimation.parts import Learned
from detectors.estimation.score_counts import LabelledCounts
from detectors.performance.pairs import Pairs
from detectors.performance.task import Task
from detectors.prediction_kind import PredictionKind
from monitor.reference.row_sample import RowSample

MOST_ROWS = 100_000
MOST_VALUES = 16_000_000
"""Rows are sampled up to these limits."""


class EstimationRows:
    """Takes labelled rows, batch after batch.

    They are told apart in FOLDS parts that follow one another: errors that last show between them.
    """

    def __init__(self, task: Task, numeric: int, features: int) -> None:
        """Take the task, and how many features there are, ``numeric`` ones first."""
        self._task = task
        self._numeric = numeric
        self._counts = [LabelledCounts.empty() for _ in range(FOLDS)]
        self._sample = RowSample(min(MOST_ROWS, MOST_VALUES // features))

    def add(
        self,
        pairs: Pairs,
        part: IntArray,
        hashes: UInt64Array,
        cells: IntArray,
        chances: FloatArray | None,
    ) -> None:
        """Take usable pairs.

        part: (n,), of FOLDS, that each belongs to. hashes: (n,), those that are sampled are the
        smallest. cells: (n, features). chances: (n, K), of kind probabilities.
        """
        if self._task.kind is PredictionKind.PROBABILITY:
            answers, positive = self._task.codes(pairs)
            for each in np.unique(part).tolist():
                at = part == each
                found = LabelledCounts.of(pairs.predicted[at], answers[at] == 1, positive[at] == 1)
                self._counts[each] += found
            return
        near = self._sample.near(hashes)
        told = cells.astype(np.uint8) if chances is None else chances
        columns = [told, pairs.predicted, pairs.actual, part]
        self._sample.add(hashes[near], [each[near] for each in columns])

    def learned(self) -> tuple[Learned | None, str]:
        """Return what was learned; None where there is too little for it, and why."""
        try:
            return self._learned(), ""
        except ValueError as error:
            return None, str(error)

    def _learned(self) -> Learned:
        if self._task.kind is PredictionKind.PROBABILITY:
            return calibrate([each for each in self._counts if each.records.any()])
        told, predicted, actual, part = self._sample.columns()
        if self._task.kind is PredictionKind.PROBABILITIES:
            return self._classes(told, predicted, actual, part)
        cells = told.astype(np.int64)
        part = np.unique(part, return_inverse=True)[1]  # numbered without gaps
        if self._task.kind is PredictionKind.REGRESSION:
            return learned_of_numbers(cells, self._numeric, predicted, actual, part)
        return learned_of_answers(cells, self._numeric, predicted == actual, part)

    def _classes(
        self, chances: FloatArray, predicted: FloatArray, actual: FloatArray, part: IntArray
    ) -> Learned:
        classes = len(self._task.classes)
        known = ~np.isnan(chances).any(axis=1) & (predicted < classes) & (actual < classes)
        return calibrate_classes(
            [
                ClassRecords(
                    chances[rows], predicted[rows].astype(np.int64), actual[rows].astype(np.int64)
                )
                for rows in (np.flatnonzero(known & (part == each)) for each in range(FOLDS))
                if len(rows)
            ]
        )
