"""A real model on real data behind a real V2 server, set up for re-tests; for tests and benchmarks.

The data are the image segments that river bundles: 2,310 records, 18 measurements, 7 classes.
"""

import json
import random
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from monitor.config import Settings, load
from monitor.demo.data import Split, load_segments
from monitor.reference.build import build_reference
from monitor.reference.file import Reference, write_reference

NAME = "segments"
SEED = 7
NOISE_SD = 0.4
COPIES = 6


@dataclass(frozen=True, slots=True)
class Trained:
    """A trained model: columns in, probabilities out."""

    features: tuple[str, ...]
    classes: tuple[str, ...]
    estimator: Any

    def probabilities(self, rows: np.ndarray) -> np.ndarray:
        """Return the probability of each class; rows: (n, features)."""
        return np.asarray(self.estimator.predict_proba(rows))


def split_data() -> Split:
    """Return the data, split in halves."""
    return load_segments(random.Random(SEED))


def weak(split: Split) -> Trained:
    """Return a single tree: right on clean records, lost under a little noise."""
    rows, labels = _arrays(split)
    return _trained(split, DecisionTreeClassifier(random_state=SEED).fit(rows, labels))


def strengthened(split: Split) -> Trained:
    """Return a forest that was trained on noisy copies too."""
    rows, labels = _arrays(split)
    rng = np.random.default_rng(SEED)
    noise = rng.normal(size=(COPIES, *rows.shape)) * NOISE_SD * _scale(rows)
    noisy = np.concatenate([rows, *(rows + noise)])
    forest = RandomForestClassifier(60, random_state=SEED, n_jobs=1)
    return _trained(split, forest.fit(noisy, np.tile(labels, COPIES + 1)))


def _trained(split: Split, estimator: Any) -> Trained:
    assert tuple(estimator.classes_) == split.classes
    return Trained(split.features, split.classes, estimator)


def _arrays(split: Split) -> tuple[np.ndarray, np.ndarray]:
    rows = [[values[name] for name in split.features] for values, _ in split.training]
    return np.array(rows), np.array([label for _, label in split.training])


def _scale(rows: np.ndarray) -> np.ndarray:
    middle = np.median(rows, axis=0)
    scale = 1.4826 * np.median(np.abs(rows - middle), axis=0)
    return np.where(scale > 0, scale, rows.std(axis=0))


@dataclass(slots=True)
class Traffic:
    """What a server was asked: one entry a record, as it would log its predictions."""

    records: list[dict[str, Any]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, headers: Mapping[str, str], records: Sequence[dict[str, Any]]) -> None:
        """Write a request down."""
        with self._lock:
            self.headers.append(headers)
            self.records += records


def v2_app(model: Trained, traffic: Traffic, version: str = "1") -> Starlette:
    """Return an app that speaks the Open Inference Protocol and writes down what it answers."""

    async def ready(_: Request) -> JSONResponse:
        return JSONResponse({})

    async def metadata(_: Request) -> JSONResponse:
        told = {"name": NAME, "versions": [version], "platform": "sklearn", "inputs": []}
        return JSONResponse({**told, "outputs": []})

    async def infer(request: Request) -> JSONResponse:
        document = await request.json()
        tensor = document["inputs"][0]
        rows = np.array(tensor["data"], dtype=float).reshape(tensor["shape"])
        if not np.isfinite(rows).all():
            return JSONResponse({"error": "values that are no numbers"}, 400)
        chances = model.probabilities(rows)
        start = document.get("id", "")
        traffic.add(
            dict(request.headers),
            [
                {
                    "id": f"{start}-{at}",
                    "features": dict(zip(model.features, row, strict=True)),
                    "probabilities": answer,
                }
                for at, (row, answer) in enumerate(
                    zip(rows.tolist(), chances.tolist(), strict=True)
                )
            ],
        )
        output = {
            "name": "probabilities",
            "datatype": "FP64",
            "shape": list(chances.shape),
            "data": chances.reshape(-1).tolist(),
        }
        return JSONResponse(
            {"model_name": NAME, "model_version": version, "id": start, "outputs": [output]}
        )

    path = f"/v2/models/{NAME}"
    return Starlette(
        routes=[
            Route("/v2/health/ready", ready),
            Route(f"{path}/ready", ready),
            Route(path, metadata),
            Route(f"{path}/infer", infer, methods=["POST"]),
        ]
    )


def set_up(
    folder: Path, split: Split, model: Trained, url: str, retest: Mapping[str, Any], **changes: Any
) -> tuple[Settings, Reference]:
    """Write configuration, reference and evaluation set to an empty folder; return the first two.

    retest: the re-test 'nightly'. changes: of the model's configuration.
    """
    (folder / "log").mkdir()
    configured = {
        "reference": "segments.ref",
        "records": {
            "topics": ["segments"],
            "id": "id",
            "time": {"field": "ts", "unit": "ms"},
            "features_under": "features",
            "prediction": {
                "field": "probabilities",
                "kind": "probabilities",
                "classes": list(split.classes),
            },
        },
        "features": dict.fromkeys(split.features, "numeric"),
        "warm_up": "0s",
        "evaluation": {"data": "evaluation.jsonl", "label": "kind"},
        "endpoint": {"protocol": "v2", "url": url, "batch": 500},
        "retests": {"nightly": dict(retest)},
    }
    document = {
        "state": "state",
        "listen": "127.0.0.1:0",
        "source": {"files": {"folder": "log"}},
        "models": {NAME: {**configured, **changes}},
    }
    (folder / "driftd.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    _write(folder / "training.jsonl", split, split.training, model)
    _write(folder / "evaluation.jsonl", split, split.live, model)
    settings = load(folder / "driftd.yaml")
    schema = settings.models[NAME].schema
    reference = build_reference(schema, [folder / "training.jsonl"])
    return settings, write_reference(settings.models[NAME].reference, reference)


def _write(path: Path, split: Split, records: Sequence[Any], model: Trained) -> None:
    rows = np.array([[values[name] for name in split.features] for values, _ in records])
    answers = model.probabilities(rows).tolist()
    with path.open("w") as file:
        for at, ((values, label), answer) in enumerate(zip(records, answers, strict=True)):
            told = {"id": f"e{at}", "features": values, "probabilities": answer, "kind": label}
            file.write(json.dumps(told) + "\n")
