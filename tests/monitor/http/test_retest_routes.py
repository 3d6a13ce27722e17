import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from starlette.exceptions import HTTPException

from monitor.http.app import build_app
from monitor.http.app_thread import AppThread
from monitor.http.exposition import Exposition
from monitor.http.retest_routes import MOST_BODY_BYTES, RetestCalls
from monitor.http.token import require_token
from monitor.retest.view import RetestsView
from monitor.view import Board
from tests.monitor.http.described import described
from tests.monitor.http.views import START_MS, a_model, a_view
from tests.monitor.retest.runs import a_passed_run, a_run, a_running_run, an_unreachable_run

TOKEN = "s3cret-token"
RETESTS = "/api/v1/models/credit/retests"
BEARS = {"Authorization": f"Bearer {TOKEN}"}


class Kept:
    """A history of three runs of one model."""

    def runs(self, model: str):
        old = "20260104T030000-0001"
        runs = (an_unreachable_run(id="20260106T030000-0003"), a_run(), a_passed_run(id=old))
        return runs if model == "credit" else ()


class Asked:
    """What was asked to start; only the first ask is granted."""

    def __init__(self) -> None:
        self.all: list[tuple[str, str]] = []
        self.lock = threading.Lock()

    def start(self, model: str, retest: str) -> bool:
        with self.lock:
            self.all.append((model, retest))
            return len(self.all) == 1


Serve = Callable[..., httpx.Client]


@pytest.fixture
def serve(tmp_path) -> Iterator[Serve]:
    """Serves a model with some re-tests; returns a client."""
    servers = []

    def serve(asked: Asked | None = None, token: str | None = TOKEN, **changes) -> httpx.Client:
        file = None
        if token is not None:
            file = tmp_path / "token"
            file.write_text(f"{token}\n")
        retests = {"runs": {"nightly": a_run()}, "next_ms": {"nightly": START_MS}} | changes
        board = Board()
        board.publish(a_view(models=(a_model(retests=RetestsView(**retests)), a_model("plain"))))
        calls = RetestCalls(Kept(), (asked or Asked()).start, file)
        server = AppThread(
            "127.0.0.1:0", build_app(board, Exposition(board, CollectorRegistry()), calls)
        )
        server.start()
        client = httpx.Client(base_url=server.url)
        servers.append((server, client))
        return client

    yield serve
    for server, client in servers:
        client.close()
        server.stop()


def test_the_history_tells_each_run_in_a_row_the_newest_first(serve):
    client = serve(running=a_running_run())
    answer = client.get(RETESTS)
    told = answer.json()
    assert [run["verdict"] for run in told["runs"]] == ["inconclusive", "failed", "passed"]
    assert told["runs"][1]["requirements"] == {"passed": 1, "failed": 1, "inconclusive": 1}
    assert told["runs"][1]["failed"] == [
        "accuracy falls by 0.03 under Gaussian noise of 0.1 sd; at most 0.02 is allowed"
    ]
    assert (told["running"]["done"], told["running"]["total"]) == (2, 8)
    assert told["retests"][0]["next"] == "2026-01-05T00:00:00Z"
    described(client, answer, "/api/v1/models/{model}/retests")


def test_one_run_is_told_whole(serve):
    client = serve()
    answer = client.get(f"{RETESTS}/{a_run().id}")
    assert answer.json()["requirements"][0]["high"] == 0.041
    assert len(answer.json()["trials"]) == len(a_run().trials)
    described(client, answer, "/api/v1/models/{model}/retests/{run}")


def test_the_run_that_runs_is_told_as_far_as_it_is(serve):
    client = serve(running=a_running_run(id="now"))
    told = client.get(f"{RETESTS}/now").json()
    assert (told["state"], told["doing"]) == ("running", "gaussian_noise at 0.4 sd")


