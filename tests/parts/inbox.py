"""A real HTTP server that keeps what is posted to it, for tests."""

import json
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from monitor.http.app_thread import AppThread


@dataclass(frozen=True)
class Letter:
    """What was posted: where to, with which headers, and the body as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass
class Inbox:
    """Takes every post with 204; letters: in order of arrival."""

    letters: list[Letter] = field(default_factory=list)
    server: AppThread = field(init=False)

    def __post_init__(self) -> None:
        async def take(request: Request) -> Response:
            headers = dict(request.headers)
            self.letters.append(Letter(request.url.path, headers, await request.body()))
            return PlainTextResponse("", 204)

        route = Route("/{path:path}", take, methods=["POST"])
        self.server = AppThread("127.0.0.1:0", Starlette(routes=[route]))

    @property
    def url(self) -> str:
        """Where to post to."""
        return self.server.url

    def at(self, path: str) -> list[Letter]:
        """Return what was posted to a path."""
        return [letter for letter in self.letters if letter.path == path]

    def __enter__(self) -> "Inbox":
        self.server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.stop()
