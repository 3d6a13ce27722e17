"""One POST to a receiver: to the configured host alone, and what its answer means."""

import asyncio
import ssl
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx

from monitor.triggers.one_line import one_line
from monitor.triggers.trigger import RefusedError, RetryLaterError

JSON = "application/json"
AGAIN = (408, 425, 429)
"""Statuses, besides those from 500 on, after which the same request may succeed later."""

MOST_BODY_BYTES = 64 * 2**10
BODY_S = 1.0
"""How long an answer's body is waited for; its status has settled what became of the request."""

LONGEST_TOLD = 300

MOST_DIGITS = 12
LONGEST_WAIT_S = 366 * 86_400.0
"""A receiver that asks for more means never."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How a receiver answered. location: where it redirects to, "" for nowhere."""

    status: int
    body: bytes
    location: str
    retry_after: str

    @property
    def words(self) -> str:
        """The status and the beginning of the body."""
        told = one_line(self.body[: 4 * LONGEST_TOLD].decode(errors="replace"), LONGEST_TOLD)
        return f"{self.status}: {told}" if told else str(self.status)


async def post(
    url: str,
    body: bytes,
    content_type: str,
    headers: Mapping[str, str],
    ca_file: Path | None,
    auth: httpx.BasicAuth | None = None,
) -> Answer:
    """Post a body to an address and return the answer, whatever its status.

    Redirects are not followed, and neither proxies nor passwords are taken from the environment:
    no other host is called than that of the address. There is no limit of time; the caller's
    cancels it. Raises RetryLaterError where there is no answer.
    """
    sent = {"User-Agent": "driftd", "Accept-Encoding": "identity", "Content-Type": content_type}
    client = httpx.AsyncClient(
        trust_env=False,
        follow_redirects=False,
        timeout=None,
        verify=_trusted(ca_file) if url.startswith("https") else False,
        auth=auth,
    )
    try:
        async with (
            client,
            client.stream("POST", url, content=body, headers={**sent, **headers}) as response,
        ):
            return Answer(
                response.status_code,
                await _beginning(response),
                response.headers.get("Location", ""),
                response.headers.get("Retry-After", ""),
            )
    except httpx.TransportError as error:
        told = str(error) or type(error).__name__
        raise RetryLaterError(f"the receiver cannot be reached: {told}") from None
    except (httpx.InvalidURL, UnicodeError) as error:
        raise RefusedError(f"the address cannot be called: {error}; correct it") from None


def judge(answer: Answer, done: Collection[int] = ()) -> str:
    """Return what to say of an answer that took the event.

    done: statuses besides 2xx that say that it was taken before. Raises RetryLaterError for 408,
    425, 429 and 5xx, RefusedError for every other status, redirects among them.
    """
    status = answer.status
    if 200 <= status < 300:
        return answer.words
    if status in done:
        return f"{answer.words} (it had this event already)"
    if status in AGAIN or status >= 500:
        raise RetryLaterError(
            f"the receiver answered {answer.words}", wait_s(answer.retry_after, time.time())
        )
    if 300 <= status < 400:
        where = answer.location[:LONGEST_TOLD] or "nowhere"
        raise RefusedError(
            f"the receiver answered {status}, a redirect to {where!r}, and only the configured "
            "address is called; correct it"
        )
    raise RefusedError(f"the receiver refused the event with {answer.words}")


def wait_s(retry_after: str, now_s: float) -> float | None:
    """Return how long a Retry-After header asks to wait, in s; None where it says nothing.

    Source: RFC 9110, section 10.2.3: whole seconds, or a date.

    >>> wait_s("120", 0.0), wait_s("Thu, 01 Jan 1970 00:01:00 GMT", 20.0), wait_s("soon", 0.0)
    (120.0, 40.0, None)
    """
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:MOST_DIGITS]), LONGEST_WAIT_S)
    try:
        wished_s = parsedate_to_datetime(text).timestamp() - now_s
    except (ValueError, OverflowError):
        return None
    return min(max(wished_s, 0.0), LONGEST_WAIT_S)


async def _beginning(response: httpx.Response) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            async for part in response.aiter_raw():
                body += part
                if len(body) >= MOST_BODY_BYTES:
                    break
    except (httpx.TransportError, TimeoutError):
        pass  # what is missing would only have been told
    return bytes(body[:MOST_BODY_BYTES])


def _trusted(ca_file: Path | None) -> ssl.SSLContext | bool:
    if ca_file is None:
        return True
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise RetryLaterError(f"ca_file: {ca_file} cannot be used: {error}") from None
