"""From what an endpoint answered to outcomes and probabilities, or the reason why not."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.counts import FloatArray
from detectors.prediction_kind import PredictionKind
from detectors.robustness.answers import Task
from monitor.retest.endpoints.wire import Reply, RequestError

ROUNDING = 1e-6
SUM_ROUNDING = 1e-2
"""By how much probabilities that a server rounds may miss 1 in sum."""


@dataclass(frozen=True, slots=True)
class Read:
    """What a reply says of n records.

    outcome: (n,), as in Answers. chances: (n, classes), (n, 0) where only labels were told.
    reasons: (n,), why a record has no usable answer, "" where it has one.
    """

    outcome: FloatArray
    chances: FloatArray
    reasons: NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads replies for a task; kind: what the answer is."""

    task: Task
    kind: PredictionKind

    def __call__(self, reply: Reply, records: int) -> Read:
        """Read the answers for so many records.

        Raises RequestError where the reply holds another number of them.
        """
        values = self._listed(reply.values)
        if len(values) != records:
            raise RequestError(
                "wrong_shape", f"{len(values)} answers came for {records} records, not one for each"
            )
        numbers = _numbers(values)
        if numbers is None:
            return self._ragged(reply, values)
        if self.task.regression:
            return _of_numbers(numbers)
        if numbers.shape[1] > 1:
            return self._of_chances(numbers)
        single = reply.labels or self.kind is not PredictionKind.PROBABILITY
        if single or isinstance(values[0], (bool, np.bool_, str)):
            return self._of_labels(values)
        return self._of_chances(np.column_stack([1.0 - numbers[:, 0], numbers[:, 0]]))

    def _listed(self, values: Any) -> Sequence[Any] | NDArray[Any]:
        """Return the values by record, objects of class: probability as lists."""
        if not isinstance(values, (list, np.ndarray)) or np.ndim(values) == 0:
            raise RequestError("wrong_shape", "the answer is no list with an entry for each record")
        if len(values) and isinstance(values[0], dict):
            return [
                [each.get(name) for name in self.task.classes] if isinstance(each, dict) else each
                for each in values
            ]
        return values

    def _ragged(self, reply: Reply, values: Sequence[Any] | NDArray[Any]) -> Read:
        """Read names of classes, or record by record what has no shape as a whole."""
        flat = [_single(value) for value in values]
        if not self.task.regression and all(isinstance(each, (str, type(None))) for each in flat):
            return self._of_labels(flat)
        parts = [self._alone(reply, value) for value in values]
        width = max(part.chances.shape[1] for part in parts)
        chances = np.full((len(parts), width), np.nan)
        for place, part in enumerate(parts):
            if part.chances.shape[1] == width:
                chances[place] = part.chances[0]
        return Read(
            np.concatenate([part.outcome for part in parts]),
            chances,
            np.concatenate([part.reasons for part in parts]),
        )

    def _alone(self, reply: Reply, value: Any) -> Read:
        if isinstance(_single(value), str):
            return self._of_labels([_single(value)])
        if _numbers([value]) is None:
            return _unusable(1, "wrong_type")
        return self(Reply([value], reply.labels), 1)

    def _of_labels(self, values: Sequence[Any] | NDArray[Any]) -> Read:
        classes = self.task.classes
        codes = {name: float(code) for code, name in enumerate(classes)}
        names = [_name(_single(value)) for value in values]
        if not any(name in codes for name in names):
            # A model that answers codes of classes instead of their names.
            codes = {str(code): float(code) for code in range(len(classes))}
        outcome = np.array([codes.get(name, np.nan) for name in names])
        reasons = np.full(len(names), "", dtype=object)
        reasons[np.isnan(outcome)] = "unknown_class"
        reasons[[name == "" for name in names]] = "nan"
        return Read(outcome, np.zeros((len(names), 0)), reasons)

    def _of_chances(self, chances: FloatArray) -> Read:
        if chances.shape[1] != len(self.task.classes):
            return _unusable(len(chances), "wrong_shape")
        reasons = np.full(len(chances), "", dtype=object)
        with np.errstate(invalid="ignore"):
            wrong = (chances < -ROUNDING).any(axis=1) | (chances > 1 + ROUNDING).any(axis=1)
            wrong |= np.abs(chances.sum(axis=1) - 1) > SUM_ROUNDING
        reasons[wrong] = "no_probability"
        reasons[~np.isfinite(chances).all(axis=1)] = "nan"
        usable = np.where((reasons == "")[:, np.newaxis], chances, np.nan)
        return Read(self.task.outcome(usable), usable, reasons)


def _of_numbers(numbers: FloatArray) -> Read:
    if numbers.shape[1] != 1:
        return _unusable(len(numbers), "wrong_shape")
    outcome = np.where(np.isfinite(numbers[:, 0]), numbers[:, 0], np.nan)
    reasons = np.full(len(outcome), "", dtype=object)
    reasons[np.isnan(outcome)] = "nan"
    return Read(outcome, np.zeros((len(outcome), 0)), reasons)


def _unusable(records: int, reason: str) -> Read:
    nothing = np.full(records, np.nan)
    return Read(nothing, np.zeros((records, 0)), np.full(records, reason, dtype=object))


def _numbers(values: Sequence[Any] | NDArray[Any]) -> FloatArray | None:
    """Return values as (n, width), None where they are no numbers of one width."""
    if any(isinstance(_single(value), str) for value in values[:1]):
        return None
    try:
        numbers = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        return None
    return numbers.reshape(len(numbers), -1) if len(numbers) else numbers.reshape(0, 1)


def _single(value: Any) -> Any:
    """Return the value in a list of one."""
    while isinstance(value, (list, np.ndarray)) and len(value) == 1:
        value = value[0]
    return value


def _name(value: Any) -> str:
    """Return a label as a class's name; "" for none."""
    if value is None or value != value:
        return ""
    if isinstance(value, (bool, np.bool_)):
        return str(int(value))
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value)
