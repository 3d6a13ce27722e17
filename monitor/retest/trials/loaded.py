"""Load on the endpoint: single records at a fixed rate, and how long their answers take."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors.robustness.measured import Census, Measured, Quantile, Reading, Share
from detectors.robustness.table import Table
from monitor.config.endpoint import EndpointConfig
from monitor.config.load_limits import LoadConfig
from monitor.retest.load.findings import StepFindings
from monitor.retest.load.plan import Caps, Plan, Step, ramp
from monitor.retest.load.protocol import Endpoint, stress_with_records
from monitor.retest.trials.outcome import Outcome

OVERSIZED = 8 * 2**20
MOST_LAG = 0.1


@dataclass(frozen=True, slots=True)
class Load:
    """Requests at fixed times, whatever becomes of the ones before; severity: requests/s.

    seconds: how long. concurrency: connections. first: requests/s that a ramp begins with, each
    step a quarter more than the one before until the severity; 0 for the severity alone. The ramp
    ends at the first step that the endpoint does not hold. hostile: whether malformed requests and
    one of OVERSIZED bytes follow; they should be answered with a 400, and good ones after them.
    """

    unit: ClassVar[str] = "requests/s"
    severities: ClassVar[tuple[float, ...]] = (20.0, 50.0, 100.0, 200.0)

    seconds: float = 10.0
    concurrency: int = 64
    first: float = 0.0
    hostile: bool = False

    def steps(self, rate: float) -> tuple[Step, ...]:
        """Return the steps up to a rate. Raises LoadError where the ramp begins above it."""
        return ramp(self.first, rate, self.seconds) if self.first else (Step(rate, self.seconds),)

    def requests(self, rate: float) -> int:
        """Return how many requests are sent, hostile ones and those between them too."""
        return self._plan(rate, 1.0).requests

    def plan(self, rate: float, config: EndpointConfig) -> Plan:
        """Return what is sent; an answer may take the endpoint's timeout. Raises LoadError."""
        return self._plan(rate, config.timeout / 1000)

    def _plan(self, rate: float, timeout_s: float) -> Plan:
        oversized = OVERSIZED if self.hostile else 0
        return Plan(self.steps(rate), self.concurrency, timeout_s, oversized)


def caps_of(limits: LoadConfig) -> Caps:
    """Return the configured caps. Raises LoadError beyond the hard limits."""
    return Caps(limits.hosts, limits.max_rate, limits.max_requests)


def loaded(load: Load, rate: float, caps: Caps, endpoint: Endpoint, table: Table) -> Outcome:
    """Send the records of a table in turn, one a request, up to a rate.

    Latencies are in s, from when a request was due, and inf where no answer came in time. Raises
    LoadError where the caps do not allow it and EndpointError where the model is not ready.
    """
    singles = [table.take(np.array([place])) for place in range(len(table))]
    plan = load.plan(rate, endpoint.config)
    found = stress_with_records(endpoint, singles, plan, caps)
    step = found.steps[-1]
    measured: dict[str, Measured] = {}
    if step.offered == rate:
        measured["latency_p50"] = Quantile(step.latency_s, 0.5)
        measured["latency_p99"] = Quantile(step.latency_s, 0.99)
        measured["failed_ratio"] = Share(step.failed, 0, step.requests)
    if load.first:
        requests = sum(each.requests for each in found.steps)
        measured["sustained_rate"] = Reading(found.sustained or 0.0, requests)
        if found.knee is not None:
            measured["knee_rate"] = Reading(found.knee, requests)
    variants: dict[str, dict[str, Measured]] = {"": measured}
    for each in found.hostile:
        variants[f"{each.name} request"] = {"hostile_ratio": Census(int(not each.well), 1)}
    return Outcome(
        variants=variants,
        lost=np.zeros(len(table), dtype=np.int64),
        failing=(),
        by_feature={},
        failed=step.failed,
        kept={},
        doubt=_doubt(step, plan.timeout_s),
    )


def _doubt(step: StepFindings, timeout_s: float) -> str:
    """Tell why slowness may be this client's own: it was late by over a tenth of the p99.

    A p99 that was not seen is at least the time-out.
    """
    p99_s = Quantile(step.latency_s, 0.99).interval().value
    if step.lag_s <= MOST_LAG * min(p99_s, timeout_s):
        return ""
    return (
        f"driftd itself sent requests up to {1000 * step.lag_s:.0f} ms late, so the slowness may "
        "be its own; ask for a lower rate, or run it on an idle machine"
    )
