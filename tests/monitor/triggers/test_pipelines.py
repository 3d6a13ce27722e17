"""Airflow, Argo and GitHub are called as their APIs have it, and know a repeat by the event's id.

The requests are held to the schemas of the published APIs, as far as these are short.
"""

import base64
import json

import msgspec
import pytest

from monitor.triggers.trigger import RefusedError, RetryLaterError
from tests.monitor.events.made import a_feature, an_event
from tests.monitor.triggers.events import deliver, event, settings_of
from tests.parts.receiver import Received, Reply

EVENT = msgspec.json.decode(msgspec.json.encode(event()))
RUN = f"driftd-{event().id}"


def airflow(url, **more):
    return {"airflow": {"url": url, "dag": "retrain credit", **more}}


def test_airflow_2_gets_a_run_with_the_event_as_conf(tmp_path, receiver):
    login = {"api": "v1", "username": "driftd", "password_file": "token"}
    deliver(settings_of(tmp_path, airflow(f"{receiver.url}/air/", **login)))
    (request,) = receiver.requests
    assert request.path == "/air/api/v1/dags/retrain credit/dagRuns"
    assert request.document == {"dag_run_id": RUN, "conf": EVENT}
    scheme, _, given = request.headers["authorization"].partition(" ")
    assert (scheme, base64.b64decode(given)) == ("Basic", b"driftd:t0ken")


def test_airflow_3_gives_a_token_and_gets_a_run_without_a_date(tmp_path, receiver):
    def reply(request: Received) -> Reply:
        if request.path != "/auth/token":
            return Reply(200, b'{"state":"queued"}')
        assert request.document == {"username": "driftd", "password": "t0ken"}
        return Reply(201, b'{"access_token":"of-now"}')

    receiver.reply = reply
    told = deliver(
        settings_of(tmp_path, airflow(receiver.url, username="driftd", password_file="token"))
    )
    _, request = receiver.requests
    assert request.path == "/api/v2/dags/retrain credit/dagRuns"
    assert request.headers["authorization"] == "Bearer of-now"
    assert request.document == {"dag_run_id": RUN, "logical_date": None, "conf": EVENT}
    assert told == '200: {"state":"queued"}'


def test_airflow_takes_a_token_of_a_file_that_is_read_each_time(tmp_path, receiver):
    settings = settings_of(tmp_path, airflow(receiver.url, token_file="token"))
    deliver(settings)
    (tmp_path / "token").write_text("newer")
    deliver(settings)
    assert [each.headers["authorization"] for each in receiver.requests] == [
        "Bearer t0ken",
        "Bearer newer",
    ]


def test_a_run_that_airflow_has_already_is_as_good_as_a_new_one(tmp_path, receiver):
    receiver.reply = Reply(409, b"exists")
    told = deliver(settings_of(tmp_path, airflow(receiver.url, token_file="token")))
    assert told == "409: exists (it had this event already)"


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(401, b"wrong password"), RefusedError),
        (Reply(503), RetryLaterError),
        (Reply(200, b"<html>"), RetryLaterError),
    ],
)
def test_without_a_token_no_run_is_started(tmp_path, reply, error, receiver):
    receiver.reply = reply
    with pytest.raises(error):
        deliver(
            settings_of(tmp_path, airflow(receiver.url, username="driftd", password_file="token"))
        )
    assert [each.path for each in receiver.requests] == ["/auth/token"]


def test_argo_events_gets_the_event_itself(tmp_path, receiver):
    source = {"url": f"{receiver.url}/driftd", "token_file": "token"}
    deliver(settings_of(tmp_path, {"argo_events": source}))
    (request,) = receiver.requests
    assert (request.path, request.document) == ("/driftd", EVENT)
    assert request.headers["content-type"] == "application/json"
    assert request.headers["authorization"] == "Bearer t0ken"


def test_argo_workflows_submits_a_template_with_the_event_as_a_parameter(tmp_path, receiver):
    argo = {"namespace": "ml", "template": "reevaluate"}
    receiver.reply = Reply(200, b"{}")
    deliver(settings_of(tmp_path, {"argo_workflows": {"url": receiver.url, **argo}}))
    receiver.reply = Reply(409, b"already exists")
    deliver(settings_of(tmp_path, {"argo_workflows": {"url": receiver.url, **argo}}))
    request, repeat = receiver.requests
    assert request.path == "/api/v1/workflows/ml/submit"
    assert "authorization" not in request.headers
    body = request.document
    assert (body["resourceKind"], body["resourceName"]) == ("WorkflowTemplate", "reevaluate")
    options = body["submitOptions"]
    assert isinstance(options, dict)
    assert options["name"] == RUN.lower()  # Kubernetes takes no capitals
    given = dict(each.split("=", 1) for each in options["parameters"])
    assert json.loads(given.pop("event")) == EVENT
    assert given == {"id": event().id, "model": "credit", "version": "7", "segment": "DE"}
    assert repeat.body == request.body


def test_github_gets_a_dispatch_with_the_event_under_one_key(tmp_path, receiver):
    github = {"owner": "example", "repository": "credit-model", "token_file": "token"}
    receiver.reply = Reply(204)
    told = deliver(settings_of(tmp_path, {"github": {**github, "url": receiver.url}}))
    (request,) = receiver.requests
    assert request.path == "/repos/example/credit-model/dispatches"
    assert request.headers["accept"] == "application/vnd.github+json"
    assert request.headers["x-github-api-version"] == "2022-11-28"
    assert request.headers["authorization"] == "Bearer t0ken"
    assert request.document == {"event_type": "drift", "client_payload": {"event": EVENT}}
    assert told == "204"


def test_github_gets_the_features_that_its_payload_has_room_for(tmp_path, receiver):
    features = [a_feature(f"{number:03} {'x' * 900}") for number in range(100)]
    github = {"owner": "o", "repository": "r", "token_file": "token", "url": receiver.url}
    deliver(settings_of(tmp_path, {"github": github}), an_event(features=features, drifted=1000))
    payload = receiver.requests[0].document["client_payload"]
    assert len(msgspec.json.encode(payload)) < 64_000
    told = [each["name"] for each in payload["event"]["data"]["features"]]
    assert told == [each.name for each in features[:50]]
    assert payload["event"]["data"]["drifted"] == 1000


def test_a_token_that_no_header_can_hold_is_told_and_not_sent(tmp_path, receiver):
    settings = settings_of(tmp_path, airflow(receiver.url, token_file="token"))
    (tmp_path / "token").write_text("two\nlines")
    with pytest.raises(RetryLaterError, match=r"airflow\.token_file: .*one line of ASCII"):
        deliver(settings)
    assert receiver.requests == []
