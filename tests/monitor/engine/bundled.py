"""Models of data that river and scikit-learn bundle, and their predictions and labels in a log."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import yaml
from numpy.typing import NDArray
from pyarrow import parquet
from threadpoolctl import threadpool_limits

from detectors.counts import FloatArray
from detectors.prediction_kind import PredictionKind
from monitor.config import load
from monitor.reference.build import build_reference
from monitor.view import StreamView
from tests.parts.labelled_service import LABELS, MODEL, PREDICTIONS, TOPICS, LabelledService

BLOCK_MS = 60_000
START_MS = 1_767_571_200_000
DELAY = 2
"""Blocks by which labels are late."""

LONGEST = "1d"


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows that a model has answered, in an order of their own.

    inputs: (n, features). labels: (n,). chances: (n, classes), of the classes in the order of
    ``classes``; (n, 1) values of a regression, which has no classes.
    """

    inputs: FloatArray
    labels: NDArray[Any]
    chances: FloatArray
    classes: tuple[Any, ...] = ()

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, rows: slice) -> "Rows":
        return Rows(self.inputs[rows], self.labels[rows], self.chances[rows], self.classes)

    @property
    def predicted(self) -> NDArray[Any]:
        """The model's answers; shape (n,)."""
        if not self.classes:
            return self.chances[:, 0]
        classes: NDArray[Any] = np.array(self.classes)
        return np.asarray(classes[self.chances.argmax(axis=1)])

    def records(self, kind: PredictionKind) -> list[dict[str, Any]]:
        """Return features by name and the answer, as a model of a kind tells it."""
        answers: Sequence[Any]
        match kind:
            case PredictionKind.PROBABILITY:
                answers = self.chances[:, 1].tolist()
            case PredictionKind.PROBABILITIES:
                names = [str(each) for each in self.classes]
                answers = [dict(zip(names, each, strict=True)) for each in self.chances.tolist()]
            case _:
                answers = self.predicted.tolist()
        names = feature_names(self)
        return [
            dict(zip(names, each, strict=True)) | {"answer": answer}
            for each, answer in zip(self.inputs.tolist(), answers, strict=True)
        ]


def feature_names(rows: Rows) -> list[str]:
    """Return names of the inputs' columns."""
    return [f"f{place}" for place in range(rows.inputs.shape[1])]


def answered(
    inputs: FloatArray, labels: NDArray[Any], training: int, model: Any, seed: int = 0
) -> Rows:
    """Return the rows that a model of some others has answered, all in random order."""
    order = np.random.default_rng(seed).permutation(len(labels))
    inputs, labels = inputs[order], labels[order]
    with threadpool_limits(1):  # threads wait for one another longer than they compute
        model.fit(inputs[:training], labels[:training])
    if hasattr(model, "classes_"):
        chances, classes = model.predict_proba(inputs), tuple(model.classes_.tolist())
    else:
        chances, classes = model.predict(inputs)[:, None], ()
    return Rows(inputs, labels, chances, classes)[training:]


def a_service(folder: Path, kind: PredictionKind, known: Rows) -> LabelledService:
    """Return a service whose reference is built of labelled rows, which have no order."""
    path = folder / "driftd.yaml"
    path.write_text(yaml.safe_dump(_document(kind, known)))
    config = load(path).models[MODEL]
    pairs = zip(known.records(kind), known.labels.tolist(), strict=True)
    data = folder / "reference.parquet"
    parquet.write_table(pa.Table.from_pylist([each | {"y": label} for each, label in pairs]), data)
    reference = build_reference(config.schema, [data], labels=config.label_schema)
    return LabelledService.start(config, reference, folder)


def stream_through(
    service: LabelledService, kind: PredictionKind, live: Rows, block: int
) -> list[StreamView]:
    """Feed rows in blocks, and their labels DELAY later; return what is told after each block."""
    records, labels = live.records(kind), live.labels.tolist()
    blocks = -(-len(live) // block)
    told: list[StreamView] = []
    for number in range(blocks + DELAY):
        now_ms = START_MS + number * BLOCK_MS
        rows, late = (
            range(max(0, each * block), min(len(live), max(0, (each + 1) * block)))
            for each in (number, number - DELAY)
        )
        service.put(
            [records[row] | {"id": row, "ts": now_ms + row - rows.start} for row in rows],
            [{"id": row, "ts": now_ms + row - late.start, "y": labels[row]} for row in late],
            now_ms,
        )
        ended = (
            (number >= blocks - 1, PREDICTIONS),
            (number == blocks + DELAY - 1, LABELS),
        )
        service.close(frozenset(topic for over, topic in ended if over))
        told += service.engine.views.values()
    service.stop()
    return told


def _document(kind: PredictionKind, known: Rows) -> dict[str, Any]:
    time = {"field": "ts", "unit": "ms"}
    return {
        "state": "state",
        "source": {"files": {"folder": "log"}},
        "models": {
            MODEL: {
                "reference": "model.ref",
                "records": {
                    "topics": [TOPICS[0]],
                    "id": "id",
                    "time": time,
                    "prediction": {"field": "answer", "kind": str(kind)},
                },
                "features": dict.fromkeys(feature_names(known), "numeric"),
                "labels": {"topics": [TOPICS[1]], "time": time, "label": "y", "horizon": "1h"},
                "block": "1m",
                "lateness": "0s",
                "longest_window": LONGEST,
                "windows": ["block", LONGEST],
                "warm_up": "0s",
            }
        },
    }
