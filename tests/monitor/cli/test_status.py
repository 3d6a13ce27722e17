import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from monitor.documents import status_document
from monitor.http.app import build_app
from monitor.http.app_thread import AppThread
from monitor.http.exposition import Exposition
from monitor.retest.view import RetestsView
from monitor.view import Board, StreamView, View
from tests.monitor.http.views import (
    START_MS,
    a_calibration,
    a_calm_stream,
    a_diagnosis,
    a_drifted,
    a_labelled_model,
    a_model,
    a_stream,
    a_view,
    an_alarm,
)
from tests.monitor.retest.runs import a_run, a_running_run

CALM = a_view(models=(a_model(streams=(a_calm_stream(),)),))


def status(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "monitor", "status", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture(scope="module")
def showing() -> Iterator[Callable[[View], str]]:
    """Shows a view over HTTP and returns the server's address."""
    board = Board()
    server = AppThread("127.0.0.1:0", build_app(board, Exposition(board, CollectorRegistry())))
    server.start()

    def showing(view: View) -> str:
        board.publish(view)
        return server.url

    yield showing
    server.stop()


@pytest.fixture
def nobody() -> str:
    """A URL that nothing listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


def words(text: str) -> str:
    """Return a table's text without its lines and spaces."""
    return " ".join(text.replace("│", " ").split())


def view_of(stream: StreamView) -> View:
    return a_view(models=(a_model(streams=(stream,)),))


def test_a_calm_model_is_shown_with_its_evidence_and_0(showing):
    shown = status(showing(CALM))
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "ready; kafka, 5 records behind" in shown.stdout
    assert "credit 1 8,124 7 2026-01-05T00:01:00Z" in words(shown.stdout)
    assert "credit calm 34 % of a page" in words(shown.stdout)


def test_a_page_is_shown_with_what_drifted_and_1(showing):
    shown = status(showing(view_of(a_stream())))
    assert shown.returncode == 1
    told = "credit page since 2026-01-05T00:01:00Z in 7 DE 133 % of a page"
    assert told in words(shown.stdout)
    drifted = "credit 7 DE feature_0 shifted down by 0.41 sd location -0.41 sd"
    assert drifted in words(shown.stdout)


def test_the_name_of_a_drifted_feature_is_shown_whole(showing):
    name = "average_of_all_balances_last_year"
    words = "category `brickface` 15 % to 4.7 %; category `cement` 12 % to 4.2 %"
    shown = status(showing(view_of(a_stream(drifted=(a_drifted(name, words=words),)))))
    assert name in shown.stdout


def test_a_ticket_is_shown_with_0(showing):
    shown = status(showing(view_of(a_stream(alarm=an_alarm("ticket")))))
    assert shown.returncode == 0
    assert "credit ticket since 2026-01-05T00:01:00Z in 7 DE" in words(shown.stdout)


def test_a_model_that_warms_up_says_until_when(showing):
    warming = a_calm_stream(calibration=a_calibration("warming_up"))
    shown = status(showing(view_of(warming))).stdout
    assert "calm; warming up until 2026-01-06T00:00:00Z, no" in shown


def test_where_blocks_are_of_rows_no_time_is_told(showing):
    calibration = a_calibration("warming_up", until_ms=None)
    alarm = an_alarm("ticket", raised_ms=None)
    shown = status(showing(view_of(a_stream(alarm=alarm, calibration=calibration)))).stdout
    assert "ticket in 7 DE; warming up, no alarms" in shown


def test_of_many_drifted_features_ten_are_shown(showing):
    drifted = tuple(a_drifted(f"f{number}") for number in range(13))
    shown = status(showing(view_of(a_stream(drifted=drifted))))
    assert "f9" in shown.stdout
    assert "f10" not in shown.stdout
    assert "and 3 more" in shown.stdout


def test_a_labelled_model_shows_its_diagnosis_and_one_measure(showing):
    shown = words(status(showing(a_view(models=(a_labelled_model(),)))).stdout)
    assert "credit concept drift accuracy 0.81 0.9 0.88" in shown


def test_a_diagnosis_is_shown_without_labels_too(showing):
    stream = a_calm_stream(diagnosis=a_diagnosis("data_corruption"))
    assert "credit data corruption no labels" in words(status(showing(view_of(stream))).stdout)


def test_a_model_with_neither_labels_nor_diagnosis_is_not_in_that_table(showing):
    assert "diagnosis" not in status(showing(CALM)).stdout


def test_a_daemon_that_is_not_ready_is_shown_with_1_and_the_reason(showing):
    shown = status(showing(replace(CALM, not_ready="no partition is assigned yet")))
    assert shown.returncode == 1
    assert "not ready: no partition is assigned yet" in shown.stdout


def test_json_is_the_document_of_the_api(showing):
    shown = status(showing(CALM), "--json")
    assert (shown.returncode, json.loads(shown.stdout)) == (0, status_document(CALM))


def test_the_scheme_may_be_left_out(showing):
    assert status(showing(CALM).removeprefix("http://") + "/").returncode == 0


def test_names_are_shown_as_they_are(showing):
    name = "[bold]credit[/bold]"
    shown = status(showing(a_view(models=(a_model(name, streams=()),))))
    assert name in shown.stdout


def test_where_nobody_answers_the_error_says_what_to_do_with_2(nobody):
    shown = status(nobody)
    assert (shown.returncode, shown.stdout) == (2, "")
    assert shown.stderr == (
        f"no daemon answers at {nobody}: [Errno 111] Connection refused; is 'driftd run' "
        "running, and is this its 'listen' address?\n"
    )


@pytest.mark.parametrize("said", ["hello", "{}", "[]"])
def test_another_server_is_not_taken_for_driftd(said):
    app = Starlette(routes=[Route("/api/v1/status", lambda _: PlainTextResponse(said))])
    server = AppThread("127.0.0.1:0", app)
    server.start()
    shown = status(server.url)
    server.stop()
    assert (shown.returncode, shown.stdout) == (2, "")
    assert shown.stderr.startswith(f"what answers at {server.url} is not driftd, or not this ")


def test_a_url_that_is_none_is_told_with_2():
    shown = status("http://[::1")
    assert shown.returncode == 2
    assert "http://[::1" in shown.stderr
    assert "Traceback" not in shown.stderr


def test_retests_are_shown_with_their_verdict_and_what_runs_now(showing):
    retests = RetestsView({"nightly": a_run()}, a_running_run(), {"nightly": START_MS})
    calm = a_calm_stream()
    shown = status(showing(a_view(models=(a_model(streams=(calm,), retests=retests),))))
    assert shown.returncode == 0
    told = words(shown.stdout)
    assert "credit nightly failed;" in told
    assert "2026-01-05T03:01:30Z 2026-01-05T00:00:00Z" in told
    assert "now: 2 of" in told
