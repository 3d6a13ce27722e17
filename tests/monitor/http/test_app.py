import gzip
import json
from collections.abc import Callable, Iterator
from urllib.parse import quote

import httpx
import jsonschema
import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from monitor.events.store import EventStore
from monitor.http.app import accepts_gzip, build_app
from monitor.http.app_thread import AppThread
from monitor.http.event_routes import EventCalls
from monitor.http.exposition import Exposition
from monitor.retest.view import RetestsView
from monitor.view import Board, View
from tests.monitor.events.made import START_MS, an_event
from tests.monitor.http.views import a_model, a_stream, a_view
from tests.monitor.retest.runs import a_run, a_running_run

Client = Callable[[View], httpx.Client]
EVENT = an_event()


@pytest.fixture(scope="module")
def client(tmp_path_factory) -> Iterator[Client]:
    """Shows a view over HTTP, with one event in the store; returns a client of the server."""
    board = Board()
    folder = tmp_path_factory.mktemp("state")
    store = EventStore(folder / "events.sqlite3", lambda _: ["retrain"], lambda: START_MS)
    store.put([EVENT])
    events = EventCalls(store, None, lambda: START_MS)
    app = build_app(board, Exposition(board, CollectorRegistry()), events=events)
    server = AppThread("127.0.0.1:0", app)
    server.start()
    # A connection of its own for each request: an error in driftd ends the one it came over.
    with httpx.Client(base_url=server.url, headers={"Connection": "close"}) as http:

        def client(view: View) -> httpx.Client:
            board.publish(view)
            return http

        yield client
    server.stop()
    store.close()


def test_metrics_are_text_in_the_format_that_prometheus_wants(client):
    answer = client(a_view()).get("/metrics", headers={"Accept-Encoding": "identity"})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "Content-Encoding" not in answer.headers
    assert 'driftd_records_total{model="model_0",segment="DE",version="7"} 8124.0\n' in answer.text


def test_metrics_are_compressed_for_those_who_accept_it(client):
    with client(a_view()).stream(
        "GET", "/metrics", headers={"Accept-Encoding": "gzip;q=1.0,*;q=0.1"}
    ) as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert b"driftd_records_total{" in gzip.decompress(raw)


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        ("gzip", True),
        ("deflate, GZIP;q=0.5", True),
        ("gzip; q=0.001", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("deflate", False),
        ("", False),
    ],
)
def test_gzip_is_accepted_where_it_is_named_with_a_weight(header, accepted):
    assert accepts_gzip(header) is accepted


def test_the_daemon_is_healthy_even_before_it_is_ready(client):
    unready = client(View())
    assert unready.get("/-/healthy").status_code == 200
    answer = unready.get("/-/ready")
    assert (answer.status_code, answer.text) == (503, "driftd is not ready: starting\n")


def test_the_daemon_is_ready_once_it_monitors(client):
    answer = client(a_view()).get("/-/ready")
    assert (answer.status_code, answer.text) == (200, "driftd is ready\n")


def test_a_model_is_found_by_its_name_whatever_is_in_it(client):
    name = "Crédit/für <alle> 100%"
    view = a_view(models=(a_model("other"), a_model(name)))
    answer = client(view).get(f"/api/v1/models/{quote(name, safe='')}")
    assert answer.json()["model"] == name


def test_a_model_that_is_not_there_is_a_problem_that_names_those_that_are(client):
    answer = client(a_view(count=2)).get("/api/v1/models/model_7")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "no model is named 'model_7'; there are: model_0, model_1",
    }


def test_a_path_that_is_not_served_is_a_problem(client):
    answer = client(a_view()).get("/api/v2/models")
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")
    assert answer.json()["detail"] == "GET /api/v2/models is not served here; see / for what is"


def test_a_wrong_method_is_a_problem_that_names_the_right_ones(client):
    answer = client(a_view()).post("/metrics")
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD"}  # Starlette's are a set
    assert answer.json()["title"] == "Method Not Allowed"


def test_an_error_in_driftd_is_a_problem_without_its_details(client):
    broken = a_view(models=(a_model(streams=(a_stream(missing="not an array"),)),))
    answer = client(broken).get("/api/v1/models/credit")
    assert (answer.status_code, answer.headers["Content-Type"]) == (500, "application/problem+json")
    assert answer.json()["detail"] == (
        "GET /api/v1/models/credit failed; the log of driftd says why"
    )


def test_no_answer_holds_a_number_that_json_cannot_say(client):
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    model = a_model(streams=(a_stream(feature_effect=np.full(5, np.inf)),))
    api = client(a_view(models=(model,)))
    for path in ("/api/v1/status", "/api/v1/models", "/api/v1/models/credit"):
        json.loads(api.get(path).text, parse_constant=refuse)


def test_every_path_is_described_and_answers_as_described(client):
    retests = RetestsView({"nightly": a_run()}, a_running_run(id="now"), {"nightly": None})
    api = client(a_view(models=(a_model(retests=retests),)))
    description = api.get("/api/v1/openapi.json").json()
    board = Board()
    app = build_app(board, Exposition(board, CollectorRegistry()))
    served = {route.path.replace(":path", "") for route in app.routes}
    assert set(description["paths"]) == served
    for path, item in description["paths"].items():
        if "get" not in item:
            continue
        names = {"model": "credit", "run": "now", "feature": "feature_0", "id": EVENT.id}
        answer = api.get(path.format(**names))
        ((media_type, content),) = item["get"]["responses"]["200"]["content"].items()
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith(media_type)
        if "schema" in content:
            schema = {**content["schema"], "components": description["components"]}
            jsonschema.validate(answer.json(), schema)


def test_a_problem_is_as_described(client):
    api = client(a_view())
    description = api.get("/api/v1/openapi.json").json()
    responses = description["paths"]["/api/v1/models/{model}"]["get"]["responses"]
    schema = responses["404"]["content"]["application/problem+json"]["schema"]
    problem = api.get("/api/v1/models/none").json()
    jsonschema.validate(problem, {**schema, "components": description["components"]})
