"""Traffic for the benchmarks: JSON records of numeric features, in files and in Kafka."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

START_MS = 1_767_571_200_000
STEP_MS = 6
"""Event time between two records: 10,000 records a one-minute block."""

POOL = 20_000


@dataclass(frozen=True, slots=True)
class Shape:
    """What the benchmark's records look like: how many features, and how many segments."""

    features: int = 20
    segments: int = 1

    @property
    def names(self) -> list[str]:
        """The features' names."""
        return [f"feature_{at:02d}" for at in range(self.features)]


def render(shape: Shape, records: int, seed: int) -> Iterator[bytes]:
    """Yield records of about 650 bytes, in order of event time."""
    rng = np.random.default_rng(seed)
    values = np.round(rng.standard_normal((POOL, shape.features)), 10)
    scores = np.round(rng.random(POOL), 6)
    tails = [
        json.dumps({"features": dict(zip(shape.names, row, strict=True)), "score": score})[1:]
        for row, score in zip(values.tolist(), scores.tolist(), strict=True)
    ]
    picks = rng.integers(0, POOL, records)
    segments = rng.integers(0, shape.segments, records)
    for at, (pick, segment) in enumerate(zip(picks.tolist(), segments.tolist(), strict=True)):
        head = f'{{"id":"r{at:09d}","ts":{START_MS + at * STEP_MS},"v":"7","s":"s{segment}",'
        yield (head + tails[pick]).encode()


def write_partitions(folder: Path, shape: Shape, records: int, partitions: int) -> list[Path]:
    """Write the records to one file a partition, in turn; return the files."""
    paths = [folder / f"partition-{number}.jsonl" for number in range(partitions)]
    files = [path.open("wb") for path in paths]
    for at, line in enumerate(render(shape, records, seed=1)):
        files[at % partitions].write(line + b"\n")
    for file in files:
        file.close()
    return paths


def load_topic(bootstrap: str, topic: str, paths: list[Path]) -> None:
    """Create a topic and fill each partition from its file, with kcat."""
    from kafka import KafkaAdminClient

    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    admin.create_topics({topic: {"num_partitions": len(paths), "replication_factor": 1}})
    admin.close()
    for number, path in enumerate(paths):
        command = ["kcat", "-P", "-b", bootstrap, "-t", topic, "-p", str(number), "-l", str(path)]
        subprocess.run(command, check=True, capture_output=True)


def configure(folder: Path, name: str, source: dict[str, object], topic: str, shape: Shape) -> Path:
    """Write a configuration with every detector on, and build its reference; return its path.

    The records are drawn independently, so there is nothing to warm up for.
    """
    from monitor.config import load
    from monitor.reference.build import build_reference
    from monitor.reference.file import write_reference

    records: dict[str, object] = {
        "topics": [topic],
        "id": "id",
        "time": {"field": "ts", "unit": "ms"},
        "version": "v",
        "features_under": "features",
        "prediction": {"field": "score", "kind": "probability"},
    }
    if shape.segments > 1:
        records["segment"] = {"field": "s", "most": shape.segments}
    document = {
        "state": f"{name}-state",
        "listen": "127.0.0.1:0",
        "source": source,
        "models": {
            "m": {
                "reference": f"{name}.ref",
                "records": records,
                "features": dict.fromkeys(shape.names, "numeric"),
                "warm_up": "0s",
            }
        },
    }
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(document))
    data = folder / f"{name}-reference.jsonl"
    data.write_bytes(b"\n".join(render(shape, POOL, seed=2)))
    model = load(path).models["m"]
    write_reference(model.reference, build_reference(model.schema, [data]))
    return path
