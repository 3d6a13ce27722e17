"""Requests at times fixed beforehand, whatever becomes of the ones before."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

import numpy as np

from detectors.counts import FloatArray
from monitor.retest.load.findings import StepFindings
from monitor.retest.load.plan import Plan, Step

START_S = 0.05
NOT_SENT = "not_sent"
TIMEOUT = "timeout"

Send = Callable[[int], Awaitable[str]]
"""Sends the request of a number; returns "" or why the answer is a failure."""


class UnansweredError(Exception):
    """A request got no answer; reason: one word for metrics."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


async def climb(plan: Plan, send: Send) -> list[StepFindings]:
    """Take the steps of a plan, each after the one before, up to the first that does not hold.

    So an endpoint that is down is not pressed further.
    """
    steps: list[StepFindings] = []
    for step in plan.steps:
        found = await open_loop(step, send, plan.concurrency, plan.timeout_s)
        steps.append(found)
        if not found.holds:
            break
    return steps


async def open_loop(step: Step, send: Send, concurrency: int, timeout_s: float) -> StepFindings:
    """Send a step's requests, each when it is due, and measure from that time.

    A closed loop waits for answers, so a stall hides the requests that it held back (coordinated
    omission). Here they are due all the same: where all ``concurrency`` connections are busy a
    request waits for one, and the wait is part of its latency. A request is given up ``timeout_s``
    after it was sent, or ``not_sent`` after it was due where no connection was free by then: a
    server that hangs is not pressed with requests that are given up at once.

    Source: Tene (2013), How not to measure latency.
    """
    loop = asyncio.get_running_loop()
    times = step.times_s
    latency, lag = np.full(len(times), np.inf), np.zeros(len(times))
    reasons = [NOT_SENT] * len(times)
    slots = asyncio.Semaphore(concurrency)
    begin = loop.time() + START_S

    async def one(number: int, due: float) -> None:
        try:
            async with asyncio.timeout_at(due + timeout_s):
                await slots.acquire()
        except TimeoutError:
            return
        try:
            async with asyncio.timeout(timeout_s):
                reasons[number] = await send(number)
            latency[number] = loop.time() - due
        except TimeoutError:
            reasons[number] = TIMEOUT
        except UnansweredError as error:
            reasons[number] = error.reason
        finally:
            slots.release()

    async with asyncio.TaskGroup() as requests:
        for number, time in enumerate(times.tolist()):
            due = begin + time
            await asyncio.sleep(max(due - loop.time(), 0.0))
            lag[number] = loop.time() - due
            requests.create_task(one(number, due))
    return StepFindings(
        offered=step.rate,
        seconds=_seconds(times + latency, step.rate),
        latency_s=latency,
        reasons=dict(Counter(filter(None, reasons))),
        lag_s=float(np.quantile(lag, 0.99)),
    )


def _seconds(answered_s: FloatArray, rate: float) -> float:
    """Return how long a step's answers took to come, one interval included; see StepFindings."""
    came = answered_s[np.isfinite(answered_s)]
    spread = float(np.ptp(came)) + 1 / rate if len(came) else 0.0
    return max(spread, len(answered_s) / rate)
