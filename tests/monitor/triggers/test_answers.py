"""What each answer of a receiver over HTTP means, and that no other host is ever called."""

import asyncio
import socket
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.triggers.attempt import Outcome, attempt
from monitor.triggers.posting import LONGEST_WAIT_S, wait_s
from monitor.triggers.registry import make_trigger
from monitor.triggers.schedule import next_attempt_ms
from monitor.triggers.trigger import RefusedError, RetryLaterError
from tests.monitor.triggers.events import NAME, deliver, event, settings_of, webhook
from tests.parts.certificates import Authority
from tests.parts.receiver import Reply, receiving


def tried(settings, timeout_s: float = 5.0) -> Outcome:
    return asyncio.run(attempt(make_trigger(settings, NAME), NAME, event(), timeout_s))


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_2xx_takes_the_event_and_its_answer_is_told(tmp_path, status, receiver):
    receiver.reply = Reply(status, b"" if status == 204 else b"run 7\nis queued")
    told = deliver(settings_of(tmp_path, webhook(receiver.url)))
    assert told == (str(status) if status == 204 else f"{status}: run 7 is queued")


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again(tmp_path, status, receiver):
    receiver.reply = Reply(status, b"busy")
    with pytest.raises(RetryLaterError, match=f"{status}: busy") as error:
        deliver(settings_of(tmp_path, webhook(receiver.url)))
    assert error.value.after_s is None


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 413, 422])
def test_what_will_not_pass_is_refused(tmp_path, status, receiver):
    receiver.reply = Reply(status, b"no such hook")
    with pytest.raises(RefusedError, match=f"refused the event with {status}: no such hook"):
        deliver(settings_of(tmp_path, webhook(receiver.url)))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_refused_and_its_target_never_called(tmp_path, status, receiver, elsewhere):
    receiver.reply = Reply(status, headers={"Location": f"{elsewhere.url}/secret"})
    with pytest.raises(RefusedError, match=f"a redirect to '{elsewhere.url}/secret'"):
        deliver(settings_of(tmp_path, webhook(receiver.url)))
    assert (len(receiver.requests), len(elsewhere.requests)) == (1, 0)


def test_proxies_of_the_environment_are_not_called(tmp_path, monkeypatch, receiver, elsewhere):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, elsewhere.url)
    deliver(settings_of(tmp_path, webhook(receiver.url)))
    assert (len(receiver.requests), len(elsewhere.requests)) == (1, 0)


def test_retry_after_in_seconds_is_heard(tmp_path, receiver):
    receiver.reply = Reply(429, headers={"Retry-After": "37"})
    outcome = tried(settings_of(tmp_path, webhook(receiver.url)))
    assert outcome == Outcome(False, "the receiver answered 429", again=True, after_s=37.0)


def test_retry_after_as_a_date_is_heard(tmp_path, receiver):
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    receiver.reply = Reply(503, headers={"Retry-After": at})
    outcome = tried(settings_of(tmp_path, webhook(receiver.url)))
    assert outcome.again
    assert outcome.after_s == pytest.approx(100, abs=5)


def test_a_receiver_that_hangs_is_left_when_the_time_is_over(tmp_path):
    with receiving(Reply(wait_s=2)) as receiver:
        began = time.monotonic()
        outcome = tried(settings_of(tmp_path, webhook(receiver.url)), timeout_s=0.2)
        took_s = time.monotonic() - began
    assert outcome == Outcome(False, "the delivery took longer than 0.2 s", again=True)
    assert took_s < 1.5


def test_headers_that_come_byte_by_byte_do_not_stretch_the_time(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        stopped = threading.Event()

        def drip() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                while not stopped.wait(0.02):
                    try:
                        connection.sendall(b"x")
                    except OSError:
                        return

        dripping = threading.Thread(target=drip)
        dripping.start()
        settings = settings_of(tmp_path, webhook(f"http://127.0.0.1:{port}"))
        outcome = tried(settings, timeout_s=0.3)
        stopped.set()
        dripping.join()
    assert outcome.words == "the delivery took longer than 0.3 s"


def test_a_body_that_never_ends_does_not_undo_the_status_before_it(tmp_path):
    with receiving(Reply(202, drips=True)) as receiver:
        outcome = tried(settings_of(tmp_path, webhook(receiver.url)))
    assert outcome.delivered
    assert outcome.words.startswith("202: ..")


def test_a_receiver_that_is_not_there_is_tried_again(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    outcome = tried(settings_of(tmp_path, webhook(f"http://127.0.0.1:{port}")))
    assert outcome.again
    assert outcome.words.startswith("the receiver cannot be reached: ")


def test_what_is_no_http_is_tried_again(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def hang_up() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"SSH-2.0-OpenSSH\r\n\r\n")

        answering = threading.Thread(target=hang_up)
        answering.start()
        port = listener.getsockname()[1]
        outcome = tried(settings_of(tmp_path, webhook(f"http://127.0.0.1:{port}")))
        answering.join()
    assert outcome.again
    assert outcome.words.startswith("the receiver cannot be reached: ")


def test_an_answer_is_told_on_one_line_that_is_not_long(tmp_path, receiver):
    receiver.reply = Reply(200, b"a\r\nb\x1b[31m\x00" + 10_000 * b"x")
    told = deliver(settings_of(tmp_path, webhook(receiver.url)))
    assert told.isprintable()
    assert 300 <= len(told) <= 310


@given(st.text() | st.from_regex(r"[0-9]{1,400}", fullmatch=True) | st.datetimes().map(str))
def test_any_wish_of_a_receiver_is_a_time_to_wait_or_none(text):
    wished_s = wait_s(text, 1_767_571_320.0)
    assert wished_s is None or 0 <= wished_s <= LONGEST_WAIT_S


def test_a_receiver_that_asks_to_wait_for_ever_gets_a_last_attempt_in_time():
    wished_s = wait_s("9" * 400, 0.0)
    assert next_attempt_ms(1, 0, wished_s, 0, 1_000) == 1_000


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Authority:
    authority = Authority.new(tmp_path_factory.mktemp("certificates"))
    authority.issue("server", "IP:127.0.0.1")
    authority.issue("other", "DNS:other.example")
    return authority


@pytest.mark.parametrize(
    ("certificate", "trusted", "delivered"),
    [("server", True, True), ("server", False, False), ("other", True, False)],
    ids=["by ca_file", "by nobody", "of another host"],
)
def test_over_https_only_a_certificate_of_the_host_is_trusted(
    tmp_path, authority, certificate, trusted, delivered
):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(
        authority.folder / f"{certificate}.crt", authority.folder / f"{certificate}.key"
    )
    ca_file = {"ca_file": str(authority.folder / "authority.crt")} if trusted else {}
    with receiving(tls=tls) as receiver:
        outcome = tried(settings_of(tmp_path, webhook(receiver.url, **ca_file)))
    assert (outcome.delivered, len(receiver.requests)) == (delivered, int(delivered))
    assert outcome.again is not delivered
    assert delivered or "CERTIFICATE_VERIFY_FAILED" in outcome.words
