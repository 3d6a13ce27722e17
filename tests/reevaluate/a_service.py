"""A small service for the tests of the example: a model, its file log, and events about it."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
import numpy as np
import yaml
from standardwebhooks import Webhook
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from monitor.config import load
from monitor.events.event import (
    Event,
    EventData,
    EventWindow,
    Links,
    RecordRange,
    SegmentState,
    Severity,
)
from monitor.http.app_thread import AppThread
from monitor.reference.build import build_reference
from monitor.reference.file import write_reference

MODEL = "credit"
START_MS = 1_767_571_200_000
"""2026-01-05T00:00:00Z, where a block of a minute begins."""

MINUTE_MS = 60_000
SECRET = "whsec_ZHJpZnRkLWV4YW1wbGUta2V5LTI0Ynl0"
TOKEN = "a token of these tests"


def record(at: int, ts: int, a: float, segment: str = "DE", **changes: Any) -> dict[str, Any]:
    """One record; its model says 1 where ``a`` is above 0."""
    said = {"id": f"r{at}", "ts": START_MS + ts, "v": "1", "country": segment, "a": a}
    return {**said, "p": float(a > 0), **changes}


def configure(folder: Path, url: str = "http://127.0.0.1:1", kind: str = "probability") -> Path:
    """Write a configuration and its reference of 400 labelled records; return its path.

    The reference's accuracy is 0.9; its mean absolute error is 0.1 where kind is regression.
    """
    document = {
        "state": "state",
        "listen": "127.0.0.1:0",
        "source": {"files": {"folder": "log"}},
        "models": {
            MODEL: {
                "reference": "credit.ref",
                "records": {
                    "topics": ["credit"],
                    "id": "id",
                    "time": {"field": "ts", "unit": "ms"},
                    "version": "v",
                    "segment": {"field": "country", "values": ["DE", "FR"]},
                    "prediction": {"field": "p", "kind": kind},
                },
                "features": {"a": "numeric"},
                "labels": {
                    "topics": ["labels"],
                    "time": {"field": "at", "unit": "ms"},
                    "label": "y",
                    "horizon": "10m",
                },
                "warm_up": "0s",
                "windows": ["block", "2m"],
                "evaluation": {"data": "evaluation.jsonl", "label": "y"},
                "endpoint": {"protocol": "json", "url": url, "request": {"rows": "$rows"}},
                "retests": {
                    "nightly": {
                        "queries": 3000,
                        "curves": False,
                        "seed": 1,
                        "requirements": [
                            {
                                "perturbation": "gaussian_noise",
                                "severity": 0.1,
                                "measure": "accuracy_drop",
                                "most": 0.2,
                            }
                        ],
                    }
                },
            }
        },
    }
    config = folder / "driftd.yaml"
    config.write_text(yaml.safe_dump(document, sort_keys=False))
    values = np.random.default_rng(1).normal(size=400).tolist()
    rows = [
        record(at, 0, a, "DE" if at % 2 else "FR", y=_label(at, a > 0, kind))
        for at, a in enumerate(values)
    ]
    for name in ("reference.jsonl", "evaluation.jsonl"):
        (folder / name).write_text("\n".join(map(json.dumps, rows)))
    model = load(config).models[MODEL]
    reference = build_reference(
        model.schema, [folder / "reference.jsonl"], labels=model.label_schema
    )
    write_reference(model.reference, reference)
    return config


def _label(at: int, said: bool, kind: str) -> float:
    """A label that is not what the model says for one record in ten of each segment."""
    at_fault = at // 2 % 10 == 0
    return float(said) + at_fault if kind == "regression" else int(said != at_fault)


def append(folder: Path, topic: str, documents: Sequence[dict[str, Any]]) -> list[int]:
    """Append to a topic of the file log below ``folder``; return the offsets."""
    segment = folder / "log" / topic / "0001.jsonl"
    segment.parent.mkdir(parents=True, exist_ok=True)
    at = segment.stat().st_size if segment.exists() else 0
    offsets = []
    with segment.open("ab") as file:
        for each in documents:
            offsets.append(at)
            at += file.write(json.dumps(each).encode() + b"\n")
    return offsets


def event(
    first: int,
    last: int,
    window: tuple[int, int] | None,
    segments: Sequence[str] = ("DE",),
    records: int = 0,
    id: str = "01KE5Q8600ABCDEFGHJKMNPQRS",
    type: str = "alarm.raised",
    **changes: Any,
) -> Event:
    """An event about offsets of the topic; window: in ms since START_MS."""
    told = {
        "model": MODEL,
        "version": "1",
        "segment": segments[0],
        "segments": [SegmentState(each, Severity.PAGE) for each in segments],
        "kind": "covariate_shift",
        "severity": Severity.PAGE,
        "summary": "`a` shifted",
        "window": None if window is None else _window(window, records),
        "records": [RecordRange("credit", 0, first, last)],
        "labels_topic": "labels",
        "links": Links("http://127.0.0.1/", "", ""),
    }
    data = EventData(**told | changes)
    return Event(id=id, source="driftd/credit", type=f"io.driftd.{type}", subject="s", data=data)


def _window(window: tuple[int, int], records: int) -> EventWindow:
    start, end = (np.datetime64(START_MS + each, "ms").item().isoformat() + "Z" for each in window)
    return EventWindow(start, end, (window[1] - window[0]) // MINUTE_MS, records)


def body_of(told: Event) -> bytes:
    return msgspec.json.encode(told)


def send(url: str, body: bytes, secret: str = SECRET) -> httpx.Response:
    """Post an event as the daemon's webhook does."""
    now = datetime.now(UTC)
    headers = {
        "webhook-id": "e1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign("e1", now, body.decode()),
    }
    return httpx.post(url, content=body, headers=headers, timeout=30)


def model(answers: Callable[[np.ndarray], np.ndarray]) -> Starlette:
    """A model behind plain JSON: rows in, answers out."""

    async def predict(request: Request) -> JSONResponse:
        rows = np.array((await request.json())["rows"], dtype=float)
        return JSONResponse(answers(rows[:, 0]).astype(float).tolist())

    return Starlette(routes=[Route("/", predict, methods=["POST"])])


@contextmanager
def serving(app: Starlette) -> Iterator[str]:
    """Serve an app; gives its URL."""
    server = AppThread("127.0.0.1:0", app)
    server.start()
    try:
        yield server.url
    finally:
        server.stop()
