"""An application that is replaced while it is served."""

import asyncio

from starlette.types import ASGIApp, Receive, Scope, Send

LOOK_S = 0.02
HELD = "/api/"
"""Paths under this call parts of the daemon that a restart of them closes."""


class CurrentApp:
    """Passes each request to the application of the moment; ``become`` is for any thread.

    While the parts that answer calls of the API are taken down and set up again, such calls
    wait; metrics and health are told from the newest view all along.
    """

    def __init__(self) -> None:
        """Begin without an application, which must be there when the first request comes."""
        self._app: ASGIApp | None = None
        self._held = False

    def hold(self) -> None:
        """Let calls of the API wait from now on, until ``become``."""
        self._held = True

    def become(self, app: ASGIApp) -> None:
        """Answer by ``app`` from now on."""
        self._app = app
        self._held = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, as ASGI has it."""
        while self._held and scope.get("path", "").startswith(HELD):
            await asyncio.sleep(LOOK_S)
        assert self._app is not None, "served once there is an application"
        await self._app(scope, receive, send)
