from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import jsonschema
import pytest
from prometheus_client import CollectorRegistry

from monitor.alerts.ledger import Action
from monitor.alerts.notification import AlertAnswer, AlertAnswers, Notification, Outcome
from monitor.http.alert_routes import MOST_BODY_BYTES, NO_ALERTS, AlertCalls
from monitor.http.app import build_app
from monitor.http.app_thread import AppThread
from monitor.http.exposition import Exposition
from monitor.view import Board

TOKEN = "s3cret"
BEARS = {"Authorization": f"Bearer {TOKEN}"}
ALERT = {
    "status": "firing",
    "labels": {"alertname": "Moved", "model": "m"},
    "annotations": {},
    "startsAt": "2026-11-24T09:41:07.609Z",
    "endsAt": "0001-01-01T00:00:00Z",
    "generatorURL": "http://p/graph",
    "fingerprint": "3b41e92efffcf531",
}
SENT = {
    "version": "4",
    "groupKey": '{}:{model="m"}',
    "truncatedAlerts": 0,
    "status": "firing",
    "receiver": "driftd",
    "groupLabels": {"model": "m"},
    "commonLabels": {},
    "commonAnnotations": {},
    "externalURL": "http://vm:9093",
    "alerts": [ALERT],
}
Serve = Callable[[AlertCalls], httpx.Client]


@pytest.fixture
def serve() -> Iterator[Serve]:
    running = []

    def serve(calls: AlertCalls) -> httpx.Client:
        board = Board()
        exposition = Exposition(board, CollectorRegistry())
        server = AppThread("127.0.0.1:0", build_app(board, exposition, alerts=calls))
        server.start()
        client = httpx.Client(base_url=server.url)
        running.append((server, client))
        return client

    yield serve
    for server, client in running:
        client.close()
        server.stop()


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    file = tmp_path / "token"
    file.write_text(TOKEN)
    return file


@pytest.fixture
def calls(token_file: Path) -> AlertCalls:
    """Calls that start whatever is asked for."""
    known = [Action("f/t", "Moved", "m", "rebuild_reference", noted=1)]

    def receive(sent: Notification) -> AlertAnswers:
        return AlertAnswers(
            [
                AlertAnswer(each.fingerprint, each.name, each.model, "nightly", Outcome.STARTED, "")
                for each in sent.alerts
            ]
        )

    return AlertCalls(receive, lambda: known, token_file)


def described(client: httpx.Client, method: str, document: object) -> None:
    description = client.get("/api/v1/openapi.json").json()
    answer = description["paths"]["/api/v1/alerts"][method]["responses"]["200"]
    schema = answer["content"]["application/json"]["schema"]
    jsonschema.validate(document, {**schema, "components": description["components"]})


def test_what_alertmanager_posts_is_answered_with_what_each_alert_led_to(serve, calls):
    client = serve(calls)
    answer = client.post("/api/v1/alerts", json=SENT, headers=BEARS)
    assert answer.status_code == 200
    assert answer.json()["alerts"] == [
        {
            "fingerprint": "3b41e92efffcf531",
            "alertname": "Moved",
            "model": "m",
            "action": "nightly",
            "outcome": "started",
            "words": "",
        }
    ]
    described(client, "post", answer.json())


def test_what_was_started_is_listed(serve, calls):
    client = serve(calls)
    listed = client.get("/api/v1/alerts").json()
    assert [each["action"] for each in listed["actions"]] == ["rebuild_reference"]
    described(client, "get", listed)


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        (b"{", "truncated"),
        (b'{"version": "5", "alerts": []}', "$.version"),
        (b'{"version": "4", "alerts": [{"status": "firing"}]}', "$.alerts[0]"),
        (b"\xff", "(version 4)"),
    ],
)
def test_another_body_is_refused_with_the_field_that_is_wrong(serve, calls, sent, field):
    answer = serve(calls).post("/api/v1/alerts", content=sent, headers=BEARS)
    assert answer.status_code == 400
    assert field in answer.json()["detail"]


def test_too_long_a_body_is_refused(serve, calls):
    sent = b" " * (MOST_BODY_BYTES + 1)
    assert serve(calls).post("/api/v1/alerts", content=sent, headers=BEARS).status_code == 413


def test_without_the_token_or_without_anything_configured_all_is_refused(serve, calls, token_file):
    assert serve(calls).post("/api/v1/alerts", json=SENT).status_code == 401
    assert serve(NO_ALERTS).post("/api/v1/alerts", json=SENT, headers=BEARS).status_code == 403
    off = serve(AlertCalls(None, lambda: (), token_file))
    answer = off.post("/api/v1/alerts", json=SENT, headers=BEARS)
    assert (answer.status_code, "'alerts'" in answer.json()["detail"]) == (403, True)


def test_alerts_that_cannot_be_stored_are_to_be_sent_again(serve, token_file):
    def fail(_: Notification) -> AlertAnswers:
        raise OSError("no space left")

    client = serve(AlertCalls(fail, lambda: (), token_file))
    answer = client.post("/api/v1/alerts", json=SENT, headers=BEARS)
    assert (answer.status_code, "no space left" in answer.text) == (503, True)
