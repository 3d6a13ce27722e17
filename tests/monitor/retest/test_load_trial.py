"""A requirement on load is tested against a real server, or refused."""

import asyncio
from contextlib import contextmanager

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from detectors.robustness.verdict import Verdict
from monitor.http.app_thread import AppThread
from monitor.retest.compare import run_compare
from monitor.retest.history import History
from monitor.retest.result import Run
from monitor.retest.run import run_retest
from tests.monitor.retest.test_plan import planned, problems
from tests.parts.tested_service import NAME, Traffic, set_up, split_data, v2_app, weak

SLOW_S = 0.3
RATE, SECONDS = 20, 1
LOAD = {"perturbation": "load", "severity": RATE, "options": {"seconds": SECONDS}}
FAILURES = {**LOAD, "measure": "failed_ratio", "most": 0.2}
MEDIAN = {**LOAD, "measure": "latency_p50", "most": 1.0}
ENDPOINT = {"protocol": "v2", "url": "http://127.0.0.1:1"}


class Slow:
    """An app whose every prediction takes a while longer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].endswith("/infer"):
            await asyncio.sleep(SLOW_S)
        await self._app(scope, receive, send)


@pytest.fixture(scope="module")
def trained():
    split = split_data()
    return split, weak(split)


@contextmanager
def serving(app: ASGIApp):
    server = AppThread("127.0.0.1:0", app)
    server.start()
    try:
        yield server.url
    finally:
        server.stop()


def ran(
    folder, trained, url: str, *requirements, hosts=("127.0.0.1",), limits=None, **changes
) -> Run:
    split, model = trained
    retest = {"records": 50, "seed": 1, "requirements": list(requirements), **changes}
    endpoint = {"protocol": "v2", "url": url, "load": {"hosts": list(hosts), **(limits or {})}}
    settings, reference = set_up(folder, split, model, url, retest, endpoint=endpoint)
    history = History(folder / "runs")
    return run_retest(
        settings, reference, NAME, "nightly", "request", None, history, lambda _: None, True
    )


def test_a_load_that_the_endpoint_bears_passes_and_its_requests_are_marked_queries(
    tmp_path, trained
):
    traffic = Traffic()
    with serving(v2_app(trained[1], traffic)) as url:
        run = ran(tmp_path, trained, url, FAILURES, MEDIAN, {**MEDIAN, "measure": "latency_p99"})
    failures, median, tail = run.requirements
    assert failures.verdict is median.verdict is Verdict.PASSED
    assert tail.verdict is Verdict.INCONCLUSIVE
    assert tail.reason.startswith(f"{RATE * SECONDS} requests are too few; about")
    [trial] = run.trials
    assert trial.queries == trial.records == RATE * SECONDS
    assert trial.figures["latency_p50"].value < 1.0
    assert run.queries == len(traffic.records) == 2 * 50 + RATE * SECONDS
    marks = [each["x-driftd-retest"] for each in traffic.headers]
    assert len(set(marks)) == len(marks)
    assert all(each.startswith(f"driftd-retest-{run.id}-") for each in marks)


def test_an_endpoint_that_is_slower_than_required_fails(tmp_path, trained):
    with serving(Slow(v2_app(trained[1], Traffic()))) as url:
        run = ran(tmp_path, trained, url, {**MEDIAN, "most": 0.05})
    [slow] = run.requirements
    assert slow.verdict is Verdict.FAILED
    assert slow.value >= SLOW_S


def test_a_ramp_tells_the_highest_rate_that_is_sustained(tmp_path, trained):
    ramp = {**LOAD, "measure": "sustained_rate", "options": {"seconds": 0.5, "first": 10}}
    with serving(v2_app(trained[1], Traffic())) as url:
        run = ran(tmp_path, trained, url, {**ramp, "least": 10})
    [requirement] = run.requirements
    assert requirement.verdict is Verdict.PASSED
    assert 10 <= requirement.value <= RATE


class Careful:
    """An app that answers 400 to whatever its inner app cannot read."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except (ValueError, LookupError, TypeError, RecursionError):
            return  # the answer of 500 was begun already


def test_malformed_requests_that_are_answered_with_500_fail(tmp_path, trained):
    hostile = {**LOAD, "measure": "hostile_ratio", "options": {"seconds": 0.5, "hostile": True}}
    traffic = Traffic()
    with serving(Careful(v2_app(trained[1], traffic))) as url:
        run = ran(tmp_path, trained, url, {**hostile, "most": 0.0})
    [requirement] = run.requirements
    assert requirement.verdict is Verdict.FAILED
    assert "request)" in requirement.words
    assert all("x-driftd-retest" in headers for headers in traffic.headers)


