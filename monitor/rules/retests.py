"""Alerts on re-tests: requirements that failed, and runs that do not come."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from monitor.config.every import parse_every
from monitor.config.retests import RetestConfig
from monitor.rules import told
from monitor.rules.pace import HOUR_MS, MINUTE_MS
from monitor.rules.rule import Alert, Loudness
from monitor.rules.scope import MODEL, Scope, equal
from monitor.rules.span import span

RETEST = f"{MODEL}, retest"
LATE_MS = 6 * HOUR_MS
"""How long after its time a run may end where nothing is known of its schedule."""

LONGEST_RUN_MS = 12 * HOUR_MS
"""After so long a run is ended by driftd."""

FROM = datetime(2026, 1, 1, tzinfo=UTC)
"""Schedules are looked at from here, so that the same configuration gives the same rules."""

RUNS_LOOKED_AT = 400
YEARS_LOOKED_AT = 5


def failed(scope: Scope) -> Alert:
    """Return the alert on requirements that a model did not meet."""
    verdict = scope.of("driftd_retest_verdict", equal("verdict", "fail"))
    gates = told.listed(
        'max by (gate) (driftd_retest_verdict{job=%q,model=%q,version=%q,retest=%q,verdict="fail"})'
        " == 1",
        "$labels.job $labels.model $labels.version $labels.retest",
        ": ",
        "{{ $s.Labels.gate }}",
        after="",
        by="gate",
    )
    return Alert(
        name="DriftdRetestFailed",
        loudness=Loudness.WARNING,
        expr=f"count by ({RETEST}, version) (\n"
        f"  max by ({RETEST}, version, gate) ({verdict}) == 1\n)",
        summary="A model failed a robustness requirement.",
        description=f"In re-test {{{{ $labels.retest }}}}, {told.MODEL_VERSION} failed "
        f"{{{{ $value }}}} of its requirements{gates}. It stays so until a run passes.",
    )


def overdue(scope: Scope) -> Alert:
    """Return the alert on a run that is due and neither ends nor is under way."""
    return _overdue(scope, f"time() - {_next(scope)} > {LATE_MS // 1000}", "")


def overdue_by_schedule(scope: Scope, name: str, retest: RetestConfig) -> Iterator[Alert]:
    """Yield the same for a configured re-test, none where it runs only when it is asked for.

    Besides, it is overdue when no run has ended for longer than the schedule ever pauses.
    """
    if retest.every is None:
        return
    pause_ms = longest_pause_ms(retest.every, retest.timezone)
    late_s = max(HOUR_MS, min(pause_ms // 2, LONGEST_RUN_MS)) // 1000
    silent_s = (pause_ms + retest.jitter + LONGEST_RUN_MS) // 1000 + late_s
    chosen = equal("retest", name)
    last = f"max by ({RETEST}) ({scope.of('driftd_retest_last_run_timestamp_seconds', chosen)})"
    expr = f"time() - {_next(scope, chosen)} > {late_s}\nor time() - {last} > {silent_s}"
    longest = span(pause_ms)
    words = f" Its schedule is '{retest.every}', and pauses for {longest} at most."
    alert = _overdue(scope, expr, words, chosen)
    yield replace(alert, labels={"retest": name})


def longest_pause_ms(every: str, timezone: str) -> int:
    """Return the longest time between two runs of a schedule, in whole minutes."""
    parsed = parse_every(every, timezone)
    if isinstance(parsed, int):
        return parsed
    times: list[datetime] = []
    at = parsed.get_next_fire_time(None, FROM)
    last = FROM + timedelta(days=366 * YEARS_LOOKED_AT)
    while at is not None and at < last and len(times) < RUNS_LOOKED_AT:
        times.append(at)
        at = parsed.get_next_fire_time(at, at + timedelta(milliseconds=1))
    pauses = [(later - earlier) for earlier, later in pairwise(times)]
    longest = max(pauses, default=last - FROM)
    return -(-int(longest.total_seconds() * 1000) // MINUTE_MS) * MINUTE_MS


def _next(scope: Scope, *chosen: str) -> str:
    return f"max by ({RETEST}) ({scope.of('driftd_retest_next_run_timestamp_seconds', *chosen)})"


def _overdue(scope: Scope, expr: str, words: str, *chosen: str) -> Alert:
    running = scope.of("driftd_retest_progress_ratio", *chosen)
    return Alert(
        name="DriftdRetestOverdue",
        loudness=Loudness.WARNING,
        expr=f"(\n{expr}\n)\nunless on ({RETEST}) {running}",
        summary="A re-test does not run when it should.",
        description="Re-test {{ $labels.retest }} of model {{ $labels.model }} has been due for "
        f"{{{{ $value | humanizeDuration }}}} and does not run.{words}",
        wait_ms=15 * MINUTE_MS,
    )
