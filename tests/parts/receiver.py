"""A real HTTP server that receives events: it keeps what it got, and answers as it is told."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from ssl import SSLContext
from threading import Condition
from time import monotonic

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from monitor.events.event import Event
from monitor.http.app_thread import AppThread

PATIENCE_S = 15.0
DRIP_S = 0.05


@dataclass(frozen=True)
class Received:
    """A request as it arrived; headers with their names in small letters."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def event(self) -> Event:
        return msgspec.json.decode(self.body, type=Event)

    @property
    def document(self) -> dict[str, object]:
        return msgspec.json.decode(self.body, type=dict[str, object])


@dataclass(frozen=True)
class Reply:
    """How a request is answered. wait_s: before that; drips: the body never ends, byte by byte."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    wait_s: float = 0.0
    drips: bool = False


class Receiver:
    """Answers any request with ``reply``, which a test may change at any time."""

    def __init__(
        self, reply: Reply | Callable[[Received], Reply], tls: SSLContext | None = None
    ) -> None:
        self.reply = reply
        self.requests: list[Received] = []
        self._changed = Condition()
        methods = ["GET", "POST", "PUT"]
        app = Starlette(routes=[Route("/{path:path}", self._answer, methods=methods)])
        self._server = AppThread("127.0.0.1:0", app, tls)

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def ids(self) -> list[str]:
        """The ids of the events that arrived, in their order."""
        return [each.event.id for each in self.requests]

    def wait_for(self, count: int, seconds: float = PATIENCE_S) -> list[Received]:
        """Wait until so many requests have arrived, and return all."""
        with self._changed:
            came = self._changed.wait_for(lambda: len(self.requests) >= count, seconds)
        assert came, f"{len(self.requests)} requests of {count} arrived in {seconds:g} s"
        return list(self.requests)

    def forget(self) -> None:
        """Be as at the start: nothing has come, and everything is taken."""
        with self._changed:
            self.requests = []
            self.reply = Reply()

    def start(self) -> None:
        self._server.start()

    def stop(self) -> None:
        self._server.stop()

    async def _answer(self, request: Request) -> Response:
        headers = dict(request.headers)
        body = await request.body()
        received = Received(request.method, request.url.path, request.url.query, headers, body)
        with self._changed:
            self.requests.append(received)
            self._changed.notify_all()
        reply = self.reply(received) if callable(self.reply) else self.reply
        await asyncio.sleep(reply.wait_s)
        if reply.drips:
            return StreamingResponse(_drops(), reply.status, dict(reply.headers))
        return Response(reply.body, reply.status, dict(reply.headers))


async def _drops() -> AsyncIterator[bytes]:
    while True:
        yield b"."
        await asyncio.sleep(DRIP_S)


@contextmanager
def receiving(
    reply: Reply | Callable[[Received], Reply] = Reply(),
    tls: SSLContext | None = None,
) -> Iterator[Receiver]:
    """Run a receiver."""
    receiver = Receiver(reply, tls)
    receiver.start()
    try:
        yield receiver
    finally:
        receiver.stop()


def wait_until(true: Callable[[], bool], seconds: float = PATIENCE_S) -> None:
    """Wait until something is true; fail where it does not become so."""
    deadline = monotonic() + seconds
    pause = Condition()
    while not true():
        assert monotonic() < deadline, f"it did not come to pass in {seconds:g} s"
        with pause:
            pause.wait(0.01)
