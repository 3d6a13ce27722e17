"""The first pass over labels: a sample of labelled rows fixes how all of them are judged."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.cells import TOP_LEVELS
from detectors.columns import UInt64Array
from detectors.counts import IntArray
from detectors.estimation.calibration import FOLDS
from detectors.performance.pairs import Pairs
from detectors.performance.task import Task
from detectors.prediction_kind import PredictionKind
from detectors.profile import Profile
from monitor.reference.labelled import Labelled, pairs_of
from monitor.reference.labels import Labels
from monitor.reference.levels import LevelCounter
from monitor.reference.row_sample import RowSample
from monitor.reference.rows import Rows
from monitor.reference.values import Texts
from monitor.schema import PREDICTION, Schema

SAMPLED_PAIRS = 50_000
QUARTERS = (0.25, 0.5, 0.75)


@dataclass(frozen=True, slots=True)
class PairScan:
    """What one pass over the labelled rows found.

    rows: with a label. task: fixed by a uniform sample of them. levels: of the prediction.
    label_edges: as in KnownPerformance. times: (FOLDS - 1,), in ms, that cut the rows into FOLDS
    parts; None where rows have no time.
    """

    rows: int
    task: Task
    levels: tuple[str, ...]
    label_edges: tuple[float, ...]
    times: IntArray | None = None

    def parts(self, ranks: IntArray, times: IntArray | None) -> IntArray:
        """Return in which of FOLDS parts that follow one another rows lie.

        ranks: (n,), of each among all labelled rows. times: (n,), in ms, if there are any.
        """
        if self.times is None or times is None:
            return ranks * FOLDS // self.rows
        return np.searchsorted(self.times, times, side="right")


class PairScanner:
    """Takes the rows, batch after batch; rows: with a label, so far."""

    def __init__(self, schema: Schema) -> None:
        self.rows = 0
        self._schema = schema
        self._counter = LevelCounter()
        self._sample = RowSample(SAMPLED_PAIRS)

    def add(self, rows: Rows, hashes: UInt64Array) -> None:
        """Take a batch of rows, with the hashes that decide which are sampled."""
        if rows.labels is None:
            return
        found = Labelled.of(self._schema, rows)
        self.rows += len(found.places)
        if isinstance(found.actual, Texts):
            self._counter.add(found.actual.count())
        hashes = hashes[found.places]
        near = self._sample.near(hashes)
        columns = [_values(each)[near] for each in (found.predicted, found.actual)]
        times = np.full(len(near), -1)
        if rows.times is not None:
            times = rows.times[found.places[near]]
        self._sample.add(hashes[near], [*columns, found.confidence[near], times])

    def scan(self, profile: Profile) -> PairScan | None:
        """Return what was found, None without a labelled row. profile: of the same rows."""
        if not self.rows:
            return None
        prediction = self._schema.prediction
        predicted, actual, confidence, times = self._sample.columns()
        classes: tuple[str, ...] = ()
        levels: tuple[str, ...] = ()
        if PREDICTION in profile.categorical:
            levels = profile.levels[profile.categorical.index(PREDICTION)]
            further = [name for name in self._counter.levels(actual).names if name not in levels]
            classes = (*levels, *further)[:TOP_LEVELS]
        pairs = pairs_of(
            prediction.kind, classes, levels, _texts(predicted), _texts(actual), confidence
        )
        task = Task.fit(prediction.kind, pairs, classes, threshold=prediction.threshold)
        return PairScan(self.rows, task, levels, _label_edges(task, pairs), _cuts(times))


def _values(labels: Labels) -> NDArray[Any]:
    return labels.at(np.arange(len(labels.codes))) if isinstance(labels, Texts) else labels


def _texts(values: NDArray[Any]) -> Labels:
    if values.dtype != np.object_:
        return values
    levels, codes = np.unique(values, return_inverse=True)
    return Texts(codes, levels.tolist())


def _cuts(times: IntArray) -> IntArray | None:
    """Return the times that cut rows into FOLDS parts of one size; None without usable ones."""
    usable = np.sort(times[times >= 0])
    if not len(usable):
        return None
    return usable[len(usable) * np.arange(1, FOLDS) // FOLDS]


def _label_edges(task: Task, pairs: Pairs) -> tuple[float, ...]:
    """Return the quartiles of a regression's labels, none twice, none that nothing lies above."""
    if task.kind is not PredictionKind.REGRESSION:
        return ()
    actual = pairs.usable(task.kind).actual
    if not len(actual):
        return ()
    edges = np.unique(np.quantile(actual, QUARTERS, method="inverted_cdf"))
    return tuple(edges[edges < actual.max()].tolist())
