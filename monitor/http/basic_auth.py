"""Basic authentication of every request, by Prometheus' web configuration file."""

import base64
import binascii
from http import HTTPStatus
from pathlib import Path

import structlog
from aiolimiter import AsyncLimiter
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from monitor.config.errors import ConfigError
from monitor.config.web_config import RateLimit, WebConfig, WebConfigFile
from monitor.http.passwords import Passwords
from monitor.http.problems import problem
from monitor.http.token import require_token

log = structlog.get_logger()

SCHEME = "basic "
CHALLENGE = {"WWW-Authenticate": 'Basic realm="driftd"'}


class Guard:
    """Lets in who the web configuration says, which is read anew at each request.

    A call that bears the token of the API needs no user: there is room for one of both.
    """

    def __init__(self, app: ASGIApp, file: Path, token_file: Path | None) -> None:
        """Take what is guarded, the web configuration and the file of the API's token."""
        self._app = app
        self._file = WebConfigFile(file)
        self._token_file = token_file
        self._passwords = Passwords()
        self._limit: RateLimit | None = None
        self._limiter: AsyncLimiter | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, as ASGI has it."""
        try:
            config = self._file.read()
        except ConfigError as error:
            log.error("web_config_unusable", problem=str(error))
            await _broken()(scope, receive, send)
            return
        with_headers = _adding(config.headers, send)
        if not await self._is_within(config.limit):
            await _too_many()(scope, receive, send)
        elif await self._may(config, Headers(scope=scope).get("Authorization", "")):
            await self._app(scope, receive, with_headers)
        else:
            await _refusal()(scope, receive, with_headers)

    async def _is_within(self, limit: RateLimit | None) -> bool:
        """Tell whether a request is within the limit, and count it."""
        if limit != self._limit:
            self._limit, self._limiter = limit, None if limit is None else _limiter(limit)
        if self._limiter is None:
            return True
        if not self._limiter.has_capacity():
            return False
        await self._limiter.acquire()
        return True

    async def _may(self, config: WebConfig, authorization: str) -> bool:
        if not config.users or _bears(self._token_file, authorization):
            return True
        given = read_basic(authorization)
        return given is not None and await self._passwords.right(config.users, *given)


def read_basic(authorization: str) -> tuple[str, str] | None:
    """Return user and password of an Authorization header, None if it is of another kind.

    Source: RFC 7617.

    >>> read_basic("Basic cHJvbWV0aGV1czpzM2NyZXQ6"), read_basic("Bearer x"), read_basic("Basic !")
    (('prometheus', 's3cret:'), None, None)
    """
    if authorization[: len(SCHEME)].lower() != SCHEME:
        return None
    try:
        text = base64.b64decode(authorization[len(SCHEME) :].strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    user, separator, password = text.partition(":")
    return (user, password) if separator else None


def _bears(token_file: Path | None, authorization: str) -> bool:
    """Tell whether a call bears the API's token; where that cannot be known, it does not."""
    if token_file is None or not authorization.lower().startswith("bearer "):
        return False
    try:
        require_token(token_file, authorization)
    except (HTTPException, OSError):
        return False
    return True


def _refusal() -> Response:
    wanted = "name one of the users of web_config and the password"
    return problem(HTTPStatus.UNAUTHORIZED, wanted, CHALLENGE)


def _limiter(limit: RateLimit) -> AsyncLimiter:
    return AsyncLimiter(limit.burst, limit.burst * (limit.interval_s or 0.0))


def _too_many() -> Response:
    told = "more requests come than rate_limit of web_config allows; ask less often"
    return problem(HTTPStatus.TOO_MANY_REQUESTS, told)


def _broken() -> Response:
    told = "the file of web_config cannot be used; the log of driftd says why"
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, told)


def _adding(headers: dict[str, str], send: Send) -> Send:
    """Return what sends an answer with further headers, where it does not set them itself."""

    async def send_with(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = MutableHeaders(scope=message)
            for name, value in headers.items():
                own.setdefault(name, value)
        await send(message)

    return send_with
