"""Requests are let in by what the web configuration file says when they come."""

import time
from collections.abc import Iterator
from pathlib import Path

import bcrypt
import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from monitor.http.app_thread import AppThread
from monitor.http.basic_auth import Guard

TOKEN = "a-token-of-the-api"


def hashed(password: str, rounds: int = 4) -> str:
    return bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(rounds)).decode()


def allow(path: Path, **users: str) -> None:
    lines = [f"  {user}: '{each}'" for user, each in users.items()]
    path.write_text("\n".join(["basic_auth_users:", *lines]))


@pytest.fixture
def web_config(tmp_path) -> Path:
    """The file; at first it lets in nobody but ann."""
    path = tmp_path / "web.yml"
    allow(path, ann=hashed("open sesame"))
    return path


@pytest.fixture
def token_file(tmp_path) -> Path:
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n")
    return file


@pytest.fixture
def client(web_config, token_file) -> Iterator[httpx.Client]:
    def own(_):
        return PlainTextResponse("mine", headers={"X-Frame-Options": "sameorigin"})

    app = Starlette(
        routes=[Route("/", lambda _: PlainTextResponse("hello")), Route("/own", own)],
    )
    server = AppThread("127.0.0.1:0", Guard(app, web_config, token_file))
    server.start()
    with httpx.Client(base_url=server.url) as http:
        yield http
    server.stop()


def test_a_user_with_the_right_password_is_let_in(client):
    answer = client.get("/", auth=("ann", "open sesame"))
    assert (answer.status_code, answer.text) == (200, "hello")


@pytest.mark.parametrize(
    "authorization",
    [
        {},
        {"Authorization": "Basic"},
        {"Authorization": "Basic !!"},
        {"Authorization": "Basic YW5u"},
        {"Authorization": "Bearer open sesame"},
        {"Authorization": "Digest x"},
    ],
)
def test_a_request_without_a_user_is_asked_for_one(client, authorization):
    answer = client.get("/", headers=authorization)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="driftd"'
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("user", "password"),
    [("ann", "open"), ("ann", ""), ("bob", "open sesame"), ("", "open sesame")],
)
def test_a_wrong_password_or_user_is_refused(client, user, password):
    assert client.get("/", auth=(user, password)).status_code == 401


def test_every_path_is_guarded_also_one_that_is_not_served(client):
    assert client.get("/-/healthy").status_code == 401
    assert client.get("/-/healthy", auth=("ann", "open sesame")).status_code == 404


def test_a_password_has_any_letters_and_a_colon(client, web_config):
    allow(web_config, ann=hashed("grüß:dich"))
    assert client.get("/", auth=httpx.BasicAuth("ann", "grüß:dich")).status_code == 200


def test_of_a_long_password_72_bytes_count_as_in_prometheus(client, web_config):
    allow(web_config, ann=hashed("x" * 80))
    assert client.get("/", auth=("ann", "x" * 72 + "another end")).status_code == 200
    assert client.get("/", auth=("ann", "x" * 71)).status_code == 401


def test_users_come_and_go_with_the_file_at_once(client, web_config):
    ann, bob = ("ann", "open sesame"), ("bob", "let me in")
    assert [client.get("/", auth=each).status_code for each in (ann, bob)] == [200, 401]
    allow(web_config, bob=hashed("let me in"))
    assert [client.get("/", auth=each).status_code for each in (ann, bob)] == [401, 200]
    allow(web_config, ann=hashed("changed"), bob=hashed("let me in"))
    assert [client.get("/", auth=each).status_code for each in (ann, bob)] == [401, 200]
    web_config.write_text("{}")
    assert client.get("/").status_code == 200


def test_while_the_file_cannot_be_used_nobody_is_let_in(client, web_config):
    text = web_config.read_text()
    for broken in ("basic_auth_users: [", "users: {}"):
        web_config.write_text(broken)
        answer = client.get("/", auth=("ann", "open sesame"))
        assert answer.status_code == 500
        assert answer.json()["detail"] == (
            "the file of web_config cannot be used; the log of driftd says why"
        )
    web_config.write_text(text)
    assert client.get("/", auth=("ann", "open sesame")).status_code == 200


def test_the_token_of_the_api_lets_in_without_a_user(client, token_file):
    bearing = {"Authorization": f"Bearer {TOKEN}"}
    assert client.get("/", headers=bearing).status_code == 200
    assert client.get("/", headers={"Authorization": "Bearer x"}).status_code == 401
    token_file.write_text("")
    assert client.get("/", headers={"Authorization": "Bearer x"}).status_code == 401
    token_file.unlink()
    assert client.get("/", headers=bearing).status_code == 401


def test_headers_of_the_file_are_in_every_answer_that_has_none_of_its_own(client, web_config):
    headers = "\nhttp_server_config: {headers: {X-Frame-Options: deny}}"
    web_config.write_text(web_config.read_text() + headers)
    user = ("ann", "open sesame")
    assert client.get("/", auth=user).headers["X-Frame-Options"] == "deny"
    assert client.get("/own", auth=user).headers["X-Frame-Options"] == "sameorigin"
    assert client.get("/").headers["X-Frame-Options"] == "deny"


def test_a_password_that_was_right_is_not_tried_again(client, web_config):
    allow(web_config, ann=hashed("open sesame", rounds=11))

    def seconds(password: str) -> float:
        start = time.monotonic()
        client.get("/", auth=("ann", password))
        return time.monotonic() - start

    trial = seconds("open sesame")
    assert min(seconds("open sesame") for _ in range(5)) < trial / 4
    assert min(seconds("wrong") for _ in range(2)) > trial / 4


def test_requests_beyond_the_limit_are_refused_until_the_next_interval(client, web_config):
    web_config.write_text("rate_limit: {burst: 2, interval: 1s}")
    assert [client.get("/").status_code for _ in range(3)] == [200, 200, 429]
    time.sleep(1.1)
    assert client.get("/").status_code == 200
    web_config.write_text("rate_limit: {burst: 1, interval: 0s}")
    assert [client.get("/").status_code for _ in range(3)] == [200, 200, 200]
