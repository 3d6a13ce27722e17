"""Models that tests ask, and the records that they ask about."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from detectors.prediction_kind import PredictionKind
from detectors.robustness.answers import Task
from detectors.robustness.space import Feature, Space, Values
from detectors.robustness.table import Table
from monitor.config.endpoint import EndpointConfig
from monitor.retest.endpoints import open_model
from monitor.retest.model import LiveModel
from monitor.schema import Prediction, Schema

SPACE = Space((Feature("income", Values.NUMERIC), Feature("age", Values.NUMERIC, integer=True)))
TASK = Task(("0", "1"), threshold=0.5)


def schema(kind: PredictionKind = PredictionKind.PROBABILITY) -> Schema:
    return Schema((), Prediction(("score",), kind))


def records(n: int, seed: int = 0) -> Table:
    rng = np.random.default_rng(seed)
    return Table({"income": rng.normal(size=n), "age": rng.integers(-9, 9, n).astype(float)})


def incomes(values: list[float]) -> Table:
    return Table({"income": np.array(values), "age": np.zeros(len(values))})


@contextmanager
def asking_unopened(
    url: str = "",
    space: Space = SPACE,
    task: Task = TASK,
    kind: PredictionKind = PredictionKind.PROBABILITY,
    queries: int = 100_000,
    **config: Any,
) -> Iterator[LiveModel]:
    """Make a model called m, v2 by default, and close it in the end."""
    endpoint = EndpointConfig(**{"protocol": "v2", **({"url": url} if url else {}), **config})
    model = open_model(endpoint, "m", schema(kind), space, task, queries, "run1")
    try:
        yield model
    finally:
        model.close()


@contextmanager
def asking(url: str = "", **config: Any) -> Iterator[LiveModel]:
    """Make and open a model."""
    with asking_unopened(url, **config) as model:
        model.open()
        yield model
