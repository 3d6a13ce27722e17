"""Load on the endpoint: single records at a fixed rate, and how long their answers take."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors.robustness.measured import Quantile, Share
from detectors.robustness.table import Table
from monitor.config.endpoint import EndpointConfig
from monitor.config.load_limits import LoadConfig
from monitor.retest.load.findings import MOST_LAG, StepFindings
from monitor.retest.load.plan import Caps, Plan, Step
from monitor.retest.load.protocol import Endpoint, stress_with_records
from monitor.retest.trials.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Load:
    """Requests at fixed times, whatever becomes of the ones before; severity: requests/s.

    seconds: how long. concurrency: connections.
    """

    unit: ClassVar[str] = "requests/s"
    severities: ClassVar[tuple[float, ...]] = (20.0, 50.0, 100.0, 200.0)

    seconds: float = 10.0
    concurrency: int = 64

    def plan(self, rate: float, config: EndpointConfig) -> Plan:
        """Return what is sent; an answer may take the endpoint's timeout. Raises LoadError."""
        return Plan((Step(rate, self.seconds),), self.concurrency, config.timeout / 1000)


def caps_of(limits: LoadConfig) -> Caps:
    """Return the configured caps. Raises LoadError beyond the hard limits."""
    return Caps(limits.hosts, limits.max_rate, limits.max_requests)


def loaded(plan: Plan, caps: Caps, endpoint: Endpoint, table: Table) -> Outcome:
    """Send the records of a table in turn, one a request, by a plan of one step.

    Latencies are in s, from when a request was due, and inf where no answer came in time. Raises
    LoadError where the caps do not allow it and EndpointError where the model is not ready.
    """
    singles = [table.take(np.array([place])) for place in range(len(table))]
    [step] = stress_with_records(endpoint, singles, plan, caps).steps
    return Outcome(
        variants={
            "": {
                "latency_p50": Quantile(step.latency_s, 0.5),
                "latency_p99": Quantile(step.latency_s, 0.99),
                "failed_ratio": Share(step.failed, 0, step.requests),
            }
        },
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
    if step.lag_s <= MOST_LAG * min(step.quantile(0.99).value, timeout_s):
        return ""
    return (
        f"driftd itself sent requests up to {1000 * step.lag_s:.0f} ms late, so the slowness may "
        "be its own; ask for a lower rate, or run it on an idle machine"
    )
