import signal
import socket
import threading
import time

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from monitor.http.app_thread import AppThread, ListenError


def hello(_):
    return PlainTextResponse("hello")


@pytest.fixture
def slow():
    """An event that a request to /slow waits for."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def app(slow):
    def wait(_):
        slow.wait(10)
        return PlainTextResponse("at last")

    return Starlette(routes=[Route("/", hello), Route("/slow", wait)])


@pytest.fixture
def taken():
    """A port that another socket listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def seconds(work) -> float:
    start = time.monotonic()
    work()
    return time.monotonic() - start


def test_port_zero_takes_a_free_port_and_tells_which(app):
    server = AppThread("127.0.0.1:0", app)
    server.start()
    assert not server.address.endswith(":0")
    assert httpx.get(server.url).text == "hello"
    server.stop()


def test_an_ipv6_address_keeps_its_brackets(app):
    server = AppThread("[::1]:0", app)
    server.start()
    assert server.url.startswith("http://[::1]:")
    assert httpx.get(server.url).text == "hello"
    server.stop()


def test_the_address_is_free_again_after_a_stop(app):
    first = AppThread("127.0.0.1:0", app)
    first.start()
    httpx.get(first.url)
    first.stop()
    second = AppThread(first.address, app)
    second.start()
    assert httpx.get(second.url).text == "hello"
    second.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(second.url)


def test_a_port_that_is_taken_is_an_error_that_says_what_to_do(app, taken):
    with pytest.raises(ListenError) as error:
        AppThread(f"127.0.0.1:{taken}", app).start()
    assert str(error.value) == (
        f"listen: 127.0.0.1:{taken}: another process listens on port {taken}; stop it, or set "
        "'listen' to another port (0 takes a free one)"
    )


def test_an_address_of_another_machine_is_an_error_that_says_what_to_do(app):
    with pytest.raises(ListenError, match=r"192\.0\.2\.1:0: this is not an address of this"):
        AppThread("192.0.2.1:0", app).start()


def test_a_host_that_is_not_known_is_an_error_that_names_it(app):
    with pytest.raises(ListenError, match=r"the host 'no-such-host\.invalid' is not known here"):
        AppThread("no-such-host.invalid:0", app).start()


def test_stop_ends_connections_that_are_kept_open(app):
    server = AppThread("127.0.0.1:0", app)
    server.start()
    with httpx.Client(base_url=server.url) as kept:
        kept.get("/")
        assert seconds(server.stop) < 1


def test_stop_does_not_wait_for_a_request_that_never_ends(app, slow):
    server = AppThread("127.0.0.1:0", app)
    server.start()
    host, port = server.address.split(":")
    with (
        socket.create_connection((host, int(port))) as half,
        socket.create_connection((host, int(port))) as waiting,
    ):
        half.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        waiting.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.2)
        assert seconds(server.stop) < 2.5
    slow.set()


def test_stop_right_after_start_is_clean(app):
    server = AppThread("127.0.0.1:0", app)
    server.start()
    server.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.url)


def test_stop_without_start_does_nothing(app):
    AppThread("127.0.0.1:0", app).stop()


def test_the_process_keeps_its_own_signal_handlers(app):
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    server = AppThread("127.0.0.1:0", app)
    server.start()
    httpx.get(server.url)
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
    server.stop()
