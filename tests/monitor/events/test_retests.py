"""Re-tests that fail night after night are one event, until they pass."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from detectors.robustness.verdict import Verdict
from monitor.events.event import EventType, Severity
from monitor.events.retests import retest_events
from monitor.retest.result import Run, State
from tests.monitor.retest.runs import a_passed_run, a_run

LETTERS = {"f": Verdict.FAILED, "p": Verdict.PASSED, "i": Verdict.INCONCLUSIVE}


def history(verdicts: str, cause: str = "schedule") -> list[Run]:
    """Return a history, the newest first, told by letters, the oldest first: f, p or i."""
    runs = []
    for night, letter in enumerate(verdicts, start=1):
        made = a_passed_run if letter == "p" else a_run
        times = {
            "started": f"2026-01-{night:02}T03:00:00Z",
            "ended": f"2026-01-{night:02}T03:01:00Z",
        }
        runs.append(made(id=f"run-{night}", cause=cause, verdict=LETTERS[letter], **times))
    return runs[::-1]


def told(runs: Sequence[Run]) -> list[tuple[str, str]]:
    return [
        (each.data.retest.run, each.data.retest.verdict) for each in retest_events(runs, "", {})
    ]


def test_only_a_change_of_the_verdict_is_told():
    assert told(history("ppfffippf")) == [
        ("run-1", "passed"),
        ("run-3", "failed"),
        ("run-7", "passed"),
        ("run-9", "failed"),
    ]


def test_what_somebody_asked_for_is_always_told():
    assert told(history("ff", "request")) == [("run-1", "failed"), ("run-2", "failed")]
    assert told(history("pp", "alarm")) == [("run-1", "passed"), ("run-2", "passed")]
    assert told(history("ff", "alert")) == [("run-1", "failed"), ("run-2", "failed")]


def test_gates_for_models_that_are_not_live_and_runs_that_have_not_ended_tell_nothing():
    assert told(history("fp", "gate")) == []
    assert told([a_run(state=State.RUNNING), a_run(state=State.INTERRUPTED)]) == []


def test_failures_of_one_streak_and_the_pass_that_ends_it_are_one_incident():
    runs = [*history("fpf"), a_run(id="asked", cause="request", started="2026-01-04T00:00:00Z")]
    runs.sort(key=lambda run: run.started, reverse=True)
    first, passed, second, asked = retest_events(runs, "", {})
    assert passed.data.incident == first.data.incident == first.id
    assert asked.data.incident == second.data.incident == second.id != first.id
    assert passed.closes
    assert not asked.closes


def test_a_streak_goes_on_where_the_history_has_forgotten_how_it_began():
    failed = next(retest_events(history("f"), "", {}))
    failing = {failed.data.retest.retest: failed.id}
    later = history("ffffpf")[:4]
    passed, again = retest_events(later, "", failing)
    assert (passed.data.retest.run, passed.data.incident) == ("run-5", failed.id)
    assert again.data.incident == again.id
    assert list(retest_events(history("fffp"), "", failing)) == list(
        retest_events(history("fffp"), "", {})
    )


def test_a_failure_pages_and_names_the_requirements_that_failed():
    (event,) = retest_events([a_run()], "http://d", {})
    assert event.what is EventType.RETEST_FAILED
    assert event.data.severity is Severity.PAGE
    assert event.data.retest.failed == [
        each.name for each in a_run().requirements if each.verdict is Verdict.FAILED
    ]
    assert event.data.summary.startswith("re-test nightly failed: 1 of 3 requirements: ")
    assert event.subject == "credit/nightly"
    assert event.data.links.runbook == "http://d/runbook#driftdretestfailed"


@given(st.text("fpi", max_size=20))
def test_a_longer_history_tells_the_same_of_what_it_held_before(verdicts):
    whole = list(retest_events(history(verdicts), "", {}))
    for length in range(len(verdicts)):
        part = list(retest_events(history(verdicts[:length]), "", {}))
        assert whole[: len(part)] == part
    assert len({event.id for event in whole}) == len(whole)
