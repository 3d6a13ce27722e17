"""A real daemon and the file of its events: damaged, made anew, and read by who asks."""

from pathlib import Path

import httpx
import pytest

from monitor.events.store import EventStore
from tests.e2e.small_model import FILES, append, build, configure, lines
from tests.monitor.events.made import START_MS, a_result, an_event
from tests.parts.daemon import DaemonProcess, refusal
from tests.parts.prometheus import check_metrics

TOPIC = "t"
RAISED = an_event(model="m")


@pytest.fixture
def config(tmp_path) -> Path:
    """The configuration of a daemon whose state folder has one event, open, with a result."""
    config = configure(tmp_path / "driftd.yaml", FILES, TOPIC)
    build(config)
    append(tmp_path, TOPIC, lines(100, seed=2))
    (tmp_path / "state").mkdir()
    store = EventStore(tmp_path / "state" / "events.sqlite3", lambda _: [], lambda: START_MS)
    store.put([RAISED])
    store.add_result(a_result(RAISED))
    store.close()
    return config


def test_what_was_stored_is_in_every_face_of_the_next_daemon(config):
    with DaemonProcess(config) as daemon:
        told = daemon.get("/api/v1/events?open=true")["events"]
        assert [each["event"]["id"] for each in told] == [RAISED.id]
        assert daemon.get("/api/v1/status")["events"]["open"] == 1
        assert daemon.metric("driftd_events_open", model="m") == 1
        assert daemon.metric("driftd_events_total", model="m", type="alarm.raised") == 1
        assert daemon.metric("driftd_reevaluation_figure", figure="live_accuracy") == 0.81
        assert "Open events" in httpx.get(daemon.address()).text
        assert check_metrics(daemon.metrics().encode()) == (0, "")


def test_a_damaged_file_is_refused_and_a_new_one_begun_once_it_is_away(config):
    file = config.parent / "state" / "events.sqlite3"
    file.write_bytes(b"not what was written" * 1000)
    said = refusal(config)
    assert f"the events in {file} are damaged: file is not a database" in said
    assert "move it away" in said
    file.rename(file.with_suffix(".damaged"))
    with DaemonProcess(config) as daemon:
        assert daemon.get("/api/v1/events")["events"] == []
