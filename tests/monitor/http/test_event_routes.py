from collections.abc import Callable, Iterator

import httpx
import pytest
from prometheus_client import CollectorRegistry

from monitor.events.event import EventType
from monitor.events.store import EventStore
from monitor.http.app import build_app
from monitor.http.app_thread import AppThread
from monitor.http.event_routes import MOST_BODY_BYTES, EventCalls
from monitor.http.exposition import Exposition
from monitor.view import Board
from tests.monitor.events.made import START_MS, a_result, an_event
from tests.monitor.http.described import described
from tests.monitor.http.views import a_model, a_view

TOKEN = "s3cret-token"
BEARS = {"Authorization": f"Bearer {TOKEN}"}
RAISED = an_event()
CLEARED = an_event(EventType.ALARM_CLEARED, 1, cause=RAISED.id)
FAILED = an_event(EventType.RETEST_FAILED, 2)
CHURN = an_event(number=3, model="churn")
ALL = [RAISED, CLEARED, FAILED, CHURN]
RESULT = f"/api/v1/events/{FAILED.id}/result"
FINDING = {
    "verdict": "retrain",
    "summary": "the live model lost 9 points",
    "report": "https://reports.example/1",
    "figures": {"live_accuracy": 0.81, "candidate_accuracy": 0.9},
}

Serve = Callable[..., httpx.Client]


@pytest.fixture
def store(tmp_path) -> Iterator[EventStore]:
    """A store of four events that go to one trigger, which got the first."""
    store = EventStore(tmp_path / "events.sqlite3", lambda _: ["retrain"], lambda: START_MS)
    store.put(ALL)
    store.delivered(store.due("retrain", START_MS))
    yield store
    store.close()


@pytest.fixture
def serve(tmp_path, store) -> Iterator[Serve]:
    """Serves the store's events over HTTP; returns a client."""
    running = []

    def serve(token: str | None = TOKEN) -> httpx.Client:
        file = None
        if token is not None:
            file = tmp_path / "token"
            file.write_text(f"{token}\n")
        board = Board()
        models = (a_model("credit"), a_model("plain"))
        board.publish(a_view(models=models, events=store.view))
        calls = EventCalls(store, file, lambda: START_MS + 1_800_000)
        app = build_app(board, Exposition(board, CollectorRegistry()), events=calls)
        server = AppThread("127.0.0.1:0", app)
        server.start()
        client = httpx.Client(base_url=server.url)
        running.append((server, client))
        return client

    yield serve
    for server, client in running:
        client.close()
        server.stop()


def ids(answer: httpx.Response) -> list[str]:
    return [each["event"]["id"] for each in answer.json()["events"]]


def test_events_are_listed_the_newest_first_with_what_became_of_them(serve):
    client = serve()
    answer = client.get("/api/v1/events")
    assert ids(answer) == [event.id for event in reversed(ALL)]
    first = answer.json()["events"][-1]
    assert first["event"]["type"] == "io.driftd.alarm.raised"
    assert first["event"]["data"]["features"][0]["words"] == "shifted up by 0.41 sd"
    assert first["noted"] == "2026-01-05T00:00:00Z"
    assert (first["open"], first["deliveries"]) == (False, {"retrain": "delivered"})
    assert answer.json()["next"] is None
    described(client, answer, "/api/v1/events")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?model=churn", [CHURN]),
        ("?open=true", [CHURN, FAILED]),
        ("?open=false", [CLEARED, RAISED]),
        ("?model=credit&open=true", [FAILED]),
        ("?model=plain", []),
        (f"?before={FAILED.id}", [CLEARED, RAISED]),
    ],
)
def test_events_are_found_by_model_state_and_age(serve, query, found):
    assert ids(serve().get(f"/api/v1/events{query}")) == [event.id for event in found]


def test_pages_lead_from_one_to_the_next_and_end(serve):
    client = serve()
    seen, url = [], "/api/v1/events?limit=3"
    while url:
        answer = client.get(url)
        seen.append(ids(answer))
        following = answer.json()["next"]
        url = following and f"/api/v1/events?limit=3&before={following}"
    assert [len(page) for page in seen] == [3, 1]
    assert [id_ for page in seen for id_ in page] == [event.id for event in reversed(ALL)]


@pytest.mark.parametrize(
    ("query", "status", "told"),
    [
        ("?limit=0", 400, "limit"),
        ("?limit=many", 400, "limit"),
        ("?open=perhaps", 400, "open"),
        ("?opened=true", 400, "opened"),
        ("?before=01NONE", 400, "before: no event has the id '01NONE'"),
        ("?model=none", 404, "no model is named 'none'; there are: credit, plain, churn"),
    ],
)
def test_a_question_that_is_wrong_is_a_problem_that_names_it(serve, query, status, told):
    client = serve()
    answer = client.get(f"/api/v1/events{query}")
    assert answer.status_code == status
    assert told in answer.json()["detail"]
    described(client, answer, "/api/v1/events")


def test_one_event_is_told_with_its_results(serve, store):
    store.add_result(a_result(RAISED))
    client = serve()
    answer = client.get(f"/api/v1/events/{RAISED.id}")
    assert answer.json()["event"]["id"] == RAISED.id
    assert answer.json()["results"][0]["verdict"] == "retrain"
    described(client, answer, "/api/v1/events/{id}")


