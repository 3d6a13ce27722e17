"""Image segments before and after a camera's exposure was changed, and models of them.

The live model was trained before the change, the candidate on both, and the previous one was
never good.
"""

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier

from monitor.config import load
from monitor.demo.data import Record, Split
from monitor.reference.build import build_reference
from monitor.reference.file import write_reference
from tests.parts.tested_service import NAME, SEED, Trained

START_MS = 1_767_571_200_000
"""2026-01-05T00:00:00Z, where a block of a minute begins."""

MINUTE_MS = 60_000
BLOCKS, MOVED_FROM, A_BLOCK = 8, 5, 400
"""Blocks of traffic, the first one after the change, and the records in each."""

DELAYS_MS = {20: 5_000, A_BLOCK // 2 + 5: 45_000}
"""How much older the records at some places of a block are than those around them: the first is of
the block before and on time, the second is of it too, but late, and counted in this one."""

LATE = A_BLOCK // 2 + 5
DIMMED = ("intensity-mean", "rawred-mean", "rawblue-mean", "rawgreen-mean", "value-mean")
EXPOSURE = 0.5
TREES = 30


def exposed(record: Record) -> Record:
    """Return the record as the camera sees it after the change."""
    values, label = record
    return {**values, **{name: EXPOSURE * values[name] for name in DIMMED}}, label


def train(split: Split) -> dict[str, Trained]:
    """Return the models by their roles."""

    def fitted(estimator: Any, records: Sequence[Record]) -> Trained:
        rows = np.array([[values[name] for name in split.features] for values, _ in records])
        labels = [label for _, label in records]
        return Trained(split.features, split.classes, estimator.fit(rows, labels))

    def forest() -> RandomForestClassifier:
        return RandomForestClassifier(TREES, random_state=SEED, n_jobs=1)

    before = split.training
    stump = DecisionTreeClassifier(max_depth=1, random_state=SEED)
    return {
        "live": fitted(forest(), before),
        "candidate": fitted(forest(), [*before, *map(exposed, before)]),
        "previous": fitted(stump, before),
    }


def logged(model: Trained, records: Sequence[Record], **more: list[Any]) -> list[dict[str, Any]]:
    """Return records with the model's answers, as a service logs them; more: fields by name."""
    rows = np.array([[values[name] for name in model.features] for values, _ in records])
    answers = model.probabilities(rows).tolist()
    beside = [dict(zip(more, row, strict=True)) for row in zip(*more.values(), strict=True)]
    return [
        {"features": values, "probabilities": answer, **fields}
        for (values, _), answer, fields in zip(records, answers, beside, strict=True)
    ]


def draw_traffic(
    model: Trained, pool: Sequence[Record], rng: random.Random
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Return what the model was asked, block after block, and the labels by id."""
    drawn: list[Record] = []
    for block in range(BLOCKS):
        chosen = rng.choices(pool, k=A_BLOCK)
        drawn += chosen if block < MOVED_FROM else map(exposed, chosen)
    step = MINUTE_MS // A_BLOCK
    times = [START_MS + at * step - DELAYS_MS.get(at % A_BLOCK, 0) for at in range(len(drawn))]
    ids = [f"r{at}" for at in range(len(drawn))]
    sent = logged(model, drawn, id=ids, ts=times)
    return sent, {name: label for name, (_, label) in zip(ids, drawn, strict=True)}


def counted_in(record: dict[str, Any]) -> int:
    """Return the block that a record of the traffic belongs to, from the first one on."""
    at = int(record["id"][1:])
    if at % A_BLOCK == LATE:
        return at // A_BLOCK
    return int((record["ts"] - START_MS) // MINUTE_MS)


def configure(
    config: Path,
    model: Trained,
    reference: Sequence[Record],
    changes: dict[str, Any],
    **document: Any,
) -> None:
    """Write a configuration, and the reference of labelled records that it names.

    changes: of the model's configuration. document: the rest of it.
    """
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
                "classes": list(model.classes),
            },
        },
        "features": dict.fromkeys(model.features, "numeric"),
        "labels": {
            "topics": ["labels"],
            "time": {"field": "at", "unit": "ms"},
            "label": "kind",
        },
        "warm_up": "0s",
        "ignore_below": 0.3,
        "evaluation": {"data": "reference.jsonl", "label": "kind"},
    }
    told = {**document, "models": {NAME: {**configured, **changes}}}
    # A tensor has the features in the order of the configuration.
    config.write_text(yaml.safe_dump(told, sort_keys=False))
    kinds = [label for _, label in reference]
    rows = logged(model, reference, id=[f"v{at}" for at in range(len(reference))], kind=kinds)
    data = config.parent / "reference.jsonl"
    data.write_text("\n".join(map(json.dumps, rows)))
    loaded = load(config).models[NAME]
    built = build_reference(loaded.schema, [data], labels=loaded.label_schema)
    write_reference(loaded.reference, built)
