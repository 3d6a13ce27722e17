"""`driftd trigger test` sends one marked event and tells what the receiver answered."""

import json

import pytest
from click.testing import CliRunner, Result
from standardwebhooks.webhooks import Webhook

from monitor.cli import main
from tests.monitor.config.files import changed, write
from tests.monitor.triggers.events import SECRET, webhook
from tests.parts.receiver import Reply, receiving


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret").write_text(SECRET)


def try_trigger(folder, trigger: dict[str, object], *options: str, name: str = "retrain") -> Result:
    document = changed({"triggers.retrain": trigger, "models.credit.triggers": ["retrain"]})
    write(folder, document)
    return CliRunner().invoke(main, ["trigger", "test", "-c", "driftd.yaml", name, *options])


def test_a_marked_event_is_delivered_and_the_answer_told(tmp_path):
    with receiving(Reply(202, b"run 7 is queued")) as receiver:
        result = try_trigger(tmp_path, webhook(receiver.url, severity="page", segments=["DE"]))
    (request,) = receiver.requests
    Webhook(SECRET).verify(request.body, dict(request.headers))
    sent = request.event
    assert (sent.data.test, sent.data.severity, sent.data.model) == (True, "info", "credit")
    assert sent.data.summary == "Test of trigger retrain: nothing happened"
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        f"retrain: test event {sent.id} delivered",
        "  202: run 7 is queued",
    ]
    assert sorted(each.name for each in tmp_path.iterdir()) == ["driftd.yaml", "secret"]


@pytest.mark.parametrize(
    ("status", "told", "answer"),
    [
        (503, "(driftd would try again later)", "the receiver answered 503: down"),
        (401, "(driftd would give it up)", "the receiver refused the event with 401: down"),
    ],
)
def test_what_is_not_delivered_is_told_with_what_driftd_would_do(tmp_path, status, told, answer):
    with receiving(Reply(status, b"down")) as receiver:
        result = try_trigger(tmp_path, webhook(receiver.url))
    assert result.exit_code == 1
    assert len(receiver.requests) == 1
    first, second = result.stdout.splitlines()
    assert first.endswith(f" not delivered {told}")
    assert second == f"  {answer}"


def test_a_receiver_that_hangs_is_left_when_its_time_is_over(tmp_path):
    with receiving(Reply(wait_s=2)) as receiver:
        result = try_trigger(tmp_path, webhook(receiver.url, timeout="200ms"))
    assert result.exit_code == 1
    assert "the delivery took longer than 0.2 s" in result.stdout


def test_machines_are_told_too(tmp_path):
    with receiving(Reply(404)) as receiver:
        result = try_trigger(tmp_path, webhook(receiver.url), "--json")
    told = json.loads(result.stdout)
    assert result.exit_code == 1
    assert told == {
        "trigger": "retrain",
        "event": receiver.ids[0],
        "delivered": False,
        "answer": "the receiver refused the event with 404",
        "again": False,
    }


def test_a_name_that_is_no_trigger_is_told_with_those_that_are(tmp_path):
    result = try_trigger(tmp_path, webhook("http://127.0.0.1:1"), name="retrian")
    assert result.exit_code == 2
    assert "'retrian' is no trigger of driftd.yaml, which has: retrain" in result.stderr


@pytest.mark.parametrize(
    ("trigger", "told"),
    [
        (webhook("not-an-address"), "  triggers.retrain.webhook: 'not-an-address' is not an addr"),
        (
            {"command": ["no-such-program"]},
            "  triggers.retrain.command: 'no-such-program' is no program on PATH",
        ),
        (
            {"plugin": {"name": "absent"}},
            "  triggers.retrain.plugin.name: 'absent' is no entry point of the group",
        ),
    ],
)
def test_a_trigger_that_cannot_work_is_told_and_nothing_is_sent(tmp_path, trigger, told):
    result = try_trigger(tmp_path, trigger)
    assert result.exit_code == 2
    assert told in result.stderr
