"""A deployment in which everything happens that the dashboards show: real model, data, servers.

Records of two segments, whose classes shift halfway, and labels of nine in ten; a re-test that
passes, and one of every kind of trial that fails; triggers, one of which cannot deliver; a
re-evaluation that reports back.
"""

import json
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import yaml

from monitor.config import load
from monitor.demo.data import Record, Split, draw_traffic
from monitor.http.app_thread import AppThread
from monitor.reference.build import build_reference
from monitor.reference.file import write_reference
from tests.e2e.small_model import append, counted
from tests.grafana.servers import model_endpoint, receiver_of_events
from tests.parts.daemon import DaemonProcess
from tests.parts.prometheus import Prometheus
from tests.parts.tested_service import NAME, Trained, split_data, weak

TOKEN = "a token of these tests"
HALF = 3_600
BLOCK_MS, STEP_MS = 60_000, 100
"""A block, and the event time between two records: 600 records a block."""

DELAY_MS = 30_000
LONGEST_S = 120
"""How long each step may take on a busy machine."""

SEGMENTS = ("north", "south")
SEED = 11

REQUIREMENTS: list[dict[str, Any]] = [
    {"perturbation": "gaussian_noise", "severity": 0.2, "measure": "accuracy_drop", "most": 0.01},
    {"perturbation": "quantisation", "severity": 3, "measure": "flip_ratio", "most": 0.9},
    {"perturbation": "boundary", "measure": "distance_l2_median", "least": 0.05},
    {
        "perturbation": "random_ball",
        "severity": 0.5,
        "measure": "robust_accuracy",
        "least": 0.1,
    },
    {"perturbation": "batch_invariant", "measure": "relation_violation_ratio", "most": 0.05},
    {
        "perturbation": "smoothing",
        "severity": 0.1,
        "measure": "certified_accuracy",
        "least": 0.1,
        "options": {"choose": 10, "prove": 100},
    },
    {
        "perturbation": "load",
        "severity": 20,
        "measure": "latency_p99",
        "most": 5.0,
        "options": {"seconds": 1},
    },
]
STEADY = {"perturbation": "quantisation", "severity": 3, "measure": "flip_ratio", "most": 0.99}


@dataclass(frozen=True, slots=True)
class Watched:
    """The deployment once all has happened, and what Prometheus has of it."""

    daemon: DaemonProcess
    prometheus: Prometheus


@contextmanager
def watched(folder: Path) -> Iterator[Watched]:
    """Run the whole stream in an empty folder; yield the deployment, still running."""
    split = _colours(split_data())
    model = weak(split)
    with ExitStack() as stack:
        server = AppThread("127.0.0.1:0", model_endpoint(model))
        receiver = AppThread("127.0.0.1:0", receiver_of_events())
        for each in (server, receiver):
            each.start()
            stack.callback(each.stop)
        config = _configure(folder, split, model, server.url, receiver.url)
        daemon = stack.enter_context(DaemonProcess(config))
        target = daemon.address().removeprefix("http://")
        prometheus = stack.enter_context(Prometheus(folder, target))
        prometheus.wait_for_scrapes()
        _ask_for_retest(daemon, "smoke")
        _wait_for_count(daemon, "driftd_retest_runs_total", retest="smoke")
        _ask_for_retest(daemon, "nightly")
        _send(folder, split, model, daemon)
        _report_back(daemon)
        _wait_for_count(daemon, "driftd_reevaluations_total")
        _wait_for_count(daemon, "driftd_retest_runs_total", retest="nightly")
        prometheus.wait_for_scrapes(3)
        yield Watched(daemon, prometheus)


def _colours(split: Split) -> Split:
    """Return the data with a few measurements only, so that a busy machine keeps up."""
    names = tuple(name for name in split.features if name.endswith("mean"))
    training, live = (
        [({name: values[name] for name in names}, label) for values, label in records]
        for records in (split.training, split.live)
    )
    return Split(names, split.classes, training, live)


