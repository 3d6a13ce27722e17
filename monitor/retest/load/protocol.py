"""The stress test of an endpoint with records in its own protocol."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from detectors.robustness.space import Space
from detectors.robustness.table import Table
from monitor.config.endpoint import EndpointConfig
from monitor.retest.endpoints import DEFAULT_MARKS, OVER_HTTP
from monitor.retest.endpoints.transport import Transport
from monitor.retest.endpoints.wire import RequestError, Wire
from monitor.retest.load.findings import StressFindings
from monitor.retest.load.hostile import Hostile, HostileFinding, hostile_requests, judge
from monitor.retest.load.open_loop import Send, UnansweredError, climb
from monitor.retest.load.plan import Caps, LoadError, Plan
from monitor.retest.model import EndpointError

UNANSWERED = ("timeout", "unreachable")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint that records can be sent to over HTTP.

    model_name: where the configuration names no other. url: in place of the configured one.
    header, id_start: mark each request.
    """

    config: EndpointConfig
    model_name: str
    space: Space
    id_start: str
    url: str = ""
    header: str = DEFAULT_MARKS.header

    def wire(self, plan: Plan) -> tuple[Wire, Transport]:
        """Return a wire that only the plan limits, and what carries it."""
        limits = {
            "concurrency": plan.concurrency,
            "timeout": round(plan.timeout_s * 1000),
            "max_rate": None,
        }
        config = self.config.model_copy(update=limits)
        transport = Transport(config, self.url or config.url, self.header)
        name = config.model or self.model_name
        return OVER_HTTP[config.protocol](config, name, self.space, transport), transport


def stress_with_records(
    endpoint: Endpoint,
    tables: Sequence[Table],
    plan: Plan,
    caps: Caps,
) -> StressFindings:
    """Send tables in turn, one a request, by the steps of a plan, then the hostile requests.

    tables: at least one, as small as production's requests are. Nothing is sent twice, and
    ``max_rate`` of the endpoint gives way to the caps. Raises LoadError where they do not allow
    the plan or the endpoint is no server, and EndpointError where it is not ready.
    """
    if endpoint.config.protocol not in OVER_HTTP:
        raise LoadError(
            f"load: protocol {endpoint.config.protocol} runs in this process; only a server can "
            "be stressed"
        )
    caps.require(endpoint.url or endpoint.config.url, plan)
    return asyncio.run(_stress(endpoint, tables, plan))


async def _stress(endpoint: Endpoint, tables: Sequence[Table], plan: Plan) -> StressFindings:
    wire, transport = endpoint.wire(plan)
    try:
        await _open(wire)
        cast = [wire.cast(table) for table in tables]
        ids = count(1)

        async def send(number: int) -> str:
            try:
                await wire.ask(cast[number % len(cast)], f"{endpoint.id_start}{next(ids)}")
            except RequestError as error:
                if error.reason in UNANSWERED:
                    raise UnansweredError(error.reason) from None
                return error.reason
            except EndpointError as error:
                return error.reason
            return ""

        steps = await climb(plan, send)
        hostile = hostile_requests(transport.posted, plan.oversized) if plan.oversized else ()
        taken = [
            await _hostile(each, transport, f"{endpoint.id_start}hostile-{number}", send)
            for number, each in enumerate(hostile)
        ]
        return StressFindings.of(steps, taken)
    finally:
        await wire.close()


async def _hostile(hostile: Hostile, transport: Transport, mark: str, send: Send) -> HostileFinding:
    """Send a hostile request, then a good one, and judge what came back."""
    began = time.monotonic()
    status, body, reason = None, b"", ""
    try:
        status, body = await transport.post_as_is(hostile.content, hostile.headers, mark)
    except RequestError as error:
        reason = error.reason
    seconds = time.monotonic() - began
    try:
        alive = not await send(0)
    except UnansweredError:
        alive = False
    return judge(hostile, status, reason, body, seconds, alive)


async def _open(wire: Wire) -> None:
    try:
        await wire.open()
    except RequestError as error:
        raise EndpointError(error.reason, str(error)) from None
