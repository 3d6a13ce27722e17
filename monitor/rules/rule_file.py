"""A file of rules as Prometheus reads it."""

from collections.abc import Iterable
from typing import Any

import yaml

from monitor.rules.rule import Alert, Group, Recording
from monitor.rules.span import span

GENERIC_HEAD = """\
# Rules for every driftd daemon that a Prometheus scrapes; made by `driftd rules --generic`.
# Those that `driftd rules -c FILE` makes know the configuration: blocks, horizons, schedules.
"""
CONFIGURED_HEAD = "# Rules for one configuration of driftd; made by `driftd rules`.\n"


def rule_file(groups: Iterable[Group], base_url: str, head: str) -> str:
    """Return the text of a file of rules; base_url: where people read driftd's runbook."""
    document = {
        "groups": [
            {"name": group.name, "rules": [_told(rule, base_url) for rule in group.rules]}
            for group in groups
        ]
    }
    return head + yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=1_000_000)


def runbook_url(base_url: str, alert: Alert) -> str:
    """Return where the runbook tells of an alert."""
    return f"{base_url}/runbook#{alert.section}"


def _told(rule: Recording | Alert, base_url: str) -> dict[str, Any]:
    if isinstance(rule, Recording):
        return {"record": rule.name, "expr": rule.expr}
    told: dict[str, Any] = {"alert": rule.name, "expr": rule.expr}
    if rule.wait_ms:
        told["for"] = span(rule.wait_ms)
    if rule.keep_ms:
        told["keep_firing_for"] = span(rule.keep_ms)
    told["labels"] = {"severity": str(rule.loudness), **rule.labels}
    told["annotations"] = {
        "summary": rule.summary,
        "description": rule.description,
        "runbook_url": runbook_url(base_url, rule),
    }
    return told


class _Dumper(yaml.SafeDumper):
    """Writes text of several lines as such."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)
