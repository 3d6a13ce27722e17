"""A run of a re-test that holds its model, keeps the day's budget, and ends whatever happens."""

import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime

from detectors.robustness.verdict import Verdict
from monitor.config import Settings
from monitor.reference.file import Reference
from monitor.retest.history import History
from monitor.retest.result import Run, State

DAY_MS = 86_400_000
DAY_SPENT = "the queries of the last 24 hours are spent (endpoint.queries_per_day)"


def run_locked(
    settings: Settings,
    reference: Reference,
    model_name: str,
    retest_name: str,
    cause: str,
    url: str | None,
    history: History,
    progress: Callable[[Run], None],
    gate: bool,
) -> Run:
    """Run a re-test as `monitor.retest.run.run_retest` does, as the only one of its model.

    Of the configured endpoint no more is asked than the day's budget has left; where that is
    nothing the run is inconclusive. A run that an error ends is interrupted, with the error as
    its reason. Raises BusyError where a re-test of the model runs already, and what ended the run.
    """
    from monitor.retest.run import run_retest

    with history.lock(model_name):
        left = None if url else _left_today(settings, model_name, history)
        if left is not None and left < 1:
            run = inconclusive(settings, model_name, retest_name, cause, DAY_SPENT)
            history.begin(run)
            progress(run)
            return run
        try:
            return run_retest(
                _with_queries(settings, model_name, retest_name, left),
                reference,
                model_name,
                retest_name,
                cause,
                url,
                history,
                progress,
                gate,
            )
        except Exception as error:
            running = history.running(model_name)
            if running is not None:
                history.interrupt(running, f"{type(error).__name__}: {error}")
            raise


def _left_today(settings: Settings, model_name: str, history: History) -> int | None:
    """Return how many records may be sent still, by what the last 24 hours' runs have sent."""
    endpoint = settings.models[model_name].endpoint
    if endpoint is None or endpoint.queries_per_day is None:
        return None
    since_ms = time.time_ns() // 1_000_000 - DAY_MS
    return endpoint.queries_per_day - history.queries_since(model_name, since_ms)


def _with_queries(
    settings: Settings, model_name: str, retest_name: str, left: int | None
) -> Settings:
    """Return the settings with a re-test that sends no more than what is left."""
    model = settings.models[model_name]
    retest = model.retests[retest_name]
    if left is None or left >= retest.queries:
        return settings
    fewer = retest.model_copy(update={"queries": left})
    changed = model.model_copy(update={"retests": {**model.retests, retest_name: fewer}})
    return settings.model_copy(update={"models": {**settings.models, model_name: changed}})


def inconclusive(
    settings: Settings, model_name: str, retest_name: str, cause: str, reason: str
) -> Run:
    """Return a run that ended before it asked the model anything."""
    endpoint = settings.models[model_name].endpoint
    now = datetime.now(UTC)
    told = now.isoformat(timespec="milliseconds")
    return Run(
        id=f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}",
        model=model_name,
        retest=retest_name,
        cause=cause,
        endpoint=endpoint.url if endpoint is not None else "",
        version="",
        state=State.FINISHED,
        started=told,
        ended=told,
        verdict=Verdict.INCONCLUSIVE,
        reason=reason,
    )
