"""What the webhook takes, keeps and refuses, over real HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from reevaluate.inbox import Inbox
from reevaluate.receiver import HTML, receiver
from reevaluate.settings import Rivals, Settings
from reevaluate.worker import why_skipped

from tests.reevaluate.a_service import MODEL, SECRET, body_of, event, send, serving

TOLD = event(0, 1, None)


@contextmanager
def receiving(folder: Path, begun: list[str]) -> Iterator[str]:
    (folder / "secret").write_text(SECRET)
    app = receiver(Inbox(folder / "spool"), folder / "secret", lambda case: begun.append(case.id))
    with serving(app) as url:
        yield url


def test_an_event_is_on_disk_before_it_is_acknowledged_and_a_repeat_starts_nothing(tmp_path):
    begun: list[str] = []
    with receiving(tmp_path, begun) as url:
        assert send(f"{url}/events", body_of(TOLD)).status_code == 202
        assert [case.event for case in Inbox(tmp_path / "spool").waiting()] == [TOLD]
        assert send(f"{url}/events", body_of(TOLD)).status_code == 200
    assert begun == [TOLD.id]


def test_what_is_not_signed_by_driftd_is_not_taken(tmp_path):
    begun: list[str] = []
    outside = body_of(event(0, 1, None, id="../outside"))
    with receiving(tmp_path, begun) as url:
        taken = f"{url}/events"
        assert httpx.post(taken, content=body_of(TOLD)).status_code == 401
        assert send(taken, body_of(TOLD), "whsec_" + "b3RoZXI=" * 4).status_code == 401
        assert send(taken, b"{}").status_code == 400
        assert send(taken, outside).status_code == 400
        assert send(taken, b" " * 1_000_001).status_code == 413
    assert not begun
    assert {each.name for each in tmp_path.rglob("*")} == {"secret", "spool"}


def test_a_new_secret_is_in_force_at_once_and_the_old_one_beside_it(tmp_path):
    new = "whsec_" + "bmV3" * 10
    with receiving(tmp_path, []) as url:
        (tmp_path / "secret").write_text(f"{new}\n{SECRET}\n")
        told = [send(f"{url}/events", body_of(TOLD), each) for each in (SECRET, new)]
    assert [each.status_code for each in told] == [202, 200]


def test_a_report_is_served_once_there_is_one(tmp_path):
    case, _ = Inbox(tmp_path / "spool").take(body_of(TOLD))
    with receiving(tmp_path, []) as url:
        assert httpx.get(f"{url}/reports/{case.id}").status_code == 404
        assert httpx.get(f"{url}/reports/..%2Fsecret").status_code == 404
        case.write(HTML, b"<p>said</p>")
        answer = httpx.get(f"{url}/reports/{case.id}")
    assert answer.text == "<p>said</p>"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"type": "alarm.cleared"}, "tells of nothing that is wrong"),
        ({"type": "of.another.version"}, "tells of nothing that is wrong"),
        ({"test": True}, "a test event"),
        ({"model": "other"}, "model other is not configured here"),
        ({"type": "performance_drop.escalated"}, ""),
        ({"type": "alarm.spread"}, ""),
    ],
)
def test_only_events_of_something_wrong_with_a_known_model_start_anything(tmp_path, changes, why):
    case, _ = Inbox(tmp_path).take(body_of(event(0, 1, None, **changes)))
    driftd = {"config": "c", "url": "http://d", "token_file": "t"}
    settings = Settings(secret_file="s", spool="s", driftd=driftd, models={MODEL: Rivals()})
    said = why_skipped(case, settings)
    assert why in said
    assert bool(said) == bool(why)
