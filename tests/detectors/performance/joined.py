"""Joined pairs of each kind of prediction, for the tests of performance."""

from dataclasses import fields, is_dataclass

import numpy as np
from hypothesis import strategies as st

from detectors.counts import FloatArray
from detectors.performance.pairs import Pairs
from detectors.performance.tally import Tally
from detectors.performance.task import NO_POSITIVE, Task
from detectors.prediction_kind import PredictionKind
from detectors.sample import record_hashes

CLASSES = ("cat", "dog", "owl")
NAMES = {PredictionKind.CLASS: CLASSES, PredictionKind.PROBABILITIES: CLASSES}


def pairs_of(
    predicted: FloatArray, actual: FloatArray, confidence: FloatArray | None = None
) -> Pairs:
    """Return pairs at offsets 0, 1, ..., one a millisecond."""
    n = len(predicted)
    offsets = np.arange(n)
    return Pairs(
        predicted=np.asarray(predicted, dtype=np.float64),
        actual=np.asarray(actual, dtype=np.float64),
        confidence=np.full(n, np.nan) if confidence is None else confidence,
        hashes=record_hashes(5, offsets),
        times=offsets,
        partitions=np.zeros(n, dtype=np.int64),
        offsets=offsets,
    )


def draw(kind: PredictionKind, rng: np.random.Generator, n: int) -> Pairs:
    """Draw pairs of a fair model: calibrated probabilities, right in three of four classes."""
    if kind is PredictionKind.PROBABILITY:
        scores = rng.beta(1, 2, n)
        return pairs_of(scores, rng.random(n) < scores)
    if kind is PredictionKind.REGRESSION:
        labels = rng.normal(3, 2, n)
        return pairs_of(labels + rng.normal(0.1, 0.5, n), labels)
    labels = rng.choice(3, n, p=[0.5, 0.3, 0.2])
    confidence = rng.uniform(0.5, 1.0, n)
    wrong = rng.random(n) > confidence
    predicted = np.where(wrong, (labels + rng.integers(1, 3, n)) % 3, labels)
    return pairs_of(predicted, labels, confidence if kind is PredictionKind.PROBABILITIES else None)


def task_of(kind: PredictionKind, pairs: Pairs, positive: int = NO_POSITIVE) -> Task:
    """Return the task that a reference of these pairs fixes."""
    return Task.fit(kind, pairs, NAMES.get(kind, ()), positive)


def tallied(
    kind: PredictionKind, pairs: Pairs, reference: Pairs | None = None, positive: int = NO_POSITIVE
) -> tuple[Tally, Task]:
    """Return the tally of pairs and their task, by default with themselves as the reference."""
    task = task_of(kind, pairs if reference is None else reference, positive)
    return Tally.of(task, pairs), task


def joined(*parts: Pairs) -> Pairs:
    """Return the pairs of all parts, in order."""
    names = [field.name for field in fields(Pairs)]
    return Pairs(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def bits(part: object) -> object:
    """Return every field as bytes, so that equality is equality of bits."""
    if is_dataclass(part):
        return {field.name: bits(getattr(part, field.name)) for field in fields(part)}
    return part.tobytes() if isinstance(part, np.ndarray) else part


@st.composite
def some_pairs(draw: st.DrawFn, kind: PredictionKind, most: int = 60) -> Pairs:
    """Draw pairs with missing sides, values far out and probabilities that are none."""
    n = draw(st.integers(0, most))
    codes = st.sampled_from([0.0, 1.0, 2.0, 3.0, np.nan])
    labels = st.sampled_from([0.0, 1.0, 2.0, 3.0, 4.0, np.nan])
    shares = st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.5, 1.0, -0.1, 1.1, np.nan]))
    values = st.one_of(st.floats(-5, 5), st.floats(), st.sampled_from([0.0, np.nan, 1e300]))
    left, right = {
        PredictionKind.CLASS: (codes, labels),
        PredictionKind.PROBABILITIES: (codes, labels),
        PredictionKind.PROBABILITY: (shares, st.sampled_from([0.0, 1.0, np.nan])),
        PredictionKind.REGRESSION: (values, values),
    }[kind]
    column = lambda each: np.array(draw(st.lists(each, min_size=n, max_size=n)), dtype=float)  # noqa: E731
    confidence = column(shares) if kind is PredictionKind.PROBABILITIES else None
    return pairs_of(column(left), column(right), confidence)
