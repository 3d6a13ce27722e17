"""A Prometheus asked as Grafana asks it: variables resolved in their order, then substituted."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from tests.grafana.dashboards import variables

VARIABLE = re.compile(r"\$(?:\{(\w+)(?::\w+)?\}|(\w+))")
LABEL_VALUES = re.compile(r"label_values\((?P<series>.*), (?P<label>\w+)\)")
QUERY_RESULT = re.compile(r"query_result\((?P<query>.*)\)")

INTERVALS = {"__rate_interval": "10s", "__interval": "2s", "__range": "5m"}
STEP_S = 2


@dataclass(frozen=True, slots=True)
class Grafana:
    """Asks a Prometheus about a stretch of unix time, in seconds; client: of its address."""

    client: httpx.Client
    start_s: float
    end_s: float

    def chosen(self, dashboard: Mapping[str, Any], alone: bool) -> dict[str, str]:
        """Return the value of every variable of a dashboard when it is opened.

        alone: take the first value of those that may hold several, instead of all.
        """
        found = dict(INTERVALS)
        for name, variable in variables(dashboard).items():
            if variable["type"] == "query":
                known = self.options(variable, found)
                may_be_empty = variable.get("allValue") == ".*"
                assert known or may_be_empty, f"{name} has no value: {variable['query']}"
                every = variable.get("includeAll") and not (alone and known)
                found[name] = variable["allValue"] if every else known[0]
        return found

    def options(self, variable: Mapping[str, Any], chosen: Mapping[str, str]) -> list[str]:
        """Return the values that a variable offers, given those before it."""
        query = substituted(variable["query"], chosen)
        if match := LABEL_VALUES.fullmatch(query):
            return sorted(self._get(f"label/{match['label']}/values", {"match[]": match["series"]}))
        match = QUERY_RESULT.fullmatch(query)
        assert match is not None, f"{query} is no query of a variable"
        lines = [
            "{" + ",".join(f'{name}="{value}"' for name, value in each["metric"].items()) + "}"
            for each in self.asked_once(match["query"])
        ]
        pattern = re.compile(variable["regex"].strip("/"))
        return [found[1] for line in lines if (found := pattern.search(line))]

    def asked_once(self, expr: str) -> list[dict[str, Any]]:
        """Return what a query answers at the end of the stretch."""
        return self._get("query", {"query": expr, "time": self.end_s})["result"]

    def asked(self, target: Mapping[str, Any], chosen: Mapping[str, str]) -> list[str]:
        """Return the values of all series that a panel's query answers.

        Raises AssertionError with what Prometheus says of a query that it refuses.
        """
        expr = substituted(target["expr"], chosen)
        if target.get("instant"):
            return [each["value"][1] for each in self.asked_once(expr)]
        asked = {"query": expr, "start": self.start_s, "end": self.end_s, "step": STEP_S}
        series = self._get("query_range", asked)["result"]
        return [value for each in series for _, value in each["values"]]

    def _get(self, path: str, asked: Mapping[str, Any]) -> Any:
        answer = self.client.get(f"/api/v1/{path}", params=dict(asked)).json()
        assert answer["status"] == "success", f"{asked}: {answer['error']}"
        return answer["data"]


def substituted(text: str, chosen: Mapping[str, str]) -> str:
    """Return a text with its variables replaced. Raises KeyError for one that is not there."""
    return VARIABLE.sub(lambda match: chosen[match[1] or match[2]], text)
