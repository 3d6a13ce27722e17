"""Cases through `promtool test rules`, by the generic rules and by those of a configuration."""

import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from monitor.config import load
from monitor.rules.deployed import generic_file
from monitor.rules.rule import Alert, Group
from monitor.rules.rule_file import rule_file
from monitor.rules.rule_set import configured_rules, generic_rules
from tests.monitor.rules.case import Case
from tests.parts.servers import find

REQUIREMENT = {
    "perturbation": "gaussian_noise", "severity": 0.1, "measure": "accuracy_drop", "most": 0.02
}  # fmt: skip
CONFIGURATION: dict[str, Any] = {
    "external_url": "https://driftd.example",
    "source": {"kafka": {"bootstrap_servers": ["localhost:9092"]}},
    "models": {
        "credit": {
            "reference": "credit.ref",
            "records": {
                "topics": ["credit"],
                "id": "id",
                "prediction": {"field": "score", "kind": "probability"},
            },
            "features": {"income": "numeric", "age": "numeric", "rate": "numeric"},
            "labels": {"topics": ["labels"], "label": "y"},
            "evaluation": "evaluation.jsonl",
            "endpoint": {"protocol": "v2", "url": "http://localhost:8080"},
            "retests": {"nightly": {"every": "0 3 * * *", "requirements": [REQUIREMENT]}},
        }
    },
}


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules and the file of them."""

    groups: tuple[Group, ...]
    file: Path
    base_url: str
    configured: bool

    @property
    def alerts(self) -> list[Alert]:
        """All alerts."""
        return [rule for group in self.groups for rule in group.rules if isinstance(rule, Alert)]


def generic_set(folder: Path) -> RuleSet:
    """Write the generic rules to a folder."""
    file = folder / "generic.rules.yml"
    file.write_text(generic_file())
    return RuleSet(generic_rules(), file, "http://127.0.0.1:9477", configured=False)


def configured_set(folder: Path) -> RuleSet:
    """Write the rules of CONFIGURATION to a folder."""
    config, file = folder / "driftd.yaml", folder / "configured.rules.yml"
    config.write_text(yaml.safe_dump(CONFIGURATION))
    settings = load(config)
    groups = configured_rules(settings)
    file.write_text(rule_file(groups, settings.base_url, ""))
    return RuleSet(groups, file, settings.base_url, configured=True)


def run_cases(rules: RuleSet, cases: Iterable[Case]) -> str:
    """Return what promtool finds wrong, "" where every case is as told."""
    by_name = {(each.name, str(each.loudness)): each for each in rules.alerts}
    chosen = [each for each in cases if rules.configured or not each.only_configured]
    files = []
    for alert, step in sorted({(each.alert, each.step) for each in chosen}):
        tests = [
            each.document(by_name, rules.base_url, rules.configured)
            for each in chosen
            if (each.alert, each.step) == (alert, step)
        ]
        files.append(write_tests(rules, alert, step, tests))
    return run_promtool(files)


def write_tests(rules: RuleSet, alert: str, step: str, tests: list[dict[str, Any]]) -> Path:
    """Write tests of one alert, and its rules with what they need: days of all take minutes."""
    document = yaml.safe_load(rules.file.read_text())
    every = [rule for group in document["groups"] for rule in group["rules"]]
    own = [rule for rule in every if rule.get("alert") == alert]
    needed = [
        rule
        for rule in every
        if "record" in rule and any(rule["record"] in each["expr"] for each in own)
    ]
    document["groups"] = [{"name": "tested", "rules": [*needed, *own]}]
    file = rules.file.with_suffix(f".{alert}.yml")
    file.write_text(yaml.safe_dump(document))
    return write_test_file(file, step, tests)


def write_test_file(rules: Path, step: str, tests: list[dict[str, Any]]) -> Path:
    """Write tests of a file of rules; step: between two samples and between two evaluations."""
    path = rules.with_suffix(f".{step}.test.yml")
    document = {"rule_files": [rules.name], "evaluation_interval": step, "tests": tests}
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    return path


def run_promtool(files: Sequence[Path]) -> str:
    """Return what `promtool test rules` finds wrong, "" for nothing."""
    command = [find("promtool"), "test", "rules", *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def check(rules: RuleSet) -> tuple[int, str]:
    """Return the exit status of `promtool check rules` and what it says."""
    command = [find("promtool"), "check", "rules", str(rules.file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr
