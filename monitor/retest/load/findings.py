"""What a stress test measured: latencies, failures, the sustained rate and the knee."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from detectors.counts import FloatArray
from monitor.retest.load.hostile import HostileFinding

LEAST_ACHIEVED = 0.95
MOST_FAILED = 0.01
LEAST_GAP = 0.05
"""Of a knee to the chord, in shares of the curve: below it the curve is a line."""


@dataclass(frozen=True, slots=True)
class StepFindings:
    """One step of load.

    offered: requests/s. seconds: from the first answer to the last, plus one interval; as long as
    requests were due, if that is more: an endpoint that keeps up takes as long to answer.
    latency_s: (requests,), from the time each was due until its answer, whatever its status; inf
    where none came in time. reasons: of failed requests, how many each. lag_s: the 99 % quantile
    of how late this client itself was.
    """

    offered: float
    seconds: float
    latency_s: FloatArray
    reasons: Mapping[str, int]
    lag_s: float

    @property
    def requests(self) -> int:
        """How many were due."""
        return len(self.latency_s)

    @property
    def failed(self) -> int:
        """How many got no answer in time, or one that is not of the 200s."""
        return sum(self.reasons.values())

    @property
    def failed_ratio(self) -> float:
        """The share of requests that failed."""
        return self.failed / self.requests

    @property
    def achieved(self) -> float:
        """Requests/s that were answered well."""
        return (self.requests - self.failed) / self.seconds

    @property
    def holds(self) -> bool:
        """Whether the endpoint kept up: at least 95 % of the offered rate, under 1 % failed."""
        kept_up = self.achieved >= LEAST_ACHIEVED * self.offered
        return kept_up and self.failed_ratio < MOST_FAILED


@dataclass(frozen=True, slots=True)
class StressFindings:
    """What a stress test found.

    sustained, knee: requests/s, None where there is none.
    """

    steps: tuple[StepFindings, ...]
    sustained: float | None
    knee: float | None
    hostile: tuple[HostileFinding, ...] = ()

    @classmethod
    def of(cls, steps: Sequence[StepFindings], hostile: Sequence[HostileFinding] = ()) -> Self:
        """Draw the conclusions of steps by growing rate; at least one."""
        return cls(tuple(steps), sustained(steps), knee(steps), tuple(hostile))


def sustained(steps: Sequence[StepFindings]) -> float | None:
    """Return the offered rate of the last step before the first that does not hold; None of none.

    steps: by growing rate.
    """
    found = None
    for each in steps:
        if not each.holds:
            break
        found = each.offered
    return found


def knee(steps: Sequence[StepFindings]) -> float | None:
    """Return the offered rate from which on more load brings little more throughput.

    Where the curve of achieved against offered rates, both scaled to 0..1, is furthest above its
    chord; None where that is less than 0.05: the curve does not bend.

    Source: Satopaa et al. (2011), Finding a "Kneedle" in a haystack.
    """
    offered = np.array([each.offered for each in steps])
    achieved = np.array([each.achieved for each in steps])
    if len(steps) < 3 or np.ptp(offered) == 0 or np.ptp(achieved) == 0:
        return None
    gap = (achieved - achieved.min()) / np.ptp(achieved)
    gap -= (offered - offered[0]) / (offered[-1] - offered[0])
    best = int(np.argmax(gap))
    return float(offered[best]) if gap[best] >= LEAST_GAP else None
