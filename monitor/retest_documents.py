"""What driftd says of re-tests in JSON."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from detectors.robustness.verdict import Verdict
from monitor import retest_types as types
from monitor.plain_values import plain_time
from monitor.retest.result import Run, State
from monitor.retest.view import RetestsView


def retests_document(retests: RetestsView) -> types.Retests:
    """Return what is known of each re-test of a model, the configured ones first."""
    return types.Retests(
        retests=[
            types.Retest(
                retest=name,
                last=summarise(retests.runs[name]) if name in retests.runs else None,
                next=plain_time(retests.next_ms.get(name)),
            )
            for name in retest_names(retests)
        ],
        running=None if retests.running is None else summarise(retests.running),
    )


def runs_document(model: str, retests: RetestsView, runs: Sequence[Run]) -> dict[str, Any]:
    """Return a model's history, in the shape of ``retest_types.Runs``; runs: newest first."""
    told = retests_document(retests)
    plain: dict[str, Any] = msgspec.to_builtins(
        types.Runs(
            model=model,
            retests=told.retests,
            running=told.running,
            runs=[summarise(run) for run in runs],
        )
    )
    return plain


def run_document(run: Run) -> dict[str, Any]:
    """Return a whole run."""
    plain: dict[str, Any] = msgspec.to_builtins(run)
    return plain


def retest_names(retests: RetestsView) -> list[str]:
    """Return the names of the configured re-tests, then of those that were once."""
    return list(dict.fromkeys([*retests.next_ms, *retests.runs]))


def summarise(run: Run) -> types.RunSummary:
    """Return a run in one row."""
    counts = Counter(each.verdict for each in run.requirements)
    return types.RunSummary(
        id=run.id,
        retest=run.retest,
        cause=run.cause,
        version=run.version,
        state=str(run.state),
        verdict=str(run.verdict) if run.state is State.FINISHED else None,
        reason=run.reason,
        started=run.started,
        ended=run.ended,
        queries=run.queries,
        done=run.done,
        total=run.total,
        doing=run.doing,
        requirements=types.Verdicts(
            passed=counts[Verdict.PASSED],
            failed=counts[Verdict.FAILED],
            inconclusive=counts[Verdict.INCONCLUSIVE],
        ),
        failed=[
            each.words or f"{each.name} is {each.value}, {each.limit} required"
            for each in run.requirements
            if each.verdict is Verdict.FAILED
        ],
    )