def _configure(folder: Path, split: Split, model: Trained, url: str, receiver: str) -> Path:
    host = url.removeprefix("http://")
    watched_model = {
        "reference": "segments.ref",
        "records": {
            "topics": ["segments"],
            "id": "id",
            "time": {"field": "ts", "unit": "ms"},
            "version": "model_version",
            "segment": {"field": "place"},
            "features_under": "features",
            "prediction": {
                "field": "probabilities",
                "kind": "probabilities",
                "classes": list(split.classes),
            },
        },
        "features": dict.fromkeys(split.features, "numeric")
        | {split.features[0]: {"kind": "numeric", "range": [-1e6, 1e6]}, "camera": "categorical"},
        "labels": {
            "topics": ["labels"],
            "time": {"field": "at", "unit": "ms"},
            "label": "kind",
            "horizon": "5m",
        },
        "warm_up": "0s",
        "idle_after": "1s",
        "windows": ["block", "10m"],
        "evaluation": {"data": "training.jsonl", "label": "kind"},
        "endpoint": {
            "protocol": "json",
            "url": url,
            "request": {"records": "$records"},
            "answer": "answers",
            "batch": 500,
            "load": {"hosts": [host], "max_rate": "100/s"},
        },
        "retests": {
            "nightly": {
                "every": "0 3 * * *",
                "queries": 5_000,
                "records": 100,
                "seed": SEED,
                "requirements": REQUIREMENTS,
            },
            "smoke": {"queries": 3_000, "curves": False, "requirements": [STEADY]},
        },
        "triggers": ["pipeline", "down"],
    }
    document = {
        "state": "state",
        "listen": "127.0.0.1:0",
        "snapshot_every": "1s",
        "api_token_file": "token",
        "source": {"files": {"folder": "log"}},
        "models": {NAME: watched_model},
        "triggers": {
            "pipeline": {"webhook": f"{receiver}/taken", "secret_file": "secret"},
            "down": {"webhook": f"{receiver}/busy", "secret_file": "secret"},
        },
    }
    (folder / "log").mkdir()
    (folder / "token").write_text(TOKEN)
    (folder / "secret").write_text("whsec_ZHJpZnRkLWV4YW1wbGUta2V5LTI0Ynl0")
    for secret in ("token", "secret"):
        (folder / secret).chmod(0o600)
    (folder / "training.jsonl").write_bytes(b"\n".join(_lines(split.training, model, 0, 0)))
    path = folder / "driftd.yaml"
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    known = load(path).models[NAME]
    reference = build_reference(
        known.schema, [folder / "training.jsonl"], labels=known.label_schema
    )
    write_reference(known.reference, reference)
    return path


def _send(folder: Path, split: Split, model: Trained, daemon: DaemonProcess) -> None:
    """Write records and labels, half of them as in training; wait for each half to be counted."""
    rng = random.Random(SEED)
    # All lies further back than the lateness, so that silence closes the last block at once.
    start_ms = int(time.time()) * 1000 // BLOCK_MS * BLOCK_MS - BLOCK_MS - 2 * HALF * STEP_MS
    for first, moved in ((0, False), (HALF, True)):
        records = draw_traffic(split, HALF, moved, rng)
        append(folder, "segments", [*_lines(records, model, first, start_ms), b"{"])
        append(folder, "labels", _labels(records, first, start_ms))
        _wait_for_records(daemon, first + HALF)


def _wait_for_records(daemon: DaemonProcess, records: int) -> None:
    daemon.wait_for(lambda: counted(daemon.get(f"/api/v1/models/{NAME}")) >= records, LONGEST_S)


def _lines(records: Sequence[Record], model: Trained, first: int, start_ms: int) -> list[bytes]:
    """Return records with the model's answers, as they are logged."""
    rows = np.array([[values[name] for name in model.features] for values, _ in records])
    answers = model.probabilities(rows).tolist()
    return [
        json.dumps(
            {
                "id": f"r{at}",
                "ts": start_ms + at * STEP_MS,
                "model_version": "1",
                "place": SEGMENTS[at % len(SEGMENTS)],
                "features": values | {"camera": f"c{at % 3}"},
                "probabilities": answer,
                "kind": label,
            }
        ).encode()
        for at, ((values, label), answer) in enumerate(zip(records, answers, strict=True), first)
    ]


def _labels(records: Sequence[Record], first: int, start_ms: int) -> list[bytes]:
    """Return the labels of all but every tenth record."""
    return [
        json.dumps(
            {"id": f"r{at}", "at": start_ms + at * STEP_MS + DELAY_MS, "kind": label}
        ).encode()
        for at, (_, label) in enumerate(records, first)
        if at % 10
    ]


def _ask_for_retest(daemon: DaemonProcess, name: str) -> None:
    place = f"{daemon.address()}/api/v1/models/{NAME}/retests"
    answer = httpx.post(place, json={"retest": name}, headers=_bears())
    assert answer.status_code == 202, answer.text


def _wait_for_count(daemon: DaemonProcess, metric: str, **labels: str) -> None:
    daemon.wait_for(lambda: daemon.metric(metric, **labels) > 0, LONGEST_S)


def _report_back(daemon: DaemonProcess) -> None:
    """Post a re-evaluation's result for the event of the alarm."""
    found = daemon.wait_for(lambda: daemon.get(f"/api/v1/events?model={NAME}")["events"], LONGEST_S)
    result = {
        "verdict": "retrain",
        "summary": "The live model errs on the countryside.",
        "figures": {"live_accuracy": 0.81, "candidate_accuracy": 0.9},
    }
    place = f"{daemon.address()}/api/v1/events/{found[0]['event']['id']}/result"
    answer = httpx.post(place, json=result, headers=_bears())
    assert answer.is_success, answer.text


def _bears() -> dict[str, str]:
    return {"Authorization": f"Bearer {TOKEN}"}
