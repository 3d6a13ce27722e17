"""What a stress test sends and when, all of it fixed before the first request."""

from collections.abc import Sequence
from dataclasses import dataclass

import httpx
import numpy as np

from detectors.counts import FloatArray
from monitor.retest.load.hostile import HOSTILE_REQUESTS

MOST_RATE = 2_000.0
MOST_TOTAL = 1_000_000
MOST_CONCURRENCY = 1_000
"""Hard limits, in requests/s, requests and connections: no configuration goes beyond them."""

GROWTH = 1.25
"""From step to step of a ramp."""


class LoadError(ValueError):
    """A load must not be sent; the message says why and names the mend."""


@dataclass(frozen=True, slots=True)
class Caps:
    """What a stress test may do at most.

    hosts: that it may go to, as ``host`` (any port) or ``host:port``. rate: requests/s.
    total: requests, hostile ones too. Raises LoadError beyond the hard limits.
    """

    hosts: Sequence[str]
    rate: float
    total: int

    def __post_init__(self) -> None:
        """Check the caps themselves."""
        _require_at_most("rate", self.rate, MOST_RATE, "requests/s")
        _require_at_most("total", self.total, MOST_TOTAL, "requests")

    def require(self, url: str, plan: "Plan") -> None:
        """Raise LoadError unless this plan may be sent to this address."""
        self.require_host(url)
        self.require_plan(plan)

    def require_host(self, url: str) -> None:
        """Raise LoadError unless this address may be stressed."""
        found = httpx.URL(url)
        port = found.port or {"http": 80, "https": 443}.get(found.scheme)
        # A host of IPv6 has colons of its own, and brackets only before a port.
        with_port = f"[{found.host}]:{port}" if ":" in found.host else f"{found.host}:{port}"
        if not {found.host, with_port} & set(self.hosts):
            raise LoadError(
                f"load: {with_port} is not among the hosts that may be stressed "
                f"({', '.join(self.hosts) or 'none'}); name it there if it is yours to stress"
            )

    def require_plan(self, plan: "Plan") -> None:
        """Raise LoadError where a plan is more than may be sent."""
        fastest = max(step.rate for step in plan.steps)
        if fastest > self.rate:
            raise LoadError(
                f"load: {fastest:g} requests/s, but at most {self.rate:g} may be sent; lower the "
                "rate or raise the cap"
            )
        if plan.requests > self.total:
            hostile = f", {HOSTILE_REQUESTS} of them for hostile ones" if plan.oversized else ""
            raise LoadError(
                f"load: {plan.requests} requests in all{hostile}, but at most {self.total} may be "
                "sent; take fewer or shorter steps or raise the cap"
            )


@dataclass(frozen=True, slots=True)
class Step:
    """A constant rate for a while. rate: requests/s. seconds: how long."""

    rate: float
    seconds: float

    @property
    def finite(self) -> bool:
        """Whether both are above 0 and finite."""
        return 0 < self.rate < np.inf and 0 < self.seconds < np.inf

    @property
    def requests(self) -> int:
        """How many are sent; at least one."""
        return max(round(self.rate * self.seconds), 1)

    @property
    def times_s(self) -> FloatArray:
        """When each is sent, evenly spaced, in s from the start; (requests,)."""
        times: FloatArray = np.arange(self.requests) / self.rate
        return times


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps of load, by growing rate, and what no client should send after them.

    concurrency: connections. timeout_s: of a request, and of its wait for a connection.
    oversized: bytes of the largest of the hostile requests; 0 sends none.
    Raises LoadError for steps without length or rate, and beyond the hard limits.
    """

    steps: tuple[Step, ...]
    concurrency: int = 64
    timeout_s: float = 5.0
    oversized: int = 0

    def __post_init__(self) -> None:
        """Check the plan itself."""
        if not self.steps or not all(each.finite for each in self.steps):
            raise LoadError(
                "load: at least one step, and every step needs a rate and a length, finite, above 0"
            )
        if self.concurrency < 1 or self.timeout_s <= 0:
            raise LoadError("load: concurrency is at least 1 and the time-out above 0")
        _require_at_most("concurrency", self.concurrency, MOST_CONCURRENCY, "connections")

    @property
    def requests(self) -> int:
        """How many are sent in all, hostile ones and those between them too."""
        hostile = HOSTILE_REQUESTS if self.oversized else 0
        return sum(each.requests for each in self.steps) + hostile


def ramp(first: float, most: float, seconds: float) -> tuple[Step, ...]:
    """Return steps of ``seconds`` from a first rate to the most, each 1.25 times the one before.

    Raises LoadError where the first rate is not above 0 and at most the last.
    """
    if not 0 < first <= most:
        raise LoadError(f"load: a ramp from {first:g} to {most:g} requests/s; begin above 0, below")
    count = int(np.floor(np.log(most / first) / np.log(GROWTH) + 1e-9)) + 1
    rates = [first * GROWTH**place for place in range(count)]
    if rates[-1] < most * (1 - 1e-9):
        rates.append(most)
    return tuple(Step(rate, seconds) for rate in rates)


def _require_at_most(name: str, value: float, most: float, unit: str) -> None:
    if value > most:
        raise LoadError(
            f"load.{name}: {value:g} {unit}, but never more than {most:g} from one driftd; lower it"
        )
