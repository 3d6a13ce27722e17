"""What is kept of the predictions and joined pairs of a block, as a commutative monoid."""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from detectors.counts import IntArray
from detectors.narrow import narrowed_counts
from detectors.performance.error_stream import Errors
from detectors.performance.origins import NO_ORIGINS, Origins
from detectors.performance.pairs import Pairs
from detectors.performance.said import Said
from detectors.performance.tally import Tally
from detectors.performance.yardstick import Yardstick
from detectors.sample import Sample


@dataclass(frozen=True, slots=True)
class Performance:
    """``a + b`` is that of both, bit for bit in any order or grouping.

    predictions: records of the block. said: sums of them for the estimator. tally, errors: of
    the pairs that were joined in the block. labelled: sums of these pairs for the estimator.
    labels: (groups,), their labels. origins: where their predictions lie. said and labelled are
    empty without an estimator.
    """

    predictions: int
    said: IntArray
    tally: Tally
    errors: Errors
    labelled: IntArray
    labels: IntArray
    origins: Origins = NO_ORIGINS

    @classmethod
    def of_predictions(cls, yardstick: Yardstick, said: Said) -> "Performance":
        """Return the performance of predictions whose labels have not come."""
        nothing = _nothing(yardstick)
        estimator = yardstick.estimator
        sums = nothing.said if estimator is None else estimator.of_predictions(said)
        return replace(nothing, predictions=len(said), said=sums)

    @classmethod
    def of_pairs(cls, yardstick: Yardstick, pairs: Pairs, said: Said) -> "Performance":
        """Return the performance of pairs; said: of their predictions, in the same order."""
        task, estimator = yardstick.task, yardstick.estimator
        usable = pairs.usable(task.kind)
        tally = Tally.of(task, usable)
        nothing = _nothing(yardstick)
        labelled = nothing.labelled
        if estimator is not None:
            fit = pairs.fit(task.kind)
            labelled = estimator.of_pairs(said.chosen(fit), usable.actual)
        return Performance(
            predictions=0,
            said=nothing.said,
            tally=replace(tally, unusable=len(pairs) - len(usable)),
            errors=Errors.of(task, usable),
            labelled=labelled,
            labels=yardstick.labels(usable.actual),
        )

    def __add__(self, other: Self) -> "Performance":
        return Performance(
            predictions=self.predictions + other.predictions,
            said=self.said + other.said,
            tally=self.tally + other.tally,
            errors=self.errors + other.errors,
            labelled=self.labelled + other.labelled,
            labels=self.labels + other.labels,
            origins=self.origins + other.origins,
        )

    @property
    def records(self) -> int:
        """Pairs, which the evidence counts."""
        return self.tally.records

    @property
    def counts(self) -> NDArray[Any]:
        """Counts of the pairs' errors, which the evidence looks at."""
        return self.errors.counts

    @property
    def closed(self) -> "Performance":
        """The same without what is of use only until its block is closed."""
        return replace(self, errors=replace(self.errors, sample=Sample.empty()))

    @property
    def narrow(self) -> "Performance":
        """The same with its largest arrays in as few bytes as they need."""
        scores = self.tally.scores
        if scores is not None:
            scores = replace(scores, bins=narrowed_counts(scores.bins))
        return replace(
            self,
            said=narrowed_counts(self.said),
            labelled=narrowed_counts(self.labelled),
            tally=replace(self.tally, scores=scores),
        )

    @property
    def wide(self) -> "Performance":
        """The same with arrays that can be added to."""
        scores = self.tally.scores
        if scores is not None:
            scores = replace(scores, bins=scores.bins.astype(np.int64))
        return replace(
            self,
            said=self.said.astype(np.int64),
            labelled=self.labelled.astype(np.int64),
            tally=replace(self.tally, scores=scores),
        )


def _nothing(yardstick: Yardstick) -> Performance:
    estimator = yardstick.estimator
    said, labelled = (0, 0) if estimator is None else estimator.widths
    return Performance(
        predictions=0,
        said=np.zeros(said, dtype=np.int64),
        tally=Tally.empty(yardstick.task),
        errors=Errors.empty(yardstick.task),
        labelled=np.zeros(labelled, dtype=np.int64),
        labels=np.zeros(yardstick.groups, dtype=np.int64),
    )
