"""A stress test with records, in the protocols of real servers."""

import httpx
import numpy as np
import pytest
from starlette.responses import Response

from monitor.config.endpoint import EndpointConfig
from monitor.retest.load.plan import Caps, LoadError, Plan, Step
from monitor.retest.load.protocol import Endpoint, stress_with_records
from monitor.retest.model import EndpointError
from tests.monitor.retest.endpoints.asking import SPACE, records
from tests.monitor.retest.endpoints.servers import Served, mlflow, serving, v2

PLAN = Plan((Step(60, 0.5),), concurrency=16, timeout_s=2.0)


def _stressed(url: str, protocol: str = "v2", model: str = "m", plan: Plan = PLAN):
    endpoint = Endpoint(
        EndpointConfig(protocol=protocol, url=url), model, SPACE, "driftd-retest-7-"
    )
    caps = Caps((httpx.URL(url).netloc.decode(),), 100, 1_000)
    one = records(5)
    tables = [one.take(np.array([place])) for place in range(5)]
    return stress_with_records(endpoint, tables, plan, caps)


@pytest.mark.parametrize(("protocol", "app"), [("v2", v2), ("mlflow", mlflow)])
def test_records_are_sent_in_turn_in_the_protocol_and_marked(protocol, app):
    served = Served()
    with serving(app(served)) as url:
        found = _stressed(url, protocol)
    assert found.steps[0].failed == 0
    marks = [headers["x-driftd-retest"] for headers, _ in served.requests]
    assert sorted(marks) == sorted(f"driftd-retest-7-{place}" for place in range(1, 31))


def test_failures_of_the_model_are_counted_by_reason_and_never_sent_again():
    served = Served(
        fault=lambda served, _: Response(status_code=503) if len(served.requests) % 3 == 0 else None
    )
    with serving(v2(served)) as url:
        found = _stressed(url)
    assert found.steps[0].reasons == {"http_503": 10}
    assert len(served.requests) == 30
    assert np.isfinite(found.steps[0].latency_s).all()


def test_a_slow_model_times_out():
    served = Served(slow_s=0.5)
    with serving(v2(served)) as url:
        found = _stressed(url, plan=Plan((Step(20, 0.2),), timeout_s=0.15))
    assert found.steps[0].reasons == {"timeout": 4}
    assert np.isinf(found.steps[0].latency_s).all()


def test_a_model_that_is_not_ready_is_not_stressed():
    served = Served()
    with serving(v2(served)) as url, pytest.raises(EndpointError):
        _stressed(url, model="starting")
    assert not served.requests


def test_what_is_not_named_or_runs_in_this_process_is_not_stressed():
    caps = Caps(("elsewhere",), 100, 1_000)
    for config, words in (
        (EndpointConfig(protocol="v2", url="http://127.0.0.1:1"), "is not among the hosts"),
        (EndpointConfig(protocol="python", callable="a:b"), "runs in this process"),
    ):
        with pytest.raises(LoadError, match=words):
            stress_with_records(Endpoint(config, "m", SPACE, "x"), [records(1)], PLAN, caps)
