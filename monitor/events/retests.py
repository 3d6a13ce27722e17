"""Events of re-tests: a function of a model's history of runs."""

from collections.abc import Iterator, Mapping, Sequence

from detectors.robustness.verdict import Verdict
from monitor.events.event import (
    PREFIX,
    Event,
    EventData,
    EventRetest,
    EventType,
    Severity,
)
from monitor.events.event_id import event_id
from monitor.events.links import links_of
from monitor.retest.history import started_ms
from monitor.retest.lane import Cause
from monitor.retest.result import Run, State

TOLD = {Verdict.FAILED: EventType.RETEST_FAILED, Verdict.PASSED: EventType.RETEST_PASSED}
SEVERITIES = {Verdict.FAILED: Severity.PAGE, Verdict.PASSED: Severity.INFO}
ASKED_FOR = frozenset({Cause.ALARM, Cause.REQUEST, Cause.ALERT})
MOST_FAILED = 5
"""Failed requirements that a summary tells of; the event lists them all."""


def retest_events(
    runs: Sequence[Run], base_url: str, failing: Mapping[str, str]
) -> Iterator[Event]:
    """Yield the events of a model's runs, oldest first; runs: newest first, as in its history.

    failing: the incidents that were told of and go on, by re-test; the history may have forgotten
    the run that opened one.
    A run by the schedule is told where its verdict is another than the one before, so that a
    model that fails every night is one event until it passes; runs that somebody asked for are
    told each. Inconclusive runs, and gates for models that are not live, tell nothing.
    """
    known = set(map(_id, runs))
    opened = {retest: incident for retest, incident in failing.items() if incident not in known}
    before = dict.fromkeys(opened, Verdict.FAILED)
    for run in reversed(runs):
        live = run.cause in (Cause.SCHEDULE, *ASKED_FOR)
        if run.state is not State.FINISHED or run.verdict not in TOLD or not live:
            continue
        found = _id(run)
        changed = before.get(run.retest) != run.verdict
        incident = opened.get(run.retest, found)
        if run.verdict is Verdict.FAILED:
            opened.setdefault(run.retest, found)
        else:
            opened.pop(run.retest, None)
        before[run.retest] = run.verdict
        if changed or run.cause in ASKED_FOR:
            yield _event(run, found, incident, base_url)


def _id(run: Run) -> str:
    return event_id(started_ms(run), run.model, run.retest, run.id)


def _event(run: Run, found: str, incident: str, base_url: str) -> Event:
    failed = [each for each in run.requirements if each.verdict is Verdict.FAILED]
    return Event(
        id=found,
        source=f"driftd/{run.model}",
        type=PREFIX + TOLD[run.verdict],
        subject=f"{run.model}/{run.retest}",
        time=run.ended,
        data=EventData(
            model=run.model,
            version=run.version,
            incident=incident,
            kind="retest",
            severity=SEVERITIES[run.verdict],
            summary=_summary(run, [each.words or each.name for each in failed]),
            retest=EventRetest(
                retest=run.retest,
                run=run.id,
                cause=run.cause,
                verdict="failed" if failed else "passed",
                failed=[each.name for each in failed],
            ),
            links=links_of(base_url, run.model, "retest"),
        ),
    )


def _summary(run: Run, failed: Sequence[str]) -> str:
    if not failed:
        return f"re-test {run.retest} passed: all of {len(run.requirements)} requirements are met"
    told = "; ".join(failed[:MOST_FAILED])
    more = f"; and {len(failed) - MOST_FAILED} more" if len(failed) > MOST_FAILED else ""
    return (
        f"re-test {run.retest} failed: {len(failed)} of {len(run.requirements)} requirements: "
        f"{told}{more}"
    )
