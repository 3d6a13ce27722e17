"""Every query of every dashboard, asked of a real Prometheus after a stream that has it all."""

import time
from contextlib import ExitStack

import httpx
import pytest

from tests.grafana.asking import Grafana
from tests.grafana.dashboards import DASHBOARDS, marks, metrics_in, queries, variables
from tests.grafana.stream import watched
from tests.parts.prometheus import check_metrics

QUERIES = list(queries())

EMPTY_FOR_ONE = {"driftd-robustness: Runs B": "the first re-test by name has never passed"}
"""Queries without an answer where one value of each variable is chosen, and why."""

ELSEWHERE = {
    "up": "Prometheus makes it",
    "driftd_source_lag_records": "of a Kafka log; a file log, as here, has it in bytes",
}
"""Metrics of dashboards that the daemon of the stream does not export, and why."""


@pytest.fixture(scope="module")
def stream(tmp_path_factory):
    start_s = time.time()
    with ExitStack() as stack:
        deployment = stack.enter_context(watched(tmp_path_factory.mktemp("grafana")))
        address = f"http://{deployment.prometheus.address}"
        client = stack.enter_context(httpx.Client(base_url=address))
        yield deployment, Grafana(client, start_s, time.time())


@pytest.fixture(scope="module")
def chosen(stream):
    """The values of the variables of each dashboard, with all values of some or one of each."""
    _, grafana = stream
    return {
        (dashboard["uid"], alone): grafana.chosen(dashboard, alone)
        for dashboard in DASHBOARDS
        for alone in (False, True)
    }


@pytest.mark.parametrize("alone", [False, True], ids=["all", "one"])
@pytest.mark.parametrize("asked", QUERIES, ids=[each.name for each in QUERIES])
def test_every_query_has_an_answer(stream, chosen, asked, alone):
    _, grafana = stream
    answer = grafana.asked(asked.target, chosen[asked.dashboard["uid"], alone])
    values = [each for each in answer if each != "NaN"]
    assert values or (alone and asked.name in EMPTY_FOR_ONE), asked.target["expr"]


def test_pages_are_marked_in_the_graphs(stream, chosen):
    _, grafana = stream
    marked = [(each["uid"], mark) for each in DASHBOARDS for mark in marks(each)]
    assert len(marked) == 2
    for uid, mark in marked:
        assert grafana.asked(mark, chosen[uid, False])


def test_every_metric_of_a_dashboard_is_exported(stream):
    deployment, _ = stream
    text = deployment.daemon.metrics()
    exported = {line.split("{")[0].split()[0] for line in text.splitlines() if line[0] != "#"}
    used = {name for each in QUERIES for name in metrics_in(each.target["expr"])}
    for dashboard in DASHBOARDS:
        for variable in variables(dashboard).values():
            used |= metrics_in(str(variable["query"]))
    assert used - exported == ELSEWHERE.keys()


def test_what_is_exported_has_no_fault(stream):
    deployment, _ = stream
    assert check_metrics(deployment.daemon.metrics().encode()) == (0, "")


def test_the_feature_with_the_strongest_evidence_is_shown_first(stream, chosen):
    _, grafana = stream
    strongest = grafana.asked_once("topk(1, max by (feature) (driftd_feature_evidence))")
    assert chosen["driftd-model", False]["feature"] == strongest[0]["metric"]["feature"]
