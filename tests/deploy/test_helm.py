"""The Helm chart: rendered by helm itself, judged by the schemas of Kubernetes and by driftd."""

import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitor.config import load
from tests.parts.deploy_tools import FOLDER, run_tool
from tests.parts.servers import find

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "deploy" / "helm" / "driftd"
VALUES = Path(__file__).with_name("values")
SETS = ("least", "all", "files")
KUBERNETES = ("1.27", "1.37")
"""The oldest version that the chart takes, and the newest whose schemas are here."""

OPERATOR = "monitoring.coreos.com/v1"

AS_THE_OPERATOR_READS_IT = """
import sys

import yaml
from cloudcoil.models.prometheus_operator import v1

for document in yaml.safe_load_all(sys.stdin):
    read = getattr(v1, document["kind"]).model_validate(document)
    print("---")
    print(yaml.safe_dump(read.model_dump(mode="json", by_alias=True, exclude_none=True)))
"""


@cache
def render(values: str, *options: str, kubernetes: str = "1.37") -> str:
    """Return what helm makes of the chart with one of the sets of values."""
    status, text, errors = run_tool(
        "helm", "template", "driftd", CHART, "--namespace", "models", "--kube-version", kubernetes,
        "-f", VALUES / f"{values}.yaml", *options,
    )  # fmt: skip
    assert status == 0, errors
    return text


def documents(values: str, *options: str) -> list[dict[str, Any]]:
    return [each for each in yaml.safe_load_all(render(values, *options)) if each]