@pytest.mark.parametrize("run", ["none", "..%2F..%2Fsnapshot", "20260105"])
def test_a_run_that_is_not_there_is_a_problem(serve, run):
    answer = serve().get(f"{RETESTS}/{run}")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_retest_is_run_now_for_who_bears_the_token(serve):
    asked = Asked()
    client = serve(asked)
    answer = client.post(RETESTS, headers=BEARS)
    assert (answer.status_code, answer.headers["Location"]) == (202, RETESTS)
    assert answer.json() == {"model": "credit", "retest": "nightly", "runs": RETESTS}
    assert asked.all == [("credit", "nightly")]
    described(client, answer, "/api/v1/models/{model}/retests")


def test_a_second_run_at_the_same_time_is_refused(serve):
    client = serve()
    assert client.post(RETESTS, headers=BEARS).status_code == 202
    answer = client.post(RETESTS, headers=BEARS)
    assert (answer.status_code, answer.json()["detail"]) == (
        409,
        "a re-test of model credit runs already; ask again when it has ended",
    )
    described(client, answer, "/api/v1/models/{model}/retests")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer"},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": TOKEN},
    ],
)
def test_without_the_right_token_nothing_is_run(serve, headers):
    asked = Asked()
    client = serve(asked)
    answer = client.post(RETESTS, headers=headers)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert TOKEN not in answer.text
    assert asked.all == []
    described(client, answer, "/api/v1/models/{model}/retests")


@pytest.mark.parametrize("token", [None, "", "  "])
def test_where_no_token_is_configured_nobody_may_run_one(serve, token):
    asked = Asked()
    client = serve(asked, token=token)
    for headers in ({}, BEARS, {"Authorization": "Bearer"}):
        answer = client.post(RETESTS, headers=headers)
        assert answer.status_code == 403
        assert "api_token_file" in answer.json()["detail"]
    assert asked.all == []


@given(token=st.binary(min_size=1).filter(bytes.strip), other=st.binary())
def test_only_the_token_itself_opens(tmp_path_factory, token, other):
    file: Path = tmp_path_factory.getbasetemp() / "token"
    file.write_bytes(token + b"\n")
    require_token(file, f"Bearer {token.strip().decode('latin-1')}")
    if other != token.strip():
        with pytest.raises(HTTPException, match="401"):
            require_token(file, f"Bearer {other.decode('latin-1')}")


def test_a_new_token_is_in_force_at_once(serve, tmp_path):
    client = serve()
    (tmp_path / "token").write_text("another")
    assert client.post(RETESTS, headers=BEARS).status_code == 401
    another = {"Authorization": "bearer another"}
    assert client.post(RETESTS, headers=another).status_code == 202


def test_of_several_retests_one_must_be_named(serve):
    asked = Asked()
    client = serve(asked, next_ms={"nightly": None, "weekly": None})
    answer = client.post(RETESTS, headers=BEARS)
    assert (answer.status_code, answer.json()["detail"]) == (
        400,
        'which one? Name it as {"retest": ...}: nightly, weekly',
    )
    assert client.post(RETESTS, headers=BEARS, json={"retest": "weekly"}).status_code == 202
    assert asked.all == [("credit", "weekly")]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (RETESTS, b'{"retest": "none"}', 404),
        (RETESTS, b'{"retest": 1}', 400),
        (RETESTS, b'{"other": "nightly"}', 400),
        (RETESTS, b"{", 400),
        (RETESTS, b"\xff", 400),
        (RETESTS, b" " * (MOST_BODY_BYTES + 1), 413),
        ("/api/v1/models/plain/retests", b"", 404),
        ("/api/v1/models/none/retests", b"", 404),
    ],
)
def test_a_call_that_makes_no_sense_is_a_problem_and_runs_nothing(serve, path, body, status):
    asked = Asked()
    answer = serve(asked).post(path, headers=BEARS, content=body)
    assert (answer.status_code, asked.all) == (status, [])
    assert answer.headers["Content-Type"] == "application/problem+json"