def test_a_host_that_is_not_named_gets_no_load(tmp_path, trained):
    traffic = Traffic()
    with serving(v2_app(trained[1], traffic)) as url:
        run = ran(tmp_path, trained, url, FAILURES, hosts=("elsewhere",))
    [requirement] = run.requirements
    assert requirement.verdict is Verdict.INCONCLUSIVE
    assert "is not among the hosts" in requirement.reason
    assert run.queries == len(traffic.records) == 2 * 50


def test_a_load_is_not_begun_where_the_queries_do_not_suffice_for_all_of_it(tmp_path, trained):
    traffic = Traffic()
    with serving(v2_app(trained[1], traffic)) as url:
        run = ran(tmp_path, trained, url, FAILURES, queries=110)
    assert run.verdict is Verdict.INCONCLUSIVE
    assert run.queries == len(traffic.records) == 2 * 50


def test_load_is_refused_without_its_section():
    told = problems(FAILURES)["requirements.0.perturbation"]
    assert "configure endpoint.load" in told


@pytest.mark.parametrize(
    ("changes", "key", "words"),
    [
        ({"severity": None}, "severity", "requests/s"),
        ({"severity": 0}, "severity", "above 0"),
        ({"severity": float("nan")}, "severity", "finite"),
        ({"options": {"seconds": float("inf")}}, "severity", "finite"),
        ({"severity": 60}, "severity", "at most 50 may be sent"),
        ({"options": {"seconds": 40}}, "severity", "at most 500 may be sent"),
        (
            {"severity": 50, "options": {"seconds": 10, "hostile": True}},
            "severity",
            "520 requests in all, 20 of them for hostile ones, but at most 500 may be sent",
        ),
        ({"options": {"concurrency": 10_000}}, "severity", "never more than"),
        ({"options": {"colour": "red"}}, "options", "no option of load"),
        ({"features": ["age"]}, "features", "changes no record"),
        ({"measure": "accuracy"}, "measure", "latency_p50, latency_p99, sustained_rate"),
    ],
)
def test_a_load_that_may_not_be_sent_is_refused(changes, key, words):
    limits = {"hosts": ["h"], "max_rate": "50/s", "max_requests": 500}
    found = problems({**FAILURES, **changes}, endpoint={**ENDPOINT, "load": limits})
    assert words in found[f"requirements.0.{key}"]


def test_measures_of_one_load_are_of_one_trial():
    found = planned(FAILURES, MEDIAN, endpoint={**ENDPOINT, "load": {"hosts": ["h"]}})
    assert len(found.trials) == 1
    assert not found.curves


def test_a_failure_that_may_be_the_clients_own_is_undecided(tmp_path, trained):
    hasty = {**MEDIAN, "severity": 1_500, "options": {"seconds": 0.15}, "most": 0.0001}
    with serving(v2_app(trained[1], Traffic())) as url:
        run = ran(tmp_path, trained, url, hasty, limits={"max_rate": "2000/s"})
    [requirement] = run.requirements
    assert requirement.verdict is Verdict.INCONCLUSIVE
    assert "driftd itself sent requests" in requirement.reason


def test_other_trials_leave_a_load_its_requests(tmp_path, trained):
    noise = {"perturbation": "gaussian_noise", "severity": 0.1, "measure": "flip_ratio", "most": 1}
    with serving(v2_app(trained[1], Traffic())) as url:
        run = ran(
            tmp_path, trained, url, noise, FAILURES, queries=100 + RATE * SECONDS + 30, curves=False
        )
    first, second = run.trials
    assert first.records == 30 - 15, "a tenth is kept for the smallest failing changes"
    assert second.records == RATE * SECONDS


def test_a_challenger_that_is_slower_under_load_is_worse(tmp_path, trained):
    split, model = trained
    load = {**MEDIAN, "most": 0.2}
    limits = {"hosts": ["127.0.0.1"]}
    retest = {"records": 50, "requirements": [load]}
    with (
        serving(v2_app(model, Traffic())) as quick,
        serving(Slow(v2_app(model, Traffic()))) as slow,
    ):
        endpoint = {"protocol": "v2", "url": quick, "load": limits}
        settings, reference = set_up(tmp_path, split, model, quick, retest, endpoint=endpoint)
        found = run_compare(settings, reference, NAME, "nightly", quick, slow, lambda _: None)
    assert found.verdict is Verdict.FAILED
    [row] = found.differences
    assert (row.champion_verdict, row.challenger_verdict) == (Verdict.PASSED, Verdict.FAILED)
    assert (row.change, row.p, row.records) == ("worse", None, RATE * SECONDS)
    assert row.difference.value > SLOW_S / 2
    assert "the challenger is worse; its median latency is" in row.words
