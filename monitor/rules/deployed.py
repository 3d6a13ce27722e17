"""The files in deploy/ made from the rules: `python -m monitor.rules.deployed deploy`."""

import sys
from pathlib import Path

from monitor.config.settings import Settings
from monitor.rules.rule_file import GENERIC_HEAD, rule_file
from monitor.rules.rule_set import generic_rules
from monitor.rules.runbook import runbook_markdown

RULES = Path("prometheus/driftd.rules.yml")
RUNBOOK = Path("runbook.md")


def generic_file() -> str:
    """Return the file of rules that serve any configuration; links go where driftd listens."""
    usual = f"http://{Settings.model_fields['listen'].default}"
    return rule_file(generic_rules(), usual, GENERIC_HEAD)


def deployed() -> dict[Path, str]:
    """Return the text of each file by its path in the folder."""
    return {RULES: generic_file(), RUNBOOK: runbook_markdown()}


if __name__ == "__main__":
    for path, text in deployed().items():
        (Path(sys.argv[1]) / path).write_text(text)
