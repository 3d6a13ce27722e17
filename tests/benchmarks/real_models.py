"""Models of the real sets, trained on their first rows, and what they answer to the others.

What is the reference elsewhere has two parts here: rows that the model is trained on, and those
of its labelled reference.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from detectors.counts import FloatArray, IntArray
from detectors.prediction_kind import PredictionKind
from tests.benchmarks.real_sets import PREDICTION, SETS, TIME, RealSet

ID = "id"
LABEL = "label"

DAY_MS = 86_400_000
FIRST_DAY = 10_000
"""Of the stream, where rows have no time: then so many of them are a day."""

SEED = 0
TREES, LEAVES = 80, 15
WORDS, WEAKNESS = 2**15, 100.0
"""Of models of texts: so many words are told apart, and the penalty's weakness."""


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """A set with what is true of its rows.

    inputs: its ``answer`` is the label; a block is a day. kind: of the model's predictions.
    training: rows of inputs' reference that the model is trained on. text: the column whose words
    it reads in the place of the inputs, if it does.
    """

    inputs: RealSet
    kind: PredictionKind
    training: slice
    text: str = ""

    def answered(self, folder: Path) -> "Answered":
        """Return its rows with the answers of a model of their first part.

        Raises DataMissingError.
        """
        table = self.inputs.read(folder)
        labels = table[PREDICTION].combine_chunks().to_numpy(zero_copy_only=False)
        model, seen = self._trees(), _features(table, self.inputs)
        if self.text:
            words = parquet.read_table(folder / self.inputs.file)[self.text].to_pylist()
            model, seen = LogisticRegression(C=WEAKNESS, max_iter=1_000), _words(words)
        with threadpool_limits(1):
            model.fit(seen[self.training], labels[self.training])
            answers = self._answers(model, seen)
        return Answered(self, table, _times(self.inputs, table), labels, answers)

    def _trees(self) -> Any:
        regression = self.kind is PredictionKind.REGRESSION
        model = HistGradientBoostingRegressor if regression else HistGradientBoostingClassifier
        numeric, levels = len(self.inputs.numeric), len(self.inputs.categorical)
        return model(
            max_iter=TREES,
            max_leaf_nodes=LEAVES,
            categorical_features=[*[False] * numeric, *[True] * levels],
            random_state=SEED,
        )

    def _answers(self, model: Any, seen: Any) -> list[Any]:
        if self.kind is PredictionKind.REGRESSION:
            return list(model.predict(seen).tolist())
        chances = model.predict_proba(seen)
        if self.kind is PredictionKind.PROBABILITY:
            return list(chances[:, 1].tolist())
        classes = [str(each) for each in model.classes_]
        return [dict(zip(classes, each, strict=True)) for each in chances.tolist()]


@dataclass(frozen=True)
class Answered:
    """All rows of a set: inputs, times in ms (n,), labels (n,) and the model's answers."""

    chosen: LabelledSet
    table: pa.Table
    times: IntArray
    labels: NDArray[Any]
    answers: Sequence[Any]

    @cached_property
    def days(self) -> IntArray:
        """The block of each row; shape (n,)."""
        return self.times // DAY_MS

    @property
    def change(self) -> int | None:
        """The block of the known change, None where none is known."""
        change = self.chosen.inputs.change
        return None if change is None else int(self.days[change])

    def records(self, rows: IntArray) -> list[dict[str, Any]]:
        """Return rows as a log holds them, without their labels."""
        inputs = self.table.select(self._features).take(rows).to_pylist()
        told = zip(rows.tolist(), self.times[rows].tolist(), inputs, strict=True)
        return [
            each | {ID: row, TIME: time, PREDICTION: self.answers[row]} for row, time, each in told
        ]

    def truths(self, rows: IntArray, delay_ms: int) -> list[dict[str, Any]]:
        """Return the labels of rows as a log holds them, so much later."""
        times, labels = self.times[rows] + delay_ms, self.labels[rows]
        told = zip(rows.tolist(), times.tolist(), labels.tolist(), strict=True)
        return [{ID: row, TIME: time, LABEL: label} for row, time, label in told]

    def write_reference(self, path: Path) -> None:
        """Write the rows of the reference with their labels, as JSON lines."""
        rows = np.delete(np.arange(self.chosen.inputs.reference), self.chosen.training)
        pairs = zip(self.records(rows), self.truths(rows, 0), strict=True)
        path.write_text("".join(f"{json.dumps(truth | record)}\n" for record, truth in pairs))

    @property
    def _features(self) -> list[str]:
        return [*self.chosen.inputs.numeric, *self.chosen.inputs.categorical]


def _features(table: pa.Table, chosen: RealSet) -> FloatArray:
    """Return numeric columns, then the categorical ones in codes, nan where missing."""
    codes = [
        table[name].combine_chunks().dictionary_encode().indices.to_numpy(zero_copy_only=False)
        for name in chosen.categorical
    ]
    numeric = [table[name].to_numpy() for name in chosen.numeric]
    return np.column_stack([*numeric, *codes]).astype(np.float64)


def _words(texts: Sequence[str]) -> Any:
    """Return texts as bags of words, each a row of a sparse matrix."""
    hashing = HashingVectorizer(n_features=WORDS, token_pattern=r"\S+", alternate_sign=False)
    return hashing.transform(texts)


def _times(chosen: RealSet, table: pa.Table) -> IntArray:
    """Return each row's time: its own, or so many rows a day, the stream from FIRST_DAY on."""
    if not chosen.by_rows:
        return np.asarray(table[TIME].to_numpy(), dtype=np.int64)
    after = np.arange(len(table)) - chosen.reference
    return FIRST_DAY * DAY_MS + after * DAY_MS // chosen.block_length


def _labelled(
    name: str, kind: PredictionKind, training: slice | None = None, text: str = "", **changes: Any
) -> LabelledSet:
    """Return a set; its model is trained on the first half of what is its reference elsewhere."""
    inputs = replace(SETS[name], **changes)
    return LabelledSet(inputs, kind, training or slice(inputs.reference // 2), text)


LABELLED = {
    "null_car_loan_shuffled": _labelled(
        "null_car_loan_shuffled", PredictionKind.PROBABILITY, answer="repaid"
    ),
    "car_loan": _labelled("car_loan", PredictionKind.PROBABILITY, answer="repaid"),
    "insects_wbf_abrupt": _labelled("insects_wbf_abrupt", PredictionKind.PROBABILITIES),
    "elec2": _labelled("elec2, by the clock", PredictionKind.PROBABILITY, block="1d"),
    # Every other row: there are five records of one gas in the second half.
    "gas_drift": _labelled("gas_drift", PredictionKind.PROBABILITIES, slice(0, 1_689, 2)),
    # Two thirds: the first half of the mails is almost all of one class. Short blocks, for the
    # rest has to be blocks enough.
    "spam_stream": _labelled(
        "spam_stream", PredictionKind.PROBABILITY, slice(1_244), "tokens", block=10
    ),
    "bike_hourly": _labelled("bike_hourly, by the clock", PredictionKind.REGRESSION, block="1d"),
}
"""The sets whose labels are fed, by their names among SETS."""
