"""A run of a re-test from its configuration to its result."""

import secrets
from contextlib import ExitStack
from datetime import UTC, datetime

from detectors.robustness.gate_budget import LARGEST, alpha_per_gate
from monitor.config import ModelConfig, Settings
from monitor.config.retests import RetestConfig
from monitor.reference.file import Reference
from monitor.retest.endpoints import open_model
from monitor.retest.failing_cases import CaseBook
from monitor.retest.history import History
from monitor.retest.making import LARGEST_SEED, Maker
from monitor.retest.plan import plan
from monitor.retest.result import Run, State
from monitor.retest.running import Progress, Running
from monitor.retest.runs_in_period import runs_in_period
from monitor.retest.subject import space_of, task_of


def run_retest(
    settings: Settings,
    reference: Reference,
    model_name: str,
    retest_name: str,
    cause: str,
    url: str | None,
    history: History,
    progress: Progress,
    gate: bool,
) -> Run:
    """Run a re-test to its end and return what it found; as carry_out."""
    return carry_out(
        settings, reference, model_name, retest_name, cause, url, history, progress, gate
    ).run


def carry_out(
    settings: Settings,
    reference: Reference,
    model_name: str,
    retest_name: str,
    cause: str,
    url: str | None,
    history: History,
    progress: Progress,
    gate: bool,
    seed: int | None = None,
) -> Running:
    """Run a re-test to its end and return it with all that it found.

    url: of another endpoint to ask in place of the configured one. gate: decide a release: the
    chance of a false failure is 5 % over this one run, in place of the period's budget. seed: in
    place of the configured one.
    A model that cannot be asked gives an inconclusive run with the reason. Raises ClashError for
    requirements that make no sense.
    """
    model = settings.models[model_name]
    retest = model.retests[retest_name]
    planned = plan(model, retest)
    assert model.endpoint is not None, "a plan has an endpoint"
    task, space = task_of(model, retest, reference), space_of(model, reference)
    if seed is None:
        seed = secrets.randbelow(LARGEST_SEED) if retest.seed == "fresh" else retest.seed
    begun = datetime.now(UTC)
    run = Run(
        id=f"{begun:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}",
        model=model_name,
        retest=retest_name,
        cause=cause,
        endpoint=url or model.endpoint.url,
        version="",
        state=State.RUNNING,
        started=begun.isoformat(timespec="milliseconds"),
        seed=seed,
        budget=retest.queries,
        total=len(planned.trials) + len(planned.curves),
    )
    alpha = _alpha(model, retest, len(planned.gates), gate)
    with ExitStack() as stack:
        live = open_model(
            model.endpoint,
            model_name,
            model.schema,
            space,
            task,
            retest.queries,
            run.id,
            url,
            model.records.marks,
        )
        stack.callback(live.close)
        book = CaseBook(run.id, task, space)
        maker = Maker(run.id, model_name, seed, run.endpoint, model, model.endpoint, space, live)
        running = Running(run, planned, alpha, model, retest, space, task, live, book, maker)
        running.told = [history.write, progress]
        history.begin(run)
        running.all(history)
    return running


def _alpha(model: ModelConfig, retest: RetestConfig, gates: int, gate: bool) -> float:
    if gate:
        return LARGEST / gates
    return alpha_per_gate(retest.false_fails.most, gates, runs_in_period(model, retest))
