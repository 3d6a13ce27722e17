"""Real HTTP servers that speak the protocols for one small model, well or badly."""

import asyncio
import atexit
import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from detectors.counts import FloatArray
from monitor.http.app_thread import AppThread

WEIGHTS = np.array([2.0, -0.5])
BAD = 13.0
"""An income that the model fails on, where it is told to."""

NUMBERS = itertools.count()
"""Of the servers, in their paths."""


def chance(income: FloatArray, age: FloatArray) -> FloatArray:
    """The model: the probability of class 1."""
    scores = income * WEIGHTS[0] + age * WEIGHTS[1]
    return 1 / (1 + np.exp(-np.clip(scores, -500, 500)))


Fault = Callable[["Served", FloatArray], Response | None]
"""What a server answers instead of the model to (n, 2) records, None where the model answers."""


@dataclass
class Served:
    """What a server was asked. requests: (headers, body) of each that held records."""

    fault: Fault = lambda _served, _records: None
    version: str = "7"
    slow_s: float = 0.0
    most_at_once: int = 0
    at_once: int = 0
    requests: list[tuple[dict[str, str], Any]] = field(default_factory=list)

    async def answer(
        self, request: Request, read: Callable[[Any], FloatArray], write: Callable[..., Any]
    ) -> Response:
        body = json.loads(await request.body())
        self.requests.append((dict(request.headers), body))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(self.slow_s)
        self.at_once -= 1
        records = read(body)
        wrong = self.fault(self, records)
        if wrong is not None:
            return wrong
        positive = chance(records[:, 0], records[:, 1])
        answer = json.dumps(write(np.column_stack([1 - positive, positive])))
        return Response(answer, media_type="application/json")


def v2(served: Served, inputs: list[dict[str, Any]] | None = None) -> Starlette:
    """The Open Inference Protocol: outputs label and scores, of which the first is the default."""

    def read(body: Any) -> FloatArray:
        by_name = {each["name"]: each["data"] for each in body["inputs"]}
        if "income" in by_name:
            return np.array([by_name["income"], by_name["age"]], dtype=float).T
        (tensor,) = body["inputs"]
        return np.array(tensor["data"], dtype=float).reshape(tensor["shape"])

    async def infer(request: Request) -> Response:
        def write(scores: FloatArray) -> Any:
            wanted = [each["name"] for each in served.requests[-1][1].get("outputs", [])]
            labels = np.argmax(scores, axis=1)
            outputs = [
                {
                    "name": "label",
                    "datatype": "INT64",
                    "shape": [len(scores), 1],
                    "data": labels.tolist(),
                },
                {
                    "name": "scores",
                    "datatype": "FP64",
                    "shape": list(scores.shape),
                    "data": scores.ravel().tolist(),
                },
            ]
            asked = [each for each in outputs if each["name"] in (wanted or ["label"])]
            return {"model_name": "m", "model_version": served.version, "outputs": asked}

        return await served.answer(request, read, write)

    def metadata(_request: Request) -> Response:
        return JSONResponse({"name": "m", "versions": [], "inputs": inputs or [], "outputs": []})

    return Starlette(
        routes=[
            Route("/v2/models/m/ready", lambda _request: Response()),
            Route("/v2/models/starting/ready", lambda _request: Response(status_code=503)),
            Route("/v2/models/m", metadata),
            Route("/v2/models/m/infer", infer, methods=["POST"]),
        ]
    )


def v1(served: Served) -> Starlette:
    """The V1 protocol, as TensorFlow Serving speaks it."""

    async def predict(request: Request) -> Response:
        return await served.answer(
            request, _instances, lambda scores: {"predictions": scores.tolist()}
        )

    states = [
        {"version": version, "state": state}
        for version, state in (("9", "AVAILABLE"), ("10", "AVAILABLE"), ("11", "LOADING"))
    ]
    status = {"model_version_status": states}
    return Starlette(
        routes=[
            Route("/v1/models/m", lambda _request: JSONResponse(status)),
            Route("/v1/models/m:predict", predict, methods=["POST"]),
        ]
    )


def mlflow(served: Served) -> Starlette:
    """MLflow's scoring server, which cuts the fractions off the whole-number column age."""

    def read(body: Any) -> FloatArray:
        if "inputs" in body:
            columns = body["inputs"]
            records = np.column_stack([columns["income"], columns["age"]])
        else:
            split = body["dataframe_split"]
            assert split["columns"] == ["income", "age"]
            records = np.array(split["data"], dtype=float)
        return np.column_stack([records[:, 0], np.trunc(records[:, 1])])

    async def invocations(request: Request) -> Response:
        return await served.answer(request, read, lambda scores: {"predictions": scores.tolist()})

    return Starlette(
        routes=[
            Route("/ping", lambda _request: Response()),
            Route("/invocations", invocations, methods=["POST"]),
        ]
    )


def plain(served: Served) -> Starlette:
    """A JSON API of its own kind at /score."""

    async def score(request: Request) -> Response:
        def write(scores: FloatArray) -> Any:
            return {"ok": {"results": [{"p": value} for value in scores[:, 1].tolist()]}}

        return await served.answer(request, lambda body: _instances(body["ask"]), write)

    return Starlette(routes=[Route("/score", score, methods=["POST"])])


@contextmanager
def serving(app: Starlette) -> Iterator[str]:
    """Serve an application under a path of its own; its URL."""
    thread, routes = _server()
    mount = Mount(f"/{next(NUMBERS)}", app)
    routes.append(mount)
    try:
        yield f"{thread.url}{mount.path}"
    finally:
        routes.remove(mount)


@cache
def _server() -> tuple[AppThread, list[BaseRoute]]:
    """Return the one server of all tests, as starting and stopping takes longer than a test."""
    shared = Starlette()
    thread = AppThread("127.0.0.1:0", shared)
    thread.start()
    atexit.register(thread.stop)
    return thread, shared.router.routes


def _instances(body: Any) -> FloatArray:
    rows = [
        [each["income"], each["age"]] if isinstance(each, dict) else each
        for each in body["instances"]
    ]
    return np.array(rows, dtype=float)
