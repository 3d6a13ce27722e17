"""HTTP to an endpoint: one request, its limits, and what each failure means."""

import asyncio
import json
import ssl
from collections.abc import Mapping
from typing import Any

import httpx
import msgspec

from monitor.config.endpoint import EndpointConfig
from monitor.retest.endpoints.credentials import login, secret_headers
from monitor.retest.endpoints.wire import RequestError
from monitor.retest.model import EndpointError

LONGEST_PROBLEM = 500
LARGEST_ANSWER = 64 * 2**20

PASSING = (500, 502, 503, 504)
"""Statuses that the same request may not get again."""

OUTAGE = (401, 403, 404, 502, 503, 504)
"""Statuses of a server, or of one before it, that has no model for who asks."""

BY_RECORD = (400, 413, 422, 500)
"""Statuses that one record of a request may be the cause of."""

CLOSED = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)
"""What it is when the other side closed the connection."""


class Transport:
    """Sends single requests to one endpoint, never to another host."""

    def __init__(self, config: EndpointConfig, url: str, header: str) -> None:
        """Take where to send to; header: that marks each request, with its id.

        Raises EndpointError where a file of the credentials cannot be read.
        """
        self._url = url
        self._timeout_s = config.timeout / 1000
        self._header = header
        self._posted = ("", b"")
        credentials = config.credentials
        self._client = httpx.AsyncClient(
            headers={"User-Agent": "driftd", **secret_headers(credentials)},
            auth=login(credentials),
            timeout=self._timeout_s,
            limits=httpx.Limits(max_connections=config.concurrency),
            verify=_trusted(credentials.ca_file) if url.startswith("https") else False,
            # Neither proxies nor passwords that the configuration does not name.
            trust_env=False,
        )

    async def get(self, path: str) -> tuple[int, Any]:
        """Return the status and the body, None where it is no JSON; raises RequestError."""
        status, body = await self._send("GET", path, None, "")
        try:
            return status, json.loads(body)
        except ValueError:
            return status, None

    async def post(self, path: str, body: object, request_id: str) -> Any:
        """Return the JSON that answers a body. Raises RequestError for any status but 200."""
        try:
            content = msgspec.json.encode(body)  # nan becomes null
        except (TypeError, ValueError) as error:  # such as half a surrogate pair
            raise RequestError("not_sendable", f"no JSON holds it: {error}", divide=True) from None
        self._posted = (path, content)
        status, answer = await self._send("POST", path, content, request_id)
        if status != 200:
            told = _told(answer)
            raise RequestError(
                f"http_{status}",
                f"{path or self._url} answered {status}" + (f": {told}" if told else ""),
                again=status in PASSING,
                divide=status in BY_RECORD,
                outage=status in OUTAGE,
            )
        try:
            return json.loads(answer)  # takes the token NaN, which servers do send
        except ValueError:
            raise RequestError(
                "not_json",
                f"{path or self._url} answered 200 with what is no JSON: {_told(answer)}",
            ) from None

    @property
    def posted(self) -> bytes:
        """The body that was posted last; empty before the first."""
        return self._posted[1]

    async def post_as_is(
        self, content: bytes, headers: Mapping[str, str], request_id: str
    ) -> tuple[int, bytes]:
        """Post any bytes to where the last body went, once; return the status and the answer.

        Raises RequestError where there is none: timeout, closed or unreachable.
        """
        marked = {**headers, **self._marks(request_id), "Connection": "close"}
        request = self._client.build_request(
            "POST", self._address(self._posted[0]), content=content, headers=marked
        )
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._exchange(request)
        except (httpx.TimeoutException, TimeoutError):
            raise RequestError("timeout", "it was not answered in time") from None
        except CLOSED:
            raise RequestError("closed", "the connection was closed") from None
        except httpx.TransportError as error:
            raise RequestError("unreachable", str(error)) from None

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _send(
        self, method: str, path: str, content: bytes | None, request_id: str
    ) -> tuple[int, bytes]:
        headers = {"Content-Type": "application/json"} if content is not None else {}
        if request_id:
            headers |= self._marks(request_id)
        url = self._address(path)
        request = self._client.build_request(method, url, content=content, headers=headers)
        try:
            # httpx limits each read; a server that answers byte by byte needs a limit of all.
            async with asyncio.timeout(self._timeout_s):
                try:
                    return await self._exchange(request)
                except CLOSED:
                    # A server may close a connection that it kept open, as many do after an
                    # error; what was sent at that moment is sent again, over a new one.
                    return await self._exchange(request)
        except (httpx.TimeoutException, TimeoutError):
            raise RequestError(
                "timeout",
                f"{url} did not answer within {self._timeout_s:g} s",
                again=True,
                outage=True,
            ) from None
        except httpx.TransportError as error:
            raise RequestError(
                "unreachable",
                f"{self._url} cannot be reached: {str(error) or type(error).__name__}",
                again=True,
                outage=True,
            ) from None

    def _marks(self, request_id: str) -> dict[str, str]:
        return {self._header: request_id, "X-Request-Id": request_id}

    def _address(self, path: str) -> str:
        return self._url.rstrip("/") + path if path else self._url

    async def _exchange(self, request: httpx.Request) -> tuple[int, bytes]:
        response = await self._client.send(request, stream=True)
        try:
            return response.status_code, await _body(response)
        finally:
            await response.aclose()


async def _body(response: httpx.Response) -> bytes:
    body = bytearray()
    async for part in response.aiter_bytes():
        body += part
        if len(body) > LARGEST_ANSWER:
            raise RequestError(
                "too_large", f"the answer has more than {LARGEST_ANSWER} bytes, which is no answer"
            )
    return bytes(body)


def _told(body: bytes) -> str:
    return body[: 4 * LONGEST_PROBLEM].decode(errors="replace").strip()[:LONGEST_PROBLEM]


def _trusted(ca_file: Any) -> ssl.SSLContext | bool:
    if ca_file is None:
        return True
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise EndpointError(
            "credentials", f"endpoint.credentials.ca_file: {ca_file} cannot be used: {error}"
        ) from None
