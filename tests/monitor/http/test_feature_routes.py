"""One feature over HTTP."""

from collections.abc import Iterator
from urllib.parse import quote

import httpx
import jsonschema
import pytest
from prometheus_client import CollectorRegistry

from monitor.http.app import build_app
from monitor.http.app_thread import AppThread
from monitor.http.exposition import Exposition
from monitor.view import Board, View
from tests.monitor.http.views import a_model, a_stream


@pytest.fixture(scope="module")
def api() -> Iterator[httpx.Client]:
    """A client of a server with two models; one has closed no block, one has odd names."""
    board = Board()
    odd = a_stream(entries=("a/b", "retests/ä 1", "feature_2", "feature_3", ""))
    models = (a_model("credit", 30), a_model("new", streams=()), a_model("odd", streams=(odd,)))
    board.publish(View(models=models))
    server = AppThread("127.0.0.1:0", build_app(board, Exposition(board, CollectorRegistry())))
    server.start()
    with httpx.Client(base_url=server.url) as http:
        yield http
    server.stop()


def test_a_feature_answers_as_described(api):
    answer = api.get("/api/v1/models/credit/features/feature_7")
    assert (answer.status_code, answer.json()["feature"]) == (200, "feature_7")
    described = api.get("/api/v1/openapi.json").json()
    path = described["paths"]["/api/v1/models/{model}/features/{feature}"]
    schema = path["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    jsonschema.validate(answer.json(), {**schema, "components": described["components"]})


@pytest.mark.parametrize("name", ["a/b", "retests/ä 1"])
def test_a_feature_is_found_by_its_name_whatever_is_in_it(api, name):
    for spelled in (quote(name), quote(name, safe="")):
        answer = api.get(f"/api/v1/models/odd/features/{spelled}")
        assert answer.json()["feature"] == name


def test_a_feature_that_is_not_there_is_a_problem_that_names_those_that_are(api):
    answer = api.get("/api/v1/models/credit/features/f")
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")
    detail = answer.json()["detail"]
    assert detail.startswith("model credit has no feature 'f'; there are: feature_0, feature_1, ")
    assert detail.endswith("feature_19 and 10 more")


def test_the_joint_entry_is_no_feature(api):
    assert api.get("/api/v1/models/credit/features/").status_code == 404


def test_a_model_that_is_not_there_is_a_problem(api):
    detail = api.get("/api/v1/models/none/features/f").json()["detail"]
    assert detail == "no model is named 'none'; there are: credit, new, odd"


def test_a_model_without_a_closed_block_says_so(api):
    answer = api.get("/api/v1/models/new/features/f")
    assert answer.status_code == 404
    assert answer.json()["detail"] == "model new has closed no block yet; ask again when it has"
