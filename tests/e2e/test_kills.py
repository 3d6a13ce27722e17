"""kill -9 at random moments of a live stream loses no record and counts none twice."""

import json
import random
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from monitor.config import load
from monitor.reference.build import build_reference
from monitor.reference.file import write_reference
from tests.parts.daemon import DaemonProcess, kill_at_random, run_until_end

PARTITIONS = 3
RECORDS = 60_000
STEP_MS = 20
START_MS = 1_767_571_200_000


def configuration(folder: Path, name: str, broker: str, topic: str) -> Path:
    path = folder / f"{name}.yaml"
    document = {
        "state": f"{name}-state",
        "listen": "127.0.0.1:0",
        "snapshot_every": "200ms",
        "source": {"kafka": {"bootstrap_servers": [broker], "group": name, "instance": "it-0"}},
        "models": {
            "m": {
                "reference": "m.ref",
                "records": {
                    "topics": [topic],
                    "id": "id",
                    "time": {"field": "ts", "unit": "ms"},
                    "version": "v",
                    "prediction": {"field": "p", "kind": "probability"},
                },
                "features": {"a": "numeric", "b": "numeric", "c": "categorical"},
                "block": "1s",
                "lateness": "500ms",
                "windows": ["block", "10s", "2m"],
                "warm_up": "100s",
            }
        },
    }
    path.write_text(yaml.safe_dump(document))
    return path


def records(seed: int) -> list[bytes]:
    """Records with disorder, late ones, gaps, bad fields and records that are none."""
    rng = np.random.default_rng(seed)
    jitter = rng.normal(0, 150, RECORDS) - 3000 * (rng.random(RECORDS) < 0.01)
    values = rng.standard_normal((RECORDS, 2))
    kinds = rng.choice(["x", "y", "z"], RECORDS, p=[0.6, 0.3, 0.1])
    scores = rng.random(RECORDS)
    lines = []
    for at in range(RECORDS):
        record = {
            "id": f"r{at if rng.random() > 0.001 else at - PARTITIONS}",
            "ts": START_MS + at * STEP_MS + int(jitter[at]),
            "v": "1" if at < RECORDS // 2 else "2",
            "a": values[at, 0] if at % 97 else None,
            "b": values[at, 1] + at / RECORDS if at % 101 else "broken",
            "c": str(kinds[at]),
            "p": scores[at],
        }
        lines.append(json.dumps(record).encode() if at % 499 else b'{"id": "truncat')
    return lines


def reference_data(folder: Path) -> Path:
    path = folder / "reference.jsonl"
    path.write_bytes(b"\n".join(line for line in records(1)[:8000] if line.endswith(b"}")))
    return path


def told(config: Path) -> dict[str, Any]:
    """Everything that is known of the model at the end, but why its blocks were closed.

    Whether a block is closed by its watermark or by the end of a bounded run is no fact of the
    log; how many blocks there are is.
    """
    document: dict[str, Any] = run_until_end(config)["m"]
    for stream in document["streams"]:
        stream["blocks"] = sum(stream["blocks"].values())
    return document


@pytest.mark.timeout(900)
def test_kills_change_nothing(broker, topic, produce, tmp_path, request):
    kills = request.config.getoption("--kills")
    rng = random.Random(5)
    name = topic(partitions=PARTITIONS)
    killed = configuration(tmp_path, "killed", broker.bootstrap, name)
    model = load(killed).models["m"]
    write_reference(model.reference, build_reference(model.schema, [reference_data(tmp_path)]))
    lines = records(2)
    stop = threading.Event()
    sent = 0

    def send_slowly() -> None:
        nonlocal sent
        for at in range(0, RECORDS, 300):
            for partition in range(PARTITIONS):
                produce(name, partition, lines[at + partition : at + 300 : PARTITIONS])
            sent = at + 300
            if not stop.is_set():
                time.sleep(0.1)

    producer = threading.Thread(target=send_slowly)
    producer.start()
    kill_at_random(DaemonProcess(killed), kills, rng)
    stop.set()
    producer.join()
    assert sent == RECORDS

    document = told(killed)
    assert document == told(configuration(tmp_path, "undisturbed", broker.bootstrap, name))
    counted = sum(stream["records"] for stream in document["streams"])
    assert counted + sum(document["rejects"].values()) == RECORDS
    assert document["rejects"] == {"malformed_json": len(range(0, RECORDS, 499))}
    assert sum(stream["late"] for stream in document["streams"]) > 0
    assert document["duplicates"] > 0
    assert {stream["calibration"]["state"] for stream in document["streams"]} == {"learned"}
    assert [stream["alarm"]["severity"] for stream in document["streams"]] == ["page", "page"]
