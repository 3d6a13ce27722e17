"""The compose file, as docker-compose itself reads it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.parts.deploy_tools import run_tool

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE = DEPLOY / "compose.yaml"


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    """The project as docker-compose understands it."""
    status, told, errors = run_tool(
        "docker-compose", "-f", COMPOSE, "config", "--format", "json", "--no-path-resolution"
    )
    assert (status, errors) == (0, "")
    found: dict[str, Any] = json.loads(told)
    return found


def hosts(text: str) -> set[str]:
    """The hosts of the addresses in a configuration that are names of one word."""
    return set(re.findall(r"(?:^|[\s/'\"\[,])([a-z]+):\d{2,5}\b", text, re.MULTILINE))


def test_everything_that_is_mounted_or_built_is_there(project):
    mounts = [
        each["source"]
        for service in project["services"].values()
        for each in service.get("volumes", [])
        if each["type"] == "bind"
    ]
    assert len(mounts) > 5
    for path in mounts:
        assert (DEPLOY / path).exists(), path
    for service in project["services"].values():
        if "build" in service:
            context = DEPLOY / service["build"]["context"]
            assert (context / service["build"]["dockerfile"]).is_file()


def test_a_service_that_others_wait_for_has_a_health_check(project):
    services = project["services"]
    for service in services.values():
        for name, wait in service.get("depends_on", {}).items():
            if wait["condition"] == "service_healthy":
                image = services[name]["image"]  # driftd's has a check of its own
                assert "healthcheck" in services[name] or image == "driftd:latest"
            if wait["condition"] == "service_completed_successfully":
                assert services[name]["restart"] == "no"


def test_nothing_is_reached_from_another_machine(project):
    ports = [port for service in project["services"].values() for port in service.get("ports", [])]
    assert len(ports) == 4
    assert {port["host_ip"] for port in ports} == {"127.0.0.1"}


def test_services_may_do_little(project):
    for name, service in project["services"].items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        # Kafka's image writes its configuration where its program is.
        assert service.get("read_only", False) or name == "kafka", name


@pytest.mark.parametrize(
    "path",
    [
        "deploy/compose/driftd.yaml",
        "deploy/prometheus/prometheus.yml",
        "deploy/alertmanager/alertmanager.yml",
        "grafana/provisioning/datasources/prometheus.yml",
    ],
)
def test_the_configurations_name_services_of_the_project(path, project):
    named = hosts((ROOT / path).read_text()) - {"localhost"}
    assert named
    assert named <= project["services"].keys()
