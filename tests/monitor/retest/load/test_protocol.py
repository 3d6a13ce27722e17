"""A stress test with records, in the protocols of real servers."""

import asyncio
import time
from collections.abc import Callable

import httpx
import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from monitor.config.endpoint import EndpointConfig
from monitor.retest.load.plan import Caps, LoadError, Plan, Step, ramp
from monitor.retest.load.protocol import Endpoint, stress_with_records
from monitor.retest.model import EndpointError
from tests.monitor.retest.endpoints.asking import SPACE, records
from tests.monitor.retest.endpoints.servers import Served, mlflow, serving, v2

PLAN = Plan((Step(60, 0.5),), concurrency=16, timeout_s=2.0)
ANSWER = {"outputs": [{"name": "label", "datatype": "INT64", "shape": [1, 1], "data": [1]}]}


def _stressed(url: str, protocol: str = "v2", model: str = "m", plan: Plan = PLAN):
    endpoint = Endpoint(
        EndpointConfig(protocol=protocol, url=url), model, SPACE, "driftd-retest-7-"
    )
    caps = Caps((httpx.URL(url).netloc.decode(),), 100, 1_000)
    one = records(5)
    tables = [one.take(np.array([place])) for place in range(5)]
    return stress_with_records(endpoint, tables, plan, caps)


def _answering(infer: Callable) -> Starlette:
    """Return a server of version 2 whose model is a function of the request."""
    return Starlette(
        routes=[
            Route("/v2/models/m/ready", lambda _request: Response()),
            Route("/v2/models/m/infer", infer, methods=["POST"]),
        ]
    )


@pytest.mark.parametrize(("protocol", "app"), [("v2", v2), ("mlflow", mlflow)])
def test_records_are_sent_in_turn_in_the_protocol_and_marked(protocol, app):
    served = Served()
    with serving(app(served)) as url:
        found = _stressed(url, protocol)
    assert found.steps[0].failed == 0
    assert 0 < np.median(found.steps[0].latency_s) < 0.3
    marks = [headers["x-driftd-retest"] for headers, _ in served.requests]
    assert sorted(marks) == sorted(f"driftd-retest-7-{place}" for place in range(1, 31))


def test_failures_of_the_model_are_counted_by_reason_and_never_sent_again():
    served = Served(
        fault=lambda served, _: Response(status_code=503) if len(served.requests) % 3 == 0 else None
    )
    with serving(v2(served)) as url:
        found = _stressed(url, plan=Plan((Step(60, 0.5), Step(75, 1))))
    assert found.steps[0].reasons == {"http_503": 10}
    assert len(found.steps) == 1, "a step that does not hold is the last"
    assert found.sustained is None
    assert len(served.requests) == 30
    assert np.isfinite(found.steps[0].latency_s).all()


def test_a_stall_is_seen_by_all_the_requests_that_were_due_in_it():
    def stall(served: Served, _) -> None:
        if len(served.requests) == 40:
            time.sleep(0.8)  # the whole server stalls

    with serving(v2(Served(fault=stall))) as url:
        found = _stressed(url, plan=Plan((Step(100, 1.6),), concurrency=4))
    latency = found.steps[0].latency_s
    # 80 requests were due in the stall, those at its beginning waited longest. A client that
    # waits for each answer before it sends the next would see one slow request of 160.
    assert (latency > 0.4).sum() >= 30
    assert np.quantile(latency, 0.85) > 0.3


def test_a_slow_model_times_out():
    served = Served(slow_s=0.5)
    with serving(v2(served)) as url:
        found = _stressed(url, plan=Plan((Step(20, 0.2),), timeout_s=0.15))
    assert found.steps[0].reasons == {"timeout": 4}
    assert np.isinf(found.steps[0].latency_s).all()


def test_where_no_connection_is_free_in_time_a_request_is_not_sent():
    served = Served(slow_s=0.9)
    with serving(v2(served)) as url:
        begin = time.perf_counter()
        found = _stressed(url, plan=Plan((Step(50, 0.4),), concurrency=2, timeout_s=0.3))
        took = time.perf_counter() - begin
    [step] = found.steps
    assert step.failed_ratio == 1
    assert set(step.reasons) == {"timeout", "not_sent"}
    assert len(served.requests) < step.requests
    assert took < 1.5


def test_the_sustained_rate_of_a_server_is_below_what_it_can_do():
    lock = asyncio.Lock()

    async def infer(_: Request) -> Response:
        async with lock:
            await asyncio.sleep(0.02)  # so at most 50 a second
        return JSONResponse(ANSWER)

    plan = Plan(ramp(24, 100, 0.6), timeout_s=0.5)
    with serving(_answering(infer)) as url:
        found = _stressed(url, plan=plan)
    assert found.sustained is not None
    assert 24 <= found.sustained <= 60
    assert len(found.steps) < len(plan.steps)
    assert found.steps[-1].achieved < 55


def test_a_redirect_to_another_host_is_not_followed():
    async def infer(_: Request) -> Response:
        return RedirectResponse("http://127.0.0.1:9/predict", status_code=307)

    with serving(_answering(infer)) as url:
        found = _stressed(url, plan=Plan((Step(20, 0.2),)))
    assert found.steps[0].reasons == {"http_307": 4}


def test_a_model_that_is_not_ready_is_not_stressed():
    served = Served()
    with serving(v2(served)) as url, pytest.raises(EndpointError):
        _stressed(url, model="starting")
    assert not served.requests


def test_more_than_the_caps_allow_is_not_begun():
    served = Served()
    with serving(v2(served)) as url:
        for plan in (Plan((Step(101, 1),)), Plan((Step(100, 11),))):
            with pytest.raises(LoadError, match="may be sent"):
                _stressed(url, plan=plan)
    assert not served.requests


def test_what_is_not_named_or_runs_in_this_process_is_not_stressed():
    caps = Caps(("elsewhere",), 100, 1_000)
    for config, words in (
        (EndpointConfig(protocol="v2", url="http://127.0.0.1:1"), "is not among the hosts"),
        (EndpointConfig(protocol="python", callable="a:b"), "runs in this process"),
    ):
        with pytest.raises(LoadError, match=words):
            stress_with_records(Endpoint(config, "m", SPACE, "x"), [records(1)], PLAN, caps)
