"""The errors of joined pairs as a stream: in bins to bet on, and one by one in order of time."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from detectors.bins import count_into
from detectors.cells import VALUE_BINS, WIDTH
from detectors.counts import FloatArray, IntArray
from detectors.performance.pairs import Pairs
from detectors.performance.task import Task
from detectors.prediction_kind import PredictionKind
from detectors.sample import Sample

LOSS = "loss"
ERROR = "error"
RIGHT = 0
WRONG = 1
"""Columns of the row ERROR."""


def error_rows(task: Task) -> tuple[str, ...]:
    """Return the names of the rows of a table of errors.

    LOSS, in the reference's bins, where losses have a size; then ERROR, right or wrong, where
    there are classes.
    """
    rows = [] if task.kind is PredictionKind.CLASS else [LOSS]
    return (*rows, ERROR) if task.classes else tuple(rows)


def errors_of(task: Task, usable: Pairs) -> FloatArray:
    """Return the error of each pair in [0, 1]; shape (n,).

    1 for a wrong class and 0 for a right one; of a regression the absolute error in bounds, at
    most 1.
    """
    if task.kind is PredictionKind.REGRESSION:
        return np.minimum(task.losses(usable), 1.0)
    predicted, actual = task.codes(usable)
    wrong: FloatArray = (predicted != actual).astype(np.float64)
    return wrong


@dataclass(frozen=True, slots=True)
class Errors:
    """What is kept of the errors of a block; ``a + b`` is exact in any order or grouping.

    counts: (rows, WIDTH), as error_rows names them. sample: of pairs, with their errors as
    scores, so that ``sample.scores_in_order`` is what error detectors are fed.
    """

    counts: IntArray
    sample: Sample

    @classmethod
    def empty(cls, task: Task) -> "Errors":
        """Return the errors of no pair."""
        return cls(np.zeros((len(error_rows(task)), WIDTH), dtype=np.int64), Sample.empty())

    @classmethod
    def of(cls, task: Task, pairs: Pairs) -> "Errors":
        """Return the errors of some pairs; those that cannot be judged are left out."""
        usable = pairs.usable(task.kind)
        errors = errors_of(task, usable)
        counts = np.zeros((len(error_rows(task)), WIDTH), dtype=np.int64)
        if task.kind is not PredictionKind.CLASS:
            losses = task.losses(usable)[:, None]
            counts[0, :VALUE_BINS] = count_into(losses, task.loss_edges[None])[0]
        if task.classes:
            wrong = int(errors.sum())
            counts[-1, [RIGHT, WRONG]] = len(errors) - wrong, wrong
        return cls(
            counts,
            Sample.of(usable.hashes, usable.times, usable.partitions, usable.offsets, errors),
        )

    def __add__(self, other: Self) -> "Errors":
        return Errors(self.counts + other.counts, self.sample + other.sample)
