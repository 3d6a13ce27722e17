"""Whatever a server does, records fail with a reason or the model is said to be gone."""

import asyncio
import socket
import time

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from detectors.robustness.answers import Task
from detectors.robustness.space import Feature, Space, Values
from detectors.robustness.table import Table
from detectors.robustness.threat import BudgetSpentError
from monitor.http.app_thread import AppThread
from monitor.retest.model import EndpointError
from tests.monitor.retest.endpoints.asking import TASK, asking, asking_unopened, incomes, records
from tests.monitor.retest.endpoints.servers import BAD, Served, serving, v1, v2


def status(code, text="boom"):
    return lambda _served, _records: Response(text, status_code=code)


def status_for_the_bad(code):
    def fault(_served, table):
        return Response("boom", status_code=code) if (table[:, 0] == BAD).any() else None

    return fault


def first(times, response):
    """Answer wrongly so often, then well."""
    return lambda served, _records: response if len(served.requests) <= times else None


def scores(make, shape=None):
    """Answer with scores that are made of how many records there are."""

    def fault(_served, table):
        data = make(len(table))
        told = {"name": "scores", "datatype": "FP64", "shape": shape or [len(table), 2]}
        return JSONResponse({"outputs": [{**told, "data": data}]})

    return fault


@pytest.mark.parametrize("code", [500, 422, 400])
def test_a_status_that_one_record_causes_fails_that_record_alone(code):
    served = Served(status_for_the_bad(code))
    with serving(v2(served)) as url, asking(url, batch=50, retries=0) as model:
        answers = model.predict(incomes([1.0] * 36 + [BAD] + [1.0] * 63))
    assert_array_equal(np.flatnonzero(answers.failed), [36])
    assert answers.reasons == {f"http_{code}": 1}


def test_a_batch_whose_records_all_fail_is_given_up_soon():
    served = Served(status_for_the_bad(500))
    with serving(v2(served)) as url, asking(url, batch=500, retries=0) as model:
        answers = model.predict(incomes([BAD] * 500))
    assert answers.failed.all()
    assert answers.reasons == {"http_500": 500}
    assert len(served.requests) <= 40


def test_a_4xx_is_never_sent_again_and_a_5xx_is():
    for code, sent in ((429, 1), (404, 1), (400, 1), (500, 3), (503, 3)):
        served = Served(status(code))
        with serving(v2(served)) as url, asking(url, retries=2) as model:
            answers = model.predict(incomes([1.0]))
        assert answers.reasons == {f"http_{code}": 1}
        assert len(served.requests) == sent == model.errors()[f"http_{code}"] == model.queries


def test_a_server_that_is_well_after_a_503_has_failed_nothing():
    served = Served(first(2, Response(status_code=503)))
    with serving(v2(served)) as url, asking(url) as model:
        answers = model.predict(records(10))
    assert not answers.reasons
    assert model.errors() == {"http_503": 2}
    assert model.queries == 30


@pytest.mark.parametrize("code", [401, 404, 502, 503, 504])
def test_a_server_that_has_no_model_to_ask_any_more_is_gone(code):
    with (
        serving(v2(Served(status(code)))) as url,
        asking(url, batch=1, retries=0) as model,
        pytest.raises(EndpointError, match=f"answered {code}: boom") as caught,
    ):
        model.predict(records(10))
    assert caught.value.reason == f"http_{code}"


def test_a_server_that_hangs_is_waited_for_no_longer_than_its_time():
    served = Served(slow_s=1.0)
    with serving(v2(served)) as url, asking(url, timeout="100ms", retries=0) as model:
        began = time.monotonic()
        assert model.predict(records(5)).reasons == {"timeout": 5}
        assert time.monotonic() - began < 0.5
        assert model.latencies_s() == []


def test_a_server_that_answers_byte_by_byte_is_waited_for_no_longer():
    async def drip():
        for _ in range(40):
            yield b" "
            await asyncio.sleep(0.05)

    served = Served(lambda _served, _records: StreamingResponse(drip()))
    with serving(v2(served)) as url, asking(url, timeout="200ms", retries=0) as model:
        assert model.predict(records(1)).reasons == {"timeout": 1}


def test_an_endpoint_that_goes_down_is_gone_until_it_is_back():
    thread = AppThread("127.0.0.1:0", v2(Served()))
    thread.start()
    with asking(thread.url, batch=1, retries=0) as model:
        assert not model.predict(records(3)).reasons
        thread.stop()
        with pytest.raises(EndpointError, match=f"{thread.url} cannot be reached") as caught:
            model.predict(records(3))
        assert caught.value.reason == "unreachable"
        back = AppThread(thread.address, v2(Served()))
        back.start()
        assert not model.predict(records(3)).reasons
        back.stop()


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda n: [None, None] * n, "nan"),
        (lambda n: [1.5, -0.5] * n, "no_probability"),
        (lambda n: [0.4, 0.4] * n, "no_probability"),
        (lambda n: [0.5] * n, "wrong_shape"),
        (lambda n: ["x", "y"] * n, "wrong_shape"),
    ],
)
def test_an_answer_that_is_none_fails_its_records(make, reason):
    with serving(v2(Served(scores(make)))) as url, asking(url) as model:
        answers = model.predict(records(7))
    assert answers.failed.all()
    assert answers.reasons == {reason: 7}


