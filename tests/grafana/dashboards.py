"""The dashboards as they lie in the repository, for tests."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "grafana"

DASHBOARDS: list[dict[str, Any]] = [
    json.loads(path.read_text()) for path in sorted((FOLDER / "dashboards").glob("*.json"))
]
METRIC = re.compile(r"\b(?:driftd|process)_\w+|\bup\b")


@dataclass(frozen=True, slots=True)
class Asked:
    """A query of a panel."""

    dashboard: dict[str, Any]
    panel: dict[str, Any]
    target: dict[str, Any]

    @property
    def name(self) -> str:
        """What it is called in a test."""
        return f"{self.dashboard['uid']}: {self.panel['title']} {self.target['refId']}"


def panels(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the panels of a dashboard, without the headings of rows."""
    return [each for each in dashboard["panels"] if each["type"] != "row"]


def variables(dashboard: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the variables of a dashboard by name, in order."""
    return {each["name"]: each for each in dashboard["templating"]["list"]}


def queries() -> Iterator[Asked]:
    """Yield every query of every panel."""
    for dashboard in DASHBOARDS:
        for panel in panels(dashboard):
            for target in panel["targets"]:
                yield Asked(dashboard, panel, target)


def marks(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a dashboard marks in its graphs, without what Grafana adds itself."""
    return [each for each in dashboard["annotations"].get("list", []) if "expr" in each]


def metrics_in(text: str) -> set[str]:
    """Return the names of the metrics that a query, or a variable, is about."""
    return set(METRIC.findall(text))
