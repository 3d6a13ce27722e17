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

LARGEST = 10**300
"""Whole numbers beyond are no answers; JSON may hold some that no float does."""

NUMBER, LABEL, NONE, OTHER = 1, 0, -1, -2
"""Forms of an answer, beside rows of more than one number, whose form is their width."""

WRONG = {NONE: "nan", LABEL: "wrong_type", OTHER: "wrong_type"}


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

        What most answers look like is how the model answers; the others fail. Raises RequestError
        where the reply does not hold an answer for each record.
        """
        values = _listed(reply.values)
        if len(values) != records:
            raise RequestError(
                "wrong_shape", f"{len(values)} answers came for {records} records, not one for each"
            )
        plain = [self._plain(value) for value in values]
        forms = [_form(value) for value in plain]
        usual = max(set(forms), key=lambda form: (form not in (NONE, OTHER), forms.count(form)))
        if usual in (NONE, OTHER):
            return _failed(forms)
        like = [place for place, form in enumerate(forms) if form == usual]
        part = self._of(usual, [plain[place] for place in like], reply.labels)
        read = _failed(forms, part.chances.shape[1])
        read.outcome[like], read.chances[like] = part.outcome, part.chances
        read.reasons[like] = part.reasons
        return read

    def _of(self, form: int, values: Sequence[Any], labels: bool) -> Read:
        """Read answers of one form."""
        if self.task.regression:
            return _of_numbers(values) if form == NUMBER else _unusable(values, form)
        if form == LABEL:
            return self._of_labels(values)
        if form > NUMBER:
            return self._of_chances(np.array(values, dtype=np.float64))
        if labels or self.kind is not PredictionKind.PROBABILITY:
            return self._of_labels(values)
        positive = np.array(values, dtype=np.float64)
        return self._of_chances(np.column_stack([1.0 - positive, positive]))

    def _plain(self, value: Any) -> Any:
        """Return an object of class: probability as a list, and a list of one as what it holds."""
        if isinstance(value, dict) and value.keys() == set(self.task.classes):
            return [value[name] for name in self.task.classes]
        while isinstance(value, list) and len(value) == 1:
            value = value[0]
        return value

    def _of_labels(self, values: Sequence[Any]) -> Read:
        classes = self.task.classes
        codes = {name: float(code) for code, name in enumerate(classes)}
        names = [_name(value) for value in values]
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
            return _unusable(chances, chances.shape[1])
        reasons = np.full(len(chances), "", dtype=object)
        with np.errstate(invalid="ignore"):
            wrong = (chances < -ROUNDING).any(axis=1) | (chances > 1 + ROUNDING).any(axis=1)
            wrong |= np.abs(chances.sum(axis=1) - 1) > SUM_ROUNDING
        reasons[wrong] = "no_probability"
        reasons[~np.isfinite(chances).all(axis=1)] = "nan"
        usable = np.where((reasons == "")[:, np.newaxis], chances, np.nan)
        return Read(self.task.outcome(usable), usable, reasons)


def _of_numbers(values: Sequence[Any]) -> Read:
    numbers = np.array(values, dtype=np.float64)
    outcome = np.where(np.isfinite(numbers), numbers, np.nan)
    reasons = np.full(len(outcome), "", dtype=object)
    reasons[np.isnan(outcome)] = "nan"
    return Read(outcome, np.zeros((len(outcome), 0)), reasons)


def _unusable(values: Sequence[Any] | FloatArray, form: int) -> Read:
    return _failed([form] * len(values))


def _failed(forms: Sequence[int], width: int = 0) -> Read:
    """Return answers that are none, with why by their forms."""
    reasons = np.array([WRONG.get(form, "wrong_shape") for form in forms], dtype=object)
    nothing = np.full(len(forms), np.nan)
    return Read(nothing, np.full((len(forms), width), np.nan), reasons)


def _listed(values: Any) -> list[Any]:
    if isinstance(values, np.ndarray):
        values = values.tolist()
    if not isinstance(values, list):
        raise RequestError("wrong_shape", "the answer is no list with an entry for each record")
    return values


def _form(value: Any) -> int:
    """Return what an answer looks like: its width where it is numbers, else LABEL, NONE, OTHER."""
    if value is None:
        return NONE
    if isinstance(value, (str, bool)):
        return LABEL
    if _is_number(value):
        return NUMBER
    if (
        isinstance(value, list)
        and value
        and all(each is None or _is_number(each) for each in value)
    ):
        return len(value)
    return OTHER


def _is_number(value: Any) -> bool:
    if isinstance(value, float):
        return True
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST


def _name(value: Any) -> str:
    """Return a label as a class's name; "" for none."""
    if value != value:
        return ""
    if isinstance(value, bool) or (isinstance(value, float) and value.is_integer()):
        return str(int(value))
    return str(value)
