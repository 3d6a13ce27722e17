"""Attempts at requests: sent again for the server's reasons, within the budget of records."""

import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import TypeVar

import stamina
from aiolimiter import AsyncLimiter
from stamina.instrumentation import set_on_retry_hooks

from monitor.retest.endpoints.wire import RequestError

FIRST_WAIT_S = 0.1
LONGEST_WAIT_S = 2.0

BURST_S = 0.1
"""How long a rate may be exceeded; the event loop cannot pace single requests much closer."""

Result = TypeVar("Result")

# Failures are counted in the run's document; a line of log for each would be one for each record.
set_on_retry_hooks(())


class Attempts:
    """Makes requests and keeps their books.

    most: records that may be sent. queries: records sent, whatever came of them. errors: requests
    that failed, by reason. latencies_s: of those that were answered.
    """

    def __init__(self, retries: int, most: int, max_rate: float | None) -> None:
        """Begin with nothing sent; max_rate: the most requests in a second, attempts included."""
        self.most = most
        self.queries = 0
        self.errors: Counter[str] = Counter()
        self.latencies_s: list[float] = []
        self._limiter = None if max_rate is None else _limiter(max_rate)
        self._caller = stamina.AsyncRetryingCaller(
            attempts=retries + 1,
            timeout=None,
            wait_initial=FIRST_WAIT_S,
            wait_max=LONGEST_WAIT_S,
            wait_jitter=FIRST_WAIT_S,
        )

    async def __call__(
        self, request: Callable[[], Awaitable[Result]], records: int, sure: bool = False
    ) -> Result:
        """Return what a request about so many records returns.

        sure: whether an error that its records may be the cause of is known to be theirs, and is
        not tried again. Raises RequestError, of the last attempt.
        """

        def again(error: Exception) -> bool:
            return (
                isinstance(error, RequestError)
                and error.again
                and not (sure and error.divide)
                and self.queries + records <= self.most
            )

        return await self._caller(again, self._once, request, records)

    async def _once(self, request: Callable[[], Awaitable[Result]], records: int) -> Result:
        if self.queries + records > self.most:
            raise RequestError("budget_spent", "no more records may be sent; raise queries")
        self.queries += records
        if self._limiter is not None:
            await self._limiter.acquire()
        began = time.monotonic()
        try:
            result = await request()
        except RequestError as error:
            self.errors[error.reason] += 1
            raise
        if records:
            self.latencies_s.append(time.monotonic() - began)
        return result


def _limiter(rate: float) -> AsyncLimiter:
    burst = max(1.0, rate * BURST_S)
    return AsyncLimiter(burst, burst / rate)
