"""A stress test of real servers over HTTP."""

import asyncio
import json
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from monitor.http.app_thread import AppThread
from monitor.retest.load.plan import Caps, LoadError, Plan, Step, ramp
from monitor.retest.load.stress import Target, stress

GOOD = json.dumps({"inputs": [[1.0, 2.0]]}).encode()


@contextmanager
def _served(answer: Callable) -> Iterator[str]:
    thread = AppThread(
        "127.0.0.1:0", Starlette(routes=[Route("/predict", answer, methods=["POST"])])
    )
    thread.start()
    try:
        yield f"{thread.url}/predict"
    finally:
        thread.stop()


def _target(url: str, bodies=(GOOD,)) -> Target:
    return Target(url, bodies, lambda number: {"x-driftd-retest": f"driftd-retest-r1-{number}"})


def _caps(url: str, **options) -> Caps:
    return Caps(
        **{"hosts": (httpx.URL(url).netloc.decode(),), "rate": 500, "total": 5_000} | options
    )


def test_every_request_is_sent_once_marked_and_with_the_bodies_in_turn():
    seen = []

    async def answer(request: Request) -> Response:
        seen.append((request.headers["x-driftd-retest"], await request.body()))
        return JSONResponse({})

    with _served(answer) as url:
        found = stress(_target(url, (b"1", b"2")), Plan((Step(100, 0.5),)), _caps(url))
    assert len(seen) == 50
    assert {mark for mark, _ in seen} == {f"driftd-retest-r1-{place}" for place in range(1, 51)}
    assert sorted(body for _, body in seen) == [b"1"] * 25 + [b"2"] * 25
    (step,) = found.steps
    assert step.failed == 0
    assert step.requests == 50
    assert 0 < step.quantile(0.5).value < 0.3


def test_a_stall_is_seen_by_all_the_requests_that_were_due_in_it():
    served = []

    async def answer(_: Request) -> Response:
        served.append(None)
        if len(served) == 40:
            time.sleep(0.8)  # the whole server stalls
        return JSONResponse({})

    with _served(answer) as url:
        found = stress(_target(url), Plan((Step(100, 1.6),), concurrency=4), _caps(url))
        served.clear()
        waiting = []
        with httpx.Client(trust_env=False) as client:
            for _ in range(160):
                begin = time.perf_counter()
                client.post(url, content=GOOD)
                waiting.append(time.perf_counter() - begin)
    latency = found.steps[0].latency_s
    # 80 requests were due in the stall, those at its beginning waited longest. A client that
    # waits for each answer before it sends the next sees one slow request.
    assert (latency > 0.4).sum() >= 30
    assert np.quantile(latency, 0.85) > 0.3
    assert np.quantile(waiting, 0.85) < 0.3


def test_requests_of_a_server_that_never_answers_time_out_or_are_not_sent():
    async def answer(_: Request) -> Response:
        await asyncio.sleep(0.9)
        return JSONResponse({})

    with _served(answer) as url:
        plan = Plan((Step(50, 0.4),), concurrency=2, timeout_s=0.3)
        begin = time.perf_counter()
        found = stress(_target(url), plan, _caps(url)).steps[0]
        took = time.perf_counter() - begin
    assert found.failed_ratio == 1
    assert set(found.reasons) == {"timeout", "not_sent"}
    assert np.isinf(found.latency_s).all()
    assert found.quantile(0.5).value == np.inf
    assert took < 1.5


def test_failures_are_counted_by_reason():
    served = []

    async def answer(_: Request) -> Response:
        served.append(None)
        return JSONResponse({}, status_code=503 if len(served) % 4 == 0 else 200)

    with _served(answer) as url:
        found = stress(_target(url), Plan((Step(100, 0.4), Step(125, 1))), _caps(url))
    assert found.steps[0].reasons == {"http_503": 10}
    assert found.steps[0].failed_ratio == 0.25
    assert len(found.steps) == 1, "a step that does not hold is the last"
    assert found.sustained is None


def test_nothing_that_listens_is_unreachable():
    with _served(lambda _: JSONResponse({})) as url:
        pass
    found = stress(_target(url), Plan((Step(50, 0.2),)), _caps(url))
    assert found.steps[0].reasons == {"unreachable": 10}