def test_the_token_nan_fails_only_its_record():
    body = '{"predictions": [[0.5, 0.5], [NaN, NaN], [Infinity, 0.5]]}'
    served = Served(lambda _served, _records: Response(body, media_type="application/json"))
    with serving(v1(served)) as url, asking(url, protocol="v1") as model:
        answers = model.predict(records(3))
    assert_array_equal(answers.failed, [False, True, True])
    assert answers.reasons == {"nan": 2}


@pytest.mark.parametrize(
    "shown", ['{"predictions": [[0.5, 0.5]]}', '{"predictions": 3}', "{}", "[]", "7", "null"]
)
def test_an_answer_that_is_not_one_for_each_record_fails_them_all(shown):
    served = Served(lambda _served, _records: Response(shown, media_type="application/json"))
    with serving(v1(served)) as url, asking(url, protocol="v1") as model:
        answers = model.predict(records(3))
    assert answers.failed.all()
    assert sum(answers.reasons.values()) == 3


def test_an_answer_that_is_no_json_is_told_with_its_beginning():
    served = Served(lambda _served, _records: Response("<html>" + "x" * 10_000))
    with serving(v1(served)) as url, asking(url, protocol="v1") as model:
        assert model.predict(records(2)).reasons == {"not_json": 2}


def test_an_error_is_told_in_500_characters():
    with (
        serving(v2(Served(status(503, "x" * 10_000)))) as url,
        asking(url, batch=1, retries=0) as model,
        pytest.raises(EndpointError) as caught,
    ):
        model.predict(records(10))
    assert str(caught.value).count("x") <= 500


def test_scores_that_become_labels_fail_as_a_changed_schema():
    def fault(served, table):
        if len(served.requests) == 1:
            return scores(lambda n: [0.5, 0.5] * n)(served, table)
        return None  # labels

    with serving(v2(Served(fault))) as url, asking(url) as model:
        assert model.predict(records(2)).chances.shape == (2, 2)
        later = model.predict(records(2))
    assert later.reasons == {"schema_changed": 2}
    assert later.chances.shape == (2, 2)


def test_another_version_in_the_middle_of_a_run_ends_it():
    served = Served()
    with serving(v2(served)) as url, asking(url) as model:
        model.predict(records(2))
        served.version = "8"
        with pytest.raises(EndpointError, match="version '8', and the run began with '7'"):
            model.predict(records(2))


def test_an_input_of_another_width_is_told_before_anything_is_sent():
    told = [{"name": "x", "datatype": "FP64", "shape": [-1, 3]}]
    served = Served()
    with (
        serving(v2(served, told)) as url,
        asking_unopened(url) as model,
        pytest.raises(EndpointError, match=r"takes 3 numbers a record .* the features are 2"),
    ):
        model.open()
    assert not served.requests


@pytest.mark.parametrize(("name", "reason"), [("nope", "unknown_model"), ("starting", "not_ready")])
def test_a_model_that_is_not_there_or_not_ready_is_told_at_open(name, reason):
    with (
        serving(v2(Served())) as url,
        asking_unopened(url, model=name) as model,
        pytest.raises(EndpointError) as caught,
    ):
        model.open()
    assert caught.value.reason == reason


def test_nothing_is_sent_once_the_budget_is_spent():
    served = Served()
    with serving(v2(served)) as url, asking(url, queries=25) as model:
        model.predict(records(20))
        with pytest.raises(BudgetSpentError, match="6 records are more than the 5"):
            model.predict(records(6))
        model.predict(records(5))
    assert model.queries == 25
    assert sum(len(body["inputs"][0]["data"]) // 2 for _, body in served.requests) == 25


def test_no_retry_and_no_division_spends_more_than_the_budget():
    served = Served(status_for_the_bad(500))
    with serving(v2(served)) as url, asking(url, queries=150) as model:
        answers = model.predict(incomes([1.0] * 99 + [BAD]))
    assert model.queries <= 150
    assert answers.failed[99]
    assert "budget_spent" in answers.reasons


def test_a_text_that_no_json_holds_fails_its_record_alone():
    space = Space((Feature("note", Values.TEXT),))
    notes = np.array(["a", "\ud800", "b"], dtype=object)

    async def infer(request):
        given = (await request.json())["inputs"][0]["data"]
        told = {"name": "y", "datatype": "BYTES", "shape": [len(given)], "data": ["1"] * len(given)}
        return JSONResponse({"outputs": [told]})

    app = Starlette(
        routes=[
            Route("/v2/models/m/ready", lambda _request: Response()),
            Route("/v2/models/m/infer", infer, methods=["POST"]),
        ]
    )
    with serving(app) as url, asking(url, space=space, task=TASK) as model:
        answers = model.predict(Table({"note": notes}))
    assert_array_equal(answers.outcome, [1.0, np.nan, 1.0])
    assert answers.reasons == {"not_sendable": 1}


def test_names_that_are_no_class_are_told_as_such():
    task = Task(("bad", "good"))
    served = Served(lambda *_: JSONResponse({"predictions": ["good", "ugly"]}))
    with (
        serving(v1(served)) as url,
        asking(url, protocol="v1", task=task, answers="class") as model,
    ):
        answers = model.predict(records(2))
    assert_array_equal(answers.outcome, [1.0, np.nan])
    assert answers.reasons == {"unknown_class": 1}


@pytest.mark.parametrize("protocol", ["v2", "v1", "mlflow"])
def test_a_port_where_nobody_listens_is_unreachable(protocol):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (
        asking_unopened(f"http://127.0.0.1:{port}", protocol=protocol, retries=0) as model,
        pytest.raises(EndpointError, match="cannot be reached") as caught,
    ):
        model.open()
    assert caught.value.reason == "unreachable"
