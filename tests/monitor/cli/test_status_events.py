import json
import subprocess
import sys

from prometheus_client import CollectorRegistry

from monitor.events.event import EventType, Severity
from monitor.events.view import EventsView, TriggerView
from monitor.http.app import build_app
from monitor.http.app_thread import AppThread
from monitor.http.exposition import Exposition
from monitor.view import Board
from tests.monitor.events.made import START_MS, a_result, an_event
from tests.monitor.http.views import a_calm_stream, a_model, a_view

RAISED = an_event()


def status(*arguments: str, **events) -> str:
    """Return what `driftd status` shows of a calm model with some events, with 0."""
    board = Board()
    model = a_model(streams=(a_calm_stream(),))
    board.publish(a_view(models=(model,), events=EventsView(**events)))
    server = AppThread("127.0.0.1:0", build_app(board, Exposition(board, CollectorRegistry())))
    server.start()
    command = [sys.executable, "-m", "monitor", "status", server.url, *arguments]
    shown = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    server.stop()
    assert (shown.returncode, shown.stderr) == (0, "")
    return shown.stdout


def words(text: str) -> str:
    """Return a table's text without its lines and spaces."""
    return " ".join(text.replace("│", " ").split())


def test_an_open_event_is_shown_with_what_happened():
    shown = words(status(open=(RAISED,)))
    assert "page; alarm raised credit 7 DE" in shown
    assert "`income`" in shown
    assert "2026-01-05T00:02:00Z" in shown


def test_of_many_open_events_ten_are_shown():
    shown = status(open=tuple(an_event(number=number) for number in range(13)))
    assert shown.count("alarm raised") == 10
    assert "and 3 more" in shown


def test_a_trigger_is_shown_with_what_waits_and_why():
    triggers = {"retrain": TriggerView(5, 3, 1, 2, START_MS, "the receiver answered 503")}
    assert "retrain 5 2 1 the receiver answered 503" in words(status(triggers=triggers))


def test_the_newest_result_is_shown_with_its_report():
    shown = words(status(newest_results={"credit": a_result(RAISED)}))
    assert "credit retrain" in shown
    assert "https://reports.example/1" in shown
    assert "…" not in shown


def test_what_there_is_none_of_has_no_table():
    shown = status()
    for title in ("open event", "trigger", "re-evaluated"):
        assert title not in shown


def test_json_has_the_same():
    failed = an_event(EventType.RETEST_FAILED, severity=Severity.TICKET)
    told = json.loads(status("--json", open=(failed,)))["events"]
    assert (told["open"], told["events"][0]["type"]) == (1, "retest.failed")
    assert (told["triggers"], told["results"]) == ([], [])


def test_what_others_wrote_cannot_steer_the_terminal():
    result = a_result(RAISED, summary="worse\x1b[2J\x9b")
    shown = status(open=(an_event(version="7\x1b[31m"),), newest_results={"credit": result})
    assert r"7\x1b[31m" in shown
    assert all(each.isprintable() or each == "\n" for each in shown)
