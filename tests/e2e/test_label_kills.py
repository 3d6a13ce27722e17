"""kill -9 and reloads at random moments lose no label and join none twice."""

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
from tests.parts.daemon import DaemonProcess, kill_at_random, reload_at_random, run_until_end

PARTITIONS = 2
RECORDS = 20_000
STEP_MS = 20
START_MS = 1_767_571_200_000
HORIZON_MS = 60_000


def configuration(folder: Path, name: str, broker: str, topics: tuple[str, str]) -> Path:
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
                    "topics": [topics[0]],
                    "id": "id",
                    "time": {"field": "ts", "unit": "ms"},
                    "version": "v",
                    "prediction": {"field": "p", "kind": "probability"},
                },
                "features": {"a": "numeric", "c": "categorical"},
                "labels": {
                    "topics": [topics[1]],
                    "time": {"field": "ts", "unit": "ms"},
                    "label": "y",
                    "horizon": "60s",
                    "detectors": ["page_hinkley", "ddm", "hddm_w"],
                },
                "block": "1s",
                "lateness": "500ms",
                "windows": ["block", "10s", "2m"],
                "warm_up": "100s",
            }
        },
    }
    path.write_text(yaml.safe_dump(document))
    return path


def predictions(seed: int) -> list[dict[str, Any]]:
    """Records with disorder, ids that repeat and the second half of another version."""
    rng = np.random.default_rng(seed)
    jitter = rng.normal(0, 100, RECORDS)
    values, scores = rng.standard_normal(RECORDS), rng.random(RECORDS)
    kinds = rng.choice(["x", "y"], RECORDS)
    return [
        {
            "id": f"r{at if at % 997 else max(0, at - PARTITIONS)}",
            "ts": START_MS + at * STEP_MS + int(jitter[at]),
            "v": "1" if at < RECORDS // 2 else "2",
            "a": values[at],
            "c": str(kinds[at]),
            "p": scores[at],
        }
        for at in range(RECORDS)
    ]


def labels(records: list[dict[str, Any]], seed: int) -> list[list[bytes]]:
    """Labels by partition, in order of time: early, duplicate, changed, late, orphan, broken."""
    rng = np.random.default_rng(seed)
    told: list[list[tuple[int, bytes]]] = [[] for _ in range(PARTITIONS)]
    for at, record in enumerate(records):
        # After the middle the model is wrong more often.
        wrong = 0.0 if at < RECORDS // 2 else 0.3
        true = rng.random() < (record["p"] if rng.random() > wrong else 1 - record["p"])
        delay = int(rng.exponential(8_000)) - 500 + (HORIZON_MS if at % 211 == 0 else 0)
        label = {"id": record["id"], "ts": record["ts"] + delay, "y": int(true)}
        own = told[at % PARTITIONS]
        if at % 7:
            own.append((label["ts"], json.dumps(label).encode()))
        if at % 101 == 0:
            again = label | {"ts": label["ts"] + 700, "y": int(true) ^ (at % 2)}
            own.append((again["ts"], json.dumps(again).encode()))
        if at % 173 == 0:
            own.append((label["ts"], json.dumps(label | {"id": f"no{at}"}).encode()))
        if at % 499 == 0:
            own.append((label["ts"], json.dumps(label | {"y": "maybe"}).encode()))
    return [[line for _, line in sorted(each)] for each in told]


def told(config: Path) -> dict[str, Any]:
    """Everything that is known at the end, but why blocks were closed and what the disk holds."""
    document: dict[str, Any] = run_until_end(config)["m"]
    for stream in document["streams"]:
        stream["blocks"] = sum(stream["blocks"].values())
    del document["labels"]["store_bytes"]
    return document


@pytest.mark.timeout(900)
@pytest.mark.parametrize("disturb", [kill_at_random, reload_at_random])
def test_what_happens_to_the_daemon_changes_nothing(
    broker, topic, produce, tmp_path, request, disturb
):
    times = max(5, request.config.getoption("--kills") // 4)
    rng = random.Random(6)
    topics = (topic(partitions=PARTITIONS), topic(partitions=PARTITIONS))
    disturbed = configuration(tmp_path, "disturbed", broker.bootstrap, topics)
    model = load(disturbed).models["m"]
    past = predictions(1)
    data = tmp_path / "reference.jsonl"
    true = np.random.default_rng(9).random(RECORDS)
    data.write_text(
        "\n".join(
            json.dumps(record | {"y": int(chance < record["p"])})
            for record, chance in zip(past, true.tolist(), strict=True)
        )
    )
    reference = build_reference(model.schema, [data], labels=model.label_schema)
    write_reference(model.reference, reference)
    records = predictions(2)
    lines = [
        [json.dumps(record).encode() for record in records[number::PARTITIONS]]
        for number in range(PARTITIONS)
    ]
    answers = labels(records, 3)
    stop = threading.Event()

    def send_slowly() -> None:
        steps = 100
        for step in range(steps):
            for number in range(PARTITIONS):
                for name, all_of in ((topics[0], lines[number]), (topics[1], answers[number])):
                    start, end = (len(all_of) * each // steps for each in (step, step + 1))
                    produce(name, number, all_of[start:end])
            if not stop.is_set():
                time.sleep(0.2)

    producer = threading.Thread(target=send_slowly)
    producer.start()
    disturb(DaemonProcess(disturbed), times, rng)
    stop.set()
    producer.join()

    document = told(disturbed)
    assert document == told(configuration(tmp_path, "undisturbed", broker.bootstrap, topics))
    outcomes = document["labels"]["labels"]
    assert min(outcomes[each] for each in ("joined", "duplicate", "changed", "late", "orphan")) > 0
    # Labels of the last minute may still wait for predictions, and the other way round.
    waiting = document["labels"]["waiting_labels"]
    broken = document["rejects"]["invalid_label"]
    assert sum(outcomes.values()) + waiting + broken == sum(map(len, answers))
    told_of = [stream["performance"] for stream in document["streams"]]
    assert sum(performance["pairs"] for performance in told_of) == outcomes["joined"]
    assert {performance["calibration"] for performance in told_of} == {"learned"}
    assert [stream["alarm"]["raised"]["page"] > 0 for stream in document["streams"]] == [
        False,
        True,
    ]
    assert document["labels"]["predictions"]["unlabelled"] > 0
