"""A webhook's body is a CloudEvent to its SDK, and its signature holds for another library."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from cloudevents.core.formats.json import JSONFormat
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from monitor.triggers.signing import signed
from monitor.triggers.trigger import RetryLaterError
from tests.monitor.triggers.events import SECRET, deliver, event, settings_of, webhook

OTHER = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo="


def test_the_signature_is_that_of_the_published_vector():
    # computed by the reference implementations of Standard Webhooks
    headers = signed(
        "evt_01",
        datetime.fromtimestamp(1_700_000_000, UTC),
        b'{"type":"driftd.alarm.raised","data":{"model":"m"}}',
        [SECRET],
    )
    assert headers == {
        "webhook-id": "evt_01",
        "webhook-timestamp": "1700000000",
        "webhook-signature": "v1,YlIo4LhTatBaTsrDHzqSMTjgzU+dwLmvz2/mhE6GHiI=",
    }


def test_a_receiver_verifies_what_it_got_with_the_library(tmp_path, receiver):
    deliver(settings_of(tmp_path, webhook(f"{receiver.url}/hooks/driftd?tenant=a")))
    (request,) = receiver.requests
    assert (request.method, request.path, request.query) == ("POST", "/hooks/driftd", "tenant=a")
    verified = Webhook(SECRET).verify(request.body, dict(request.headers))
    assert verified["data"]["features"][0]["name"] == "income"
    assert request.headers["webhook-id"] == event().id == verified["id"]


def test_a_changed_body_is_not_verified(tmp_path, receiver):
    deliver(settings_of(tmp_path, webhook(receiver.url)))
    (request,) = receiver.requests
    changed = request.body.replace(b"income", b"outgo!")
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(changed, dict(request.headers))


def test_while_a_key_is_replaced_both_the_new_and_the_old_one_verify(tmp_path, receiver):
    settings = settings_of(tmp_path, webhook(receiver.url))
    (tmp_path / "secret").write_text(f"{OTHER}\n{SECRET}\n")
    deliver(settings)
    (request,) = receiver.requests
    for key in (SECRET, OTHER):
        Webhook(key).verify(request.body, dict(request.headers))


def test_the_signature_is_of_the_moment_of_delivery(tmp_path, receiver):
    deliver(settings_of(tmp_path, webhook(receiver.url)))
    stamp = datetime.fromtimestamp(int(receiver.requests[0].headers["webhook-timestamp"]), UTC)
    assert abs(datetime.now(UTC) - stamp) < timedelta(seconds=30)


def test_the_body_is_a_cloudevent_to_its_sdk(tmp_path, receiver):
    deliver(settings_of(tmp_path, webhook(receiver.url)))
    (request,) = receiver.requests
    read = from_http_event(HTTPMessage(dict(request.headers), request.body), JSONFormat())
    assert request.headers["content-type"] == "application/cloudevents+json"
    assert (read.get_id(), read.get_type()) == (event().id, "io.driftd.alarm.raised")
    assert (read.get_source(), read.get_subject()) == ("driftd/credit", "credit/7/DE")
    assert read.get_time() == datetime(2026, 1, 5, 0, 2, tzinfo=UTC)
    data = read.get_data()
    told = json.loads(data) if isinstance(data, (str, bytes)) else data
    assert told["summary"] == event().data.summary
    assert told["records"] == [
        {
            "topic": "credit.predictions",
            "partition": 0,
            "first_offset": 120_433,
            "last_offset": 124_901,
        }
    ]


@pytest.mark.parametrize("text", ["", "hunter2", "whsec_c2hvcnQ=", f"{SECRET}\nhunter2"])
def test_a_file_without_a_key_is_told_and_nothing_is_sent(tmp_path, text, receiver):
    settings = settings_of(tmp_path, webhook(receiver.url))
    (tmp_path / "secret").write_text(text)
    with pytest.raises(RetryLaterError, match=r"secret_file: .*/secret ") as error:
        deliver(settings)
    assert receiver.requests == []
    assert "hunter2" not in str(error.value)
