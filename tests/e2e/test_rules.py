"""The rules against what a real daemon exports, in a real Prometheus and name by name."""

import re
import subprocess
import sys
from collections import defaultdict

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from monitor.rules.deployed import generic_file
from tests.grafana.stream import TOKEN, Watched, watched
from tests.monitor.rules.test_alerts import CASES
from tests.parts.prometheus import Prometheus
from tests.parts.tested_service import NAME

SELECTOR = re.compile(r"(?P<name>\w+)\{(?P<labels>.*)\}")
LABEL = re.compile(r'(\w+)="([^"]*)"')
ADDED = {"job", "instance"}
FOUND = {"cluster", "namespace"}
"""Labels that Prometheus adds to all series, and where it finds its targets in a cluster."""

NOT_ALWAYS = {"version", "segment"}
"""Labels that are empty where records have neither, and so are not there."""

CHOSEN = {"severity", "kind", "outcome", "stage", "verdict", "side"}
"""Labels whose values rules ask for."""

OF_KAFKA = "driftd_source_lag_records"
"""A log of files, as here, has its lag in bytes."""


@pytest.fixture(scope="module")
def deployment(tmp_path_factory):
    with watched(tmp_path_factory.mktemp("rules")) as running:
        yield running


@pytest.fixture(scope="module")
def exported(deployment: Watched) -> dict[str, list[dict[str, str]]]:
    """The labels of the samples of each metric, while a re-test runs too."""
    daemon = deployment.daemon
    place = f"{daemon.address()}/api/v1/models/{NAME}/retests"
    bears = {"Authorization": f"Bearer {TOKEN}"}
    httpx.post(place, json={"retest": "nightly"}, headers=bears).raise_for_status()
    daemon.wait_for(lambda: "driftd_retest_progress_ratio{" in daemon.metrics())
    found = defaultdict(list)
    for family in text_string_to_metric_families(daemon.metrics()):
        for sample in family.samples:
            found[sample.name].append(sample.labels)
    return found


def test_prometheus_evaluates_every_rule_of_both_kinds_without_an_error(deployment, tmp_path):
    generic, configured = tmp_path / "generic.yml", tmp_path / "configured.yml"
    generic.write_text(generic_file())
    command = [sys.executable, "-m", "monitor", "rules", "--out", str(configured), "-c"]
    subprocess.run([*command, str(deployment.daemon.config)], check=True)
    target = deployment.daemon.address().removeprefix("http://")
    with Prometheus(tmp_path, target, [generic, configured]) as prometheus:
        prometheus.wait_for_scrapes(3)
        deployment.daemon.wait_for(lambda: "DriftdDrift" in fired(prometheus))
        assert prometheus.rule_problems() == []
        assert "level=warn" not in prometheus.log()
        assert "DriftdRetestFailed" in fired(prometheus)
        for alert in prometheus.alerts():
            description = alert["annotations"]["description"]
            assert not re.search(r"error expanding|<no value>|NaN", description)
            assert alert["labels"]["job"] == "driftd"


def fired(prometheus: Prometheus) -> set[str]:
    return {
        alert["labels"]["alertname"] for alert in prometheus.alerts() if alert["state"] == "firing"
    }


def test_every_metric_of_a_rule_is_exported(exported):
    text = generic_file()
    recorded = re.findall(r"record: (\S+)", text)
    named = set(re.findall(r"(?<![\w:])driftd_[a-z_0-9]+[a-z](?![\w:])", without(recorded, text)))
    assert len(named) > 25
    assert named <= exported.keys()


def without(names: list[str], text: str) -> str:
    for name in names:
        text = text.replace(name, "")
    return text


def test_every_series_of_the_cases_is_one_that_a_daemon_exports(exported):
    told = {selector for case in CASES for selector in case.series}
    for selector in sorted(told):
        match = SELECTOR.fullmatch(selector)
        assert match is not None, selector
        if match["name"] == "up":
            continue
        name = match["name"].replace(OF_KAFKA, "driftd_source_lag_bytes")
        labels = dict(LABEL.findall(match["labels"]))
        known = exported[name]
        assert known, f"{name} is not exported"
        assert labels.keys() >= ADDED
        own = labels.keys() - ADDED - FOUND
        assert own <= known[0].keys(), selector
        assert known[0].keys() - own <= NOT_ALWAYS, selector
        for label in own & CHOSEN:
            assert labels[label] in {each[label] for each in known}, selector
