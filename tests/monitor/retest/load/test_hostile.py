"""Hostile requests behind a load: how real servers take them is told."""

import asyncio
import json
import traceback
from collections.abc import Awaitable, Callable

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from monitor.config.endpoint import EndpointConfig
from monitor.retest.load.hostile import HostileFinding
from monitor.retest.load.plan import Caps, LoadError, Plan, Step
from monitor.retest.load.protocol import Endpoint, stress_with_records
from tests.monitor.retest.endpoints.asking import SPACE, records
from tests.monitor.retest.endpoints.servers import serving

OVERSIZED = 300_000
ANSWER = {"outputs": [{"name": "label", "datatype": "INT64", "shape": [1, 1], "data": [1]}]}


def _taken(
    infer: Callable[[Request], Awaitable[Response]], timeout_s: float = 5.0, total: int = 22
) -> dict[str, HostileFinding]:
    """Return how a model, as a function of its requests, takes what no client should send."""
    routes = [
        Route("/v2/models/m/ready", lambda _request: Response()),
        Route("/v2/models/m/infer", infer, methods=["POST"]),
    ]
    with serving(Starlette(routes=routes)) as url:
        caps = Caps((httpx.URL(url).host,), 500, total)
        endpoint = Endpoint(EndpointConfig(protocol="v2", url=url), "m", SPACE, "driftd-retest-7-")
        plan = Plan((Step(20, 0.1),), timeout_s=timeout_s, oversized=OVERSIZED)
        found = stress_with_records(endpoint, [records(1)], plan, caps)
    return {each.name: each for each in found.hostile}


async def _careful(request: Request) -> Response:
    if int(request.headers["content-length"]) > 100_000:
        return JSONResponse({"error": "too large"}, status_code=413)
    if request.headers["content-type"] != "application/json":
        return JSONResponse({"error": "JSON only"}, status_code=415)
    try:
        json.loads(await request.body())["inputs"]
    except (ValueError, RecursionError, TypeError, KeyError) as error:
        return JSONResponse({"error": str(error)}, status_code=422)
    return JSONResponse(ANSWER)


async def _careless(request: Request) -> Response:
    try:
        body = json.loads(await request.body() or b"{}")
        return JSONResponse(ANSWER if not body or body["inputs"] else {})
    except Exception:
        return PlainTextResponse(traceback.format_exc(), status_code=500)


def test_more_hostile_requests_than_the_caps_allow_are_refused_before_anything_is_sent():
    sent = []

    async def infer(request: Request) -> Response:
        sent.append(request)
        return JSONResponse(ANSWER)

    # 2 requests of the step, 10 hostile ones, and a good one after each.
    with pytest.raises(LoadError, match="22 requests in all, 20 of them for hostile ones, but at"):
        _taken(infer, total=21)
    assert not sent
    _taken(infer, total=22)
    assert len(sent) == 22


def test_a_careful_server_takes_hostile_requests_well():
    found = _taken(_careful)
    assert [each.words for each in found.values()] == [""] * len(found)
    assert found["oversized"].answer == "413"
    assert {found[name].answer for name in ("not_json", "truncated", "deep")} == {"422"}


def test_what_a_careless_server_does_wrong_is_told():
    found = _taken(_careless)
    wrong = {name: each.words for name, each in found.items() if not each.well}
    assert wrong["empty"] == "it was answered with 200, as if it were good"
    assert wrong["not_json"].startswith("it was answered with 500, which blames the endpoint")
    assert "oversized" not in wrong
    assert all(each.alive for each in found.values())


def test_a_hostile_request_that_takes_the_endpoint_down_is_told():
    down = []

    async def infer(request: Request) -> Response:
        if await request.body() == b"null":
            down.append(None)
        if down:
            await asyncio.sleep(0.7)
        return await _careful(request)

    found = _taken(infer, timeout_s=0.3)
    assert found["truncated"].words == ""
    assert found["null"].words == "it was not answered: timeout"
    assert not found["null"].alive
