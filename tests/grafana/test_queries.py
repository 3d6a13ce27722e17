"""Every query of every dashboard, asked of a real Prometheus after a stream that has it all."""

import time

import pytest

from tests.grafana.asking import Grafana
from tests.grafana.dashboards import DASHBOARDS, metrics_in, queries, variables
from tests.grafana.stream import watched
from tests.parts.prometheus import check_metrics

QUERIES = list(queries())

EMPTY_BY_RIGHT: dict[str, str] = {}
"""Queries that may have no answer, though all has happened, and why."""


@pytest.fixture(scope="module")
def stream(tmp_path_factory):
    start_s = time.time()
    with watched(tmp_path_factory.mktemp("grafana")) as deployment:
        grafana = Grafana(deployment.prometheus.address, start_s, time.time())
        yield deployment, grafana


@pytest.mark.parametrize("alone", [False, True], ids=["all", "one"])
@pytest.mark.parametrize("asked", QUERIES, ids=[each.name for each in QUERIES])
def test_every_query_has_an_answer(stream, asked, alone):
    _, grafana = stream
    chosen = grafana.chosen(asked.dashboard, alone)
    values = [each for each in grafana.asked(asked.target, chosen) if each != "NaN"]
    assert values or asked.name in EMPTY_BY_RIGHT, f"no value of {asked.target['expr']}"


def test_every_metric_of_a_dashboard_is_exported(stream):
    deployment, _ = stream
    text = deployment.daemon.metrics()
    exported = {line.split("{")[0].split()[0] for line in text.splitlines() if line[0] != "#"}
    used = {name for each in QUERIES for name in metrics_in(each.target["expr"])}
    for dashboard in DASHBOARDS:
        for variable in variables(dashboard).values():
            used |= metrics_in(str(variable["query"]))
    assert used - exported == {"up"}


def test_what_is_exported_has_no_fault(stream):
    deployment, _ = stream
    assert check_metrics(deployment.daemon.metrics().encode()) == (0, "")


def test_the_feature_with_the_strongest_evidence_is_shown_first(stream):
    _, grafana = stream
    (model,) = (each for each in DASHBOARDS if each["uid"] == "driftd-model")
    chosen = grafana.chosen(model, alone=False)
    strongest = grafana.asked_once("topk(1, max by (feature) (driftd_feature_evidence))")
    assert chosen["feature"] == strongest[0]["metric"]["feature"]