def test_an_event_that_is_not_there_is_a_problem(serve):
    client = serve()
    answer = client.get("/api/v1/events/01NONE")
    assert answer.status_code == 404
    assert "no event has the id '01NONE'" in answer.json()["detail"]
    described(client, answer, "/api/v1/events/{id}")


def test_a_result_is_kept_with_its_event_model_and_time(serve, store):
    client = serve()
    answer = client.post(RESULT, json=FINDING, headers=BEARS)
    assert (answer.status_code, answer.headers["Location"]) == (201, RESULT.removesuffix("/result"))
    told = {"event": FAILED.id, "model": "credit", "received": "2026-01-05T00:30:00Z"}
    assert answer.json() == FINDING | told
    described(client, answer, "/api/v1/events/{id}/result")
    assert client.get(answer.headers["Location"]).json()["results"] == [answer.json()]
    assert store.view.newest_results["credit"].figures["live_accuracy"] == 0.81


def test_a_result_that_is_posted_twice_is_kept_once(serve, store):
    client = serve()
    for _ in range(2):
        assert client.post(RESULT, json=FINDING, headers=BEARS).status_code == 201
    assert len(store.event(FAILED.id).results) == 1


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, "verdict"),
        ({"verdict": "fine"}, "`fine`|'fine'"),
        ({"verdict": "retrain", "reprot": ""}, "reprot"),
        ({"verdict": "retrain", "report": "javascript:alert(1)"}, "report"),
        ({"verdict": "retrain", "figures": {"accuracy": "high"}}, "figures"),
        ({"verdict": "retrain", "figures": {str(n): n for n in range(101)}}, "figures"),
        ({"verdict": "retrain", "summary": "x" * 2001}, "summary"),
    ],
)
def test_a_result_that_is_not_as_described_is_refused_with_what_is_wrong(serve, store, body, told):
    client = serve()
    answer = client.post(RESULT, json=body, headers=BEARS)
    assert answer.status_code == 400
    assert any(word in answer.json()["detail"] for word in told.split("|"))
    described(client, answer, "/api/v1/events/{id}/result")
    assert store.view.results == {}


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b"[", b'{"verdict": "retrain", "figures": {"a": NaN}}']
)
def test_what_is_no_json_is_refused(serve, body):
    assert serve().post(RESULT, content=body, headers=BEARS).status_code == 400


@pytest.mark.parametrize("id_", ["%ED%A0%80", "%00", "..%2F..%2Fstatus", "a" * 5_000])
def test_any_text_may_be_asked_for(serve, id_):
    client = serve()
    assert client.get(f"/api/v1/events/{id_}").status_code == 404
    assert client.get(f"/api/v1/events?before={id_}").status_code == 400
    assert client.get(f"/api/v1/events?model={id_}").status_code == 404


@pytest.mark.parametrize("length", [MOST_BODY_BYTES, MOST_BODY_BYTES + 1])
def test_a_body_may_be_so_long_and_no_longer(serve, length):
    body = b'{"verdict": "retrain"'.ljust(length - 1) + b"}"
    answer = serve().post(RESULT, content=body, headers=BEARS)
    assert answer.status_code == (201 if length <= MOST_BODY_BYTES else 413)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}])
def test_a_result_without_the_token_is_refused(serve, store, headers):
    client = serve()
    answer = client.post(RESULT, json=FINDING, headers=headers)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    described(client, answer, "/api/v1/events/{id}/result")
    assert store.view.results == {}


def test_where_no_token_is_configured_every_result_is_refused(serve):
    client = serve(token=None)
    answer = client.post(RESULT, json=FINDING, headers=BEARS)
    assert answer.status_code == 403
    assert "api_token_file" in answer.json()["detail"]


def test_a_result_of_an_event_that_is_not_there_is_a_problem(serve):
    client = serve()
    answer = client.post("/api/v1/events/01NONE/result", json=FINDING, headers=BEARS)
    assert answer.status_code == 404
    described(client, answer, "/api/v1/events/{id}/result")


def test_a_store_that_fails_is_a_problem_that_may_pass(serve, store):
    client = serve()
    store.close()
    for path, place in (("events", "events"), (f"events/{RAISED.id}", "events/{id}")):
        answer = client.get(f"/api/v1/{path}")
        assert answer.status_code == 503
        assert "are closed, as driftd stops" in answer.json()["detail"]
        described(client, answer, f"/api/v1/{place}")
    answer = client.post(RESULT, json=FINDING, headers=BEARS)
    assert answer.status_code == 503
    described(client, answer, "/api/v1/events/{id}/result")


def test_a_daemon_that_stores_no_events_has_none():
    board = Board()
    server = AppThread("127.0.0.1:0", build_app(board, Exposition(board, CollectorRegistry())))
    server.start()
    assert httpx.get(f"{server.url}/api/v1/events").json() == {"events": [], "next": None}
    assert httpx.get(f"{server.url}/api/v1/events/{RAISED.id}").status_code == 404
    server.stop()