def one(found: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    (document,) = [each for each in found if each["kind"] == kind]
    return document


def config_map(found: list[dict[str, Any]]) -> str:
    texts = [each["data"] for each in found if each["kind"] == "ConfigMap"]
    (text,) = [each["driftd.yaml"] for each in texts if "driftd.yaml" in each]
    return str(text)


def container(found: list[dict[str, Any]]) -> dict[str, Any]:
    (each,) = one(found, "StatefulSet")["spec"]["template"]["spec"]["containers"]
    return dict(each)


def environment(found: list[dict[str, Any]]) -> dict[str, str]:
    """The variables of the pod, those from its own fields with the name of the pod."""
    name = one(found, "StatefulSet")["metadata"]["name"] + "-0"
    return {each["name"]: each.get("value", name) for each in container(found)["env"]}


@pytest.mark.parametrize("values", SETS)
def test_helm_lint_finds_nothing(values):
    status, told, errors = run_tool(
        "helm", "lint", "--strict", "--quiet", CHART, "-f", VALUES / f"{values}.yaml"
    )
    assert (status, told + errors) == (0, "")


@pytest.mark.parametrize("kubernetes", KUBERNETES)
def test_what_is_rendered_is_what_kubernetes_knows(kubernetes, tmp_path):
    known = tmp_path / "rendered.yaml"
    texts = [render(values, kubernetes=kubernetes) for values in SETS]
    rendered = [each for text in texts for each in yaml.safe_load_all(text)]
    known.write_text(
        yaml.safe_dump_all([each for each in rendered if each["apiVersion"] != OPERATOR])
    )
    status, told, errors = run_tool(
        "kubernetes-validate", "--strict", "-k", kubernetes, "--quiet", known
    )
    assert (status, told, errors) == (0, "", "")


def test_what_is_rendered_for_the_operator_of_prometheus_is_what_it_knows():
    both = [*documents("all"), *documents("files")]
    ours = [each for each in both if each["apiVersion"] == OPERATOR]
    assert len(ours) == 4
    done = subprocess.run(
        [FOLDER / "python", "-c", AS_THE_OPERATOR_READS_IT],
        input=yaml.safe_dump_all(ours), capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    read = [each for each in yaml.safe_load_all(done.stdout) if each]
    assert read == ours  # what it does not know would be gone


def test_the_generic_rules_are_handed_on_as_they_are():
    rules = one(documents("all"), "PrometheusRule")["spec"]
    assert rules == yaml.safe_load((ROOT / "deploy/prometheus/driftd.rules.yml").read_text())


def test_rules_of_the_configuration_go_before_the_generic_ones(tmp_path):
    spec = one(documents("files"), "PrometheusRule")["spec"]
    assert [rule["alert"] for rule in spec["groups"][0]["rules"]] == ["DriftdDataDrift"]
    path = tmp_path / "rules.yml"
    path.write_text(yaml.safe_dump(spec))
    subprocess.run([find("promtool"), "check", "rules", path], check=True, capture_output=True)


def test_every_dashboard_is_a_config_map_of_its_own():
    found = {
        name: text
        for each in documents("all")
        if each["kind"] == "ConfigMap"
        for name, text in each["data"].items()
        if name.endswith(".json")
    }
    files = sorted((ROOT / "grafana" / "dashboards").glob("*.json"))
    assert {name: text.strip() for name, text in found.items()} == {
        path.name: path.read_text().strip() for path in files
    }


def test_the_charts_copies_are_what_they_are_copied_from():
    copies = {path.name: path.read_text() for path in (CHART / "files").rglob("*.*")}
    originals = [
        ROOT / "deploy" / "prometheus" / "driftd.rules.yml",
        *(ROOT / "grafana" / "dashboards").glob("*.json"),
    ]
    assert copies == {path.name: path.read_text() for path in originals}, (
        "the chart has old copies; run sh deploy/helm/copy.sh"
    )


@pytest.mark.parametrize("values", SETS)
def test_driftd_takes_the_configuration_in_the_environment_of_its_pod(values, tmp_path):
    found = documents(values)
    path = tmp_path / "driftd.yaml"
    path.write_text(config_map(found))
    settings = load(path, environment(found))
    assert str(settings.state) == "/var/lib/driftd"
    assert settings.listen == "0.0.0.0:9477"
    if settings.source.kafka is not None:
        assert (
            settings.source.kafka.instance == environment(found)["DRIFTD_SOURCE__KAFKA__INSTANCE"]
        )


def test_secrets_are_files_where_the_configuration_looks_for_them(tmp_path):
    found = documents("all")
    path = tmp_path / "driftd.yaml"
    path.write_text(config_map(found))
    settings = load(path, environment(found))
    folders = [each["mountPath"] for each in container(found)["volumeMounts"]]
    assert settings.source.kafka is not None
    for file in (
        settings.api_token_file,
        settings.source.kafka.security.password_file,
        settings.source.kafka.security.ca_file,
        settings.triggers["retrain"].secret_file,
    ):
        assert file is not None
        assert str(file.parent) in folders


@pytest.mark.parametrize("values", SETS)
def test_pods_may_do_little(values):
    found = documents(values)
    pods = [one(found, "StatefulSet")["spec"]["template"]["spec"]]
    pods += [each["spec"] for each in found if each["kind"] == "Pod"]
    for pod in pods:
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] == 65532  # the image's
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for each in pod["containers"]:
            assert each["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


def test_probes_ask_as_the_server_answers_and_a_start_is_not_held_to_kafka():
    plain, guarded = container(documents("all")), container(documents("files"))
    paths = {
        name: plain[name]["httpGet"]["path"]
        for name in ("startupProbe", "readinessProbe", "livenessProbe")
    }
    assert paths == {
        "startupProbe": "/-/healthy",
        "readinessProbe": "/-/ready",
        "livenessProbe": "/-/healthy",
    }
    assert {guarded[name]["tcpSocket"]["port"] for name in paths} == {"http"}


def test_services_budget_and_policy_select_the_pod_and_not_the_test():
    found = documents("all")
    pod = one(found, "StatefulSet")["spec"]["template"]["metadata"]["labels"]
    test = one(found, "Pod")["metadata"]["labels"]
    selectors = [
        *(each["spec"]["selector"] for each in found if each["kind"] == "Service"),
        one(found, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
        one(found, "NetworkPolicy")["spec"]["podSelector"]["matchLabels"],
        one(found, "StatefulSet")["spec"]["selector"]["matchLabels"],
    ]
    for selector in selectors:
        assert matches(selector, pod)
        assert not matches(selector, test)


def test_the_service_monitor_finds_one_service():
    found = documents("all")
    wanted = one(found, "ServiceMonitor")["spec"]["selector"]["matchLabels"]
    services = [each["metadata"] for each in found if each["kind"] == "Service"]
    assert [each["name"] for each in services if matches(wanted, each["labels"])] == [
        "watch-headless"
    ]


def matches(selector: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    return selector.items() <= labels.items()


def test_a_changed_configuration_makes_a_new_pod():
    def checksum(*options: str) -> str:
        pod = one(documents("least", *options), "StatefulSet")["spec"]["template"]
        return str(pod["metadata"]["annotations"]["checksum/config"])

    assert checksum() == checksum("--set", "service.port=80")
    assert checksum() != checksum("--set", "config.log.level=debug")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("replicas=2", "additional properties 'replicas' not allowed"),
        ("secrets.kafka.password=x", "additional properties 'password' not allowed"),
        ("config.models=null", "'/config/models'"),
        ("references.existingClaim=a,references.existingConfigMap=b", "'/references'"),
        ("image.digest=abc", "'/image/digest'"),
    ],
)
def test_values_that_are_not_known_are_refused(wrong, told):
    status, _, errors = run_tool(
        "helm", "template", "x", CHART, "--kube-version", "1.37",
        "-f", VALUES / "least.yaml", "--set", wrong,
    )  # fmt: skip
    assert status != 0
    assert told in errors