def test_the_sustained_rate_of_a_server_is_below_what_it_can_do():
    lock = asyncio.Lock()

    async def answer(_: Request) -> Response:
        async with lock:
            await asyncio.sleep(0.02)  # so at most 50 a second
        return JSONResponse({})

    with _served(answer) as url:
        plan = Plan(ramp(24, 100, 0.6), timeout_s=0.5)
        found = stress(_target(url), plan, _caps(url))
    assert found.sustained is not None
    assert 24 <= found.sustained <= 60
    assert len(found.steps) < len(plan.steps)
    assert found.steps[-1].achieved < 55


def test_a_client_that_cannot_send_so_fast_does_not_blame_the_endpoint():
    async def answer(_: Request) -> Response:
        return JSONResponse({})

    with _served(answer) as url:
        plan = Plan((Step(2_000, 0.1),))
        found = stress(_target(url), plan, _caps(url, rate=2_000), longest_p99_s=0.01)
    assert found.client_bound or found.steps[0].holds(0.01)


def test_a_redirect_to_another_host_is_not_followed():
    async def answer(_: Request) -> Response:
        return RedirectResponse("http://127.0.0.1:9/predict", status_code=307)

    with _served(answer) as url:
        found = stress(_target(url), Plan((Step(20, 0.2),)), _caps(url))
    assert found.steps[0].reasons == {"http_307": 4}


def test_caps_hold_before_anything_is_sent():
    seen = []

    async def answer(_: Request) -> Response:
        seen.append(None)
        return JSONResponse({})

    with _served(answer) as url:
        for options in ({"hosts": ("elsewhere",)}, {"rate": 10}, {"total": 10}):
            with pytest.raises(LoadError):
                stress(_target(url), Plan((Step(50, 1),)), _caps(url, **options))
        with pytest.raises(LoadError, match="and 20 for the hostile ones, but at most 60"):
            stress(_target(url), Plan((Step(50, 1),)), _caps(url, total=60), oversized=1_000)
    assert not seen


async def _careful(request: Request) -> Response:
    if int(request.headers["content-length"]) > 100_000:
        return JSONResponse({"error": "too large"}, status_code=413)
    if request.headers["content-type"] != "application/json":
        return JSONResponse({"error": "JSON only"}, status_code=415)
    try:
        body = json.loads(await request.body())
        inputs = body["inputs"]
    except (ValueError, RecursionError, TypeError, KeyError) as error:
        return JSONResponse({"error": str(error)}, status_code=422)
    return JSONResponse({"outputs": inputs})


async def _careless(request: Request) -> Response:
    try:
        body = json.loads(await request.body() or b"{}")
        return JSONResponse({"outputs": body["inputs"] if body else []})
    except Exception:
        return PlainTextResponse(traceback.format_exc(), status_code=500)


def test_a_careful_server_takes_hostile_requests_well():
    with _served(_careful) as url:
        plan = Plan((Step(20, 0.1),))
        found = stress(_target(url), plan, _caps(url), oversized=300_000).hostile
    assert [each.words for each in found] == [""] * len(found)
    answers = {each.name: each.answer for each in found}
    assert answers["oversized"] == "413"
    assert answers["not_json"] == answers["truncated"] == answers["deep"] == "422"


def test_what_a_careless_server_does_wrong_is_told():
    with _served(_careless) as url:
        found = stress(_target(url), Plan((Step(20, 0.1),)), _caps(url), oversized=300_000).hostile
    wrong = {each.name: each.words for each in found if not each.well}
    assert wrong["empty"] == "it was answered with 200, as if it were good"
    assert wrong["not_json"].startswith("it was answered with 500, which blames the endpoint")
    assert "oversized" not in wrong
    assert all(each.alive for each in found)


def test_a_hostile_request_that_takes_the_endpoint_down_is_told():
    down = []

    async def answer(request: Request) -> Response:
        if await request.body() == b"null":
            down.append(None)
        if down:
            await asyncio.sleep(0.35)
        return await _careful(request)

    with _served(answer) as url:
        plan = Plan((Step(20, 0.1),), timeout_s=0.1)
        found = stress(_target(url), plan, _caps(url), oversized=300_000).hostile
    words = {each.name: each.words for each in found}
    assert words["truncated"] == ""
    assert words["null"] == "it was not answered: timeout"
    assert not next(each for each in found if each.name == "null").alive
