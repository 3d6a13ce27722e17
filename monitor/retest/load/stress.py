"""The stress test of an endpoint with given bodies, and with what no client should send."""

import asyncio
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import httpx
import numpy as np

from monitor.retest.load.findings import StressFindings
from monitor.retest.load.hostile import Hostile, HostileFinding, hostile_requests, judge
from monitor.retest.load.open_loop import UnansweredError, climb
from monitor.retest.load.plan import Caps, LoadError, Plan

LONGEST_BODY = 4_000
LARGEST_OVERSIZED = 64 * 2**20

Mark = Callable[[int], Mapping[str, str]]
"""The headers that mark the request of a number as one of a re-test."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where load goes.

    url: of the request itself. bodies: that are sent in turn; at least one. headers: of every
    request, such as credentials. verify: what certificates are checked against.
    """

    url: str
    bodies: Sequence[bytes]
    mark: Mark
    headers: Mapping[str, str] = field(default_factory=dict)
    verify: ssl.SSLContext | bool = True


def stress(
    target: Target,
    plan: Plan,
    caps: Caps,
    longest_p99_s: float = np.inf,
    oversized: int = 0,
) -> StressFindings:
    """Send the steps of a plan, by growing rate, and then what no client should send.

    oversized: bytes of the largest hostile request; 0 sends nothing hostile. Ends at the first
    step that does not hold, so that an endpoint which is down is not pressed further. Every
    request is marked, and redirects are not followed. Raises LoadError, before anything is sent,
    where the caps do not allow it.
    """
    caps.require(target.url, plan)
    if not 0 <= oversized <= LARGEST_OVERSIZED:
        raise LoadError(f"load: {oversized} bytes are too large; at most {LARGEST_OVERSIZED}")
    hostile = hostile_requests(target.bodies[0], oversized) if oversized else ()
    if plan.requests + 2 * len(hostile) > caps.total:
        raise LoadError(
            f"load: {plan.requests} requests and {2 * len(hostile)} for the hostile ones, but at "
            f"most {caps.total} may be sent; take fewer or shorter steps or raise the cap"
        )
    return asyncio.run(_stress(target, plan, longest_p99_s, hostile))


async def _stress(
    target: Target, plan: Plan, longest_p99_s: float, hostile: Sequence[Hostile]
) -> StressFindings:
    taken: list[HostileFinding] = []
    async with _client(target, plan) as client:
        sender = _Sender(client, target)
        steps = await climb(plan, sender.send, longest_p99_s)
        for each in hostile:
            taken.append(await sender.send_hostile(each, plan.timeout_s))  # noqa: PERF401
    return StressFindings.of(steps, longest_p99_s, taken)


def _client(target: Target, plan: Plan) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        headers={"User-Agent": "driftd", **target.headers},
        # The open loop limits both connections and time, from when a request is due.
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=plan.concurrency),
        timeout=None,
        verify=target.verify,
        # Neither proxies nor passwords that the configuration does not name.
        trust_env=False,
    )


@dataclass(slots=True)
class _Sender:
    """Sends single requests. sent: how many so far, which numbers their marks."""

    client: httpx.AsyncClient
    target: Target
    sent: int = 0

    async def send(self, number: int) -> str:
        """Send the good body of a number; as Send."""
        content = self.target.bodies[number % len(self.target.bodies)]
        status, _ = await self._post(content, {"Content-Type": "application/json"})
        return "" if 200 <= status < 300 else f"http_{status}"

    async def send_hostile(self, hostile: Hostile, timeout_s: float) -> HostileFinding:
        """Send a hostile request, then a good one, and judge what came back."""
        loop = asyncio.get_running_loop()
        begin = loop.time()
        status, body, reason = None, b"", ""
        try:
            async with asyncio.timeout(timeout_s):
                status, body = await self._post(hostile.content, hostile.headers)
        except TimeoutError:
            reason = "timeout"
        except UnansweredError as error:
            reason = error.reason
        seconds = loop.time() - begin
        try:
            async with asyncio.timeout(timeout_s):
                alive = not await self.send(0)
        except (TimeoutError, UnansweredError):
            alive = False
        return judge(hostile, status, reason, body, seconds, alive)

    async def _post(self, content: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Return the status and the beginning of the answer. Raises UnansweredError."""
        self.sent += 1
        marked = {**headers, **self.target.mark(self.sent)}
        try:
            async with self.client.stream(
                "POST", self.target.url, content=content, headers=marked
            ) as response:
                body = bytearray()
                async for part in response.aiter_raw():
                    body += part[: LONGEST_BODY - len(body)]
                return response.status_code, bytes(body)
        except httpx.ConnectError:
            raise UnansweredError("unreachable") from None
        except httpx.TransportError:
            raise UnansweredError("closed") from None
