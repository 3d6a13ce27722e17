"""What the re-tests of a model did so far, added up for counters."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from detectors.robustness.verdict import Verdict
from monitor.retest.result import Run, State

DURATION_S = (1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0)
"""Upper bounds of the buckets of run durations; the last bucket has none."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over the runs of one re-test that ended.

    runs: by what became of them: a verdict, or interrupted. queries: records sent. errors:
    failed requests by reason. durations: (len(DURATION_S) + 1,) runs by how long they took;
    seconds: the sum of that. passed: when the newest run ended that passed, "" for none.
    """

    runs: Mapping[str, int] = field(default_factory=dict)
    queries: int = 0
    errors: Mapping[str, int] = field(default_factory=dict)
    durations: tuple[int, ...] = (0,) * (len(DURATION_S) + 1)
    seconds: float = 0.0
    passed: str = ""

    def plus(self, run: Run) -> "Totals":
        """Return the totals with a run that ended; one that still runs changes nothing."""
        if run.state is State.RUNNING:
            return self
        result = str(run.verdict) if run.state is State.FINISHED else str(run.state)
        took_s = duration_s(run)
        place = None if took_s is None else sum(took_s > bound for bound in DURATION_S)
        return Totals(
            runs={**self.runs, result: self.runs.get(result, 0) + 1},
            queries=self.queries + run.queries,
            errors={
                reason: self.errors.get(reason, 0) + run.errors.get(reason, 0)
                for reason in [*self.errors, *run.errors]
            },
            durations=tuple(
                count + (bucket == place) for bucket, count in enumerate(self.durations)
            ),
            seconds=self.seconds + (took_s or 0.0),
            passed=max(self.passed, run.ended) if result == Verdict.PASSED else self.passed,
        )


def duration_s(run: Run) -> float | None:
    """Return how long a run took, in s; None where its end is not known."""
    if not run.ended:
        return None
    return (datetime.fromisoformat(run.ended) - datetime.fromisoformat(run.started)).total_seconds()
