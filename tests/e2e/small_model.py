"""A small model with its records, reference and configuration, for tests of the whole daemon."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from monitor.config import load
from monitor.reference.build import build_reference
from monitor.reference.file import write_reference

START_MS = 1_767_571_200_000
"""2026-01-05T00:00:00Z, where a block of a minute begins."""

MODEL: dict[str, Any] = {
    "reference": "m.ref",
    "records": {
        "id": "id",
        "time": {"field": "ts", "unit": "ms"},
        "version": "v",
        "prediction": {"field": "p", "kind": "probability"},
    },
    "features": {"a": "numeric", "b": "numeric", "c": "categorical"},
    "idle_after": "1s",
    "windows": ["block", "2m"],
}


def records(
    count: int, seed: int, first: int = 0, step_ms: int = 10, b_shift: float = 0
) -> list[dict[str, Any]]:
    """Records of the model, in order of time: of one distribution, but for the mean of ``b``.

    first: the number of the first one, which tells its id and its time.
    """
    rng = np.random.default_rng(seed)
    numbers = rng.standard_normal((count, 2)) + np.array([0, b_shift])
    kinds = rng.choice(["x", "y", "z"], count, p=[0.6, 0.3, 0.1])
    scores = rng.random(count)
    return [
        {
            "id": f"r{at}",
            "ts": START_MS + at * step_ms,
            "v": "1",
            "a": a,
            "b": b,
            "c": c,
            "p": p,
        }
        for at, (a, b), c, p in zip(
            range(first, first + count),
            numbers.tolist(),
            kinds.tolist(),
            scores.tolist(),
            strict=True,
        )
    ]


def lines(count: int, seed: int, **options: Any) -> list[bytes]:
    """The same as JSON."""
    return [json.dumps(record).encode() for record in records(count, seed, **options)]


def configure(
    path: Path,
    source: Mapping[str, Any],
    topic: str,
    model: Mapping[str, Any] | None = None,
    name: str = "m",
    **settings: Any,
) -> Path:
    """Write a configuration of the model; return its path.

    source: the section ``source``. model, settings: keys to change, of the model or at the top.
    """
    records = MODEL["records"] | {"topics": [topic]}
    document = {
        "state": "state",
        "listen": "127.0.0.1:0",
        "snapshot_every": "200ms",
        "source": source,
        "models": {name: MODEL | {"records": records} | dict(model or {})},
    }
    path.write_text(yaml.safe_dump(document | settings))
    return path


def build(config: Path, name: str = "m", seed: int = 1) -> None:
    """Build the reference that a configuration names, of 2,000 records of a seed."""
    model = load(config).models[name]
    data = config.parent / f"reference-{seed}.jsonl"
    data.write_bytes(b"\n".join(lines(2_000, seed)))
    write_reference(model.reference, build_reference(model.schema, [data]))


def kafka(bootstrap: str, group: str) -> dict[str, Any]:
    """The section ``source`` for a broker."""
    return {"kafka": {"bootstrap_servers": [bootstrap], "group": group, "instance": "i"}}


FILES: dict[str, Any] = {"files": {"folder": "log"}}
"""The section ``source`` for the file log in ``log``."""


def append(folder: Path, topic: str, values: Sequence[bytes]) -> None:
    """Append records to a topic of the file log below ``folder``."""
    segment = folder / "log" / topic / "0001.jsonl"
    segment.parent.mkdir(parents=True, exist_ok=True)
    with segment.open("ab") as file:
        file.write(b"".join(value + b"\n" for value in values))


def counted(model: Mapping[str, Any]) -> int:
    """How many records the streams of a model's document have in closed blocks."""
    return sum(stream["records"] for stream in model["streams"])
