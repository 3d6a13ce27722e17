"""``POST /-/reload``: reading the configuration and the references again."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from monitor.http.token import require_token


@dataclass(frozen=True, slots=True)
class ReloadCalls:
    """What a call to reload calls.

    ask: reads the configuration again and returns why it was not taken, "" where it is in force.
    token_file: of the token that the call must bear; without one it is refused.
    """

    ask: Callable[[], str]
    token_file: Path | None


NO_RELOAD = ReloadCalls(
    ask=lambda: "this daemon was started without a file of its configuration", token_file=None
)


def reload_routes(calls: ReloadCalls) -> list[Route]:
    """Return the route, which takes POST and PUT as Prometheus does."""

    def reload(request: Request) -> Response:
        require_token(calls.token_file, request.headers.get("Authorization", ""))
        problem = calls.ask()
        if problem:
            raise HTTPException(500, f"the configuration in force stays: {problem}")
        return PlainTextResponse("driftd works by the configuration as it is now\n")

    return [Route("/-/reload", reload, methods=["POST", "PUT"])]
