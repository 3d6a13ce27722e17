"""A case for `promtool test rules`: series as a daemon exports them, and the alerts that fire."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from monitor.rules.rule import Alert, Loudness
from monitor.rules.rule_file import runbook_url

DAEMON = {"job": "driftd", "instance": "a:9477"}
"""The labels that Prometheus adds to what it scrapes."""

MODEL = {"model": "credit"}
STREAM = {**MODEL, "version": "7", "segment": "DE"}
CRITICAL, WARNING = Loudness.CRITICAL, Loudness.WARNING

Series = Mapping[str, str]
"""Values by selector, as promtool writes them: a+bxn is a and n more, _ a gap."""


def series(metric: str, values: str, /, **labels: str) -> dict[str, str]:
    """Return one series of a daemon."""
    told = ",".join(f'{name}="{value}"' for name, value in {**DAEMON, **labels}.items() if value)
    return {f"{metric}{{{told}}}": values}


def together(*parts: Series) -> dict[str, str]:
    """Return all series of the parts."""
    return {name: values for part in parts for name, values in part.items()}


@dataclass(frozen=True, slots=True)
class Firing:
    """An alert that fires: its loudness and labels, and its description once it is filled.

    configured: what rules of a configuration tell besides.
    """

    loudness: Loudness
    labels: Mapping[str, str]
    description: str
    configured: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """Series, and what of an alert fires at which times; nothing of it at the others told.

    says: what the case shows. step: time between two samples. only_configured: whether only rules
    of a configuration have the alert.
    """

    alert: str
    says: str
    series: Series
    fires: Mapping[str, Sequence[Firing]] = field(default_factory=dict)
    calm: Sequence[str] = ()
    step: str = "1m"
    only_configured: bool = False

    def document(
        self, alerts: Mapping[tuple[str, str], Alert], base_url: str, configured: bool
    ) -> dict[str, Any]:
        """Return the case as promtool reads it; alerts: the rules by name and loudness."""
        expected = {**self.fires, **dict.fromkeys(self.calm, ())}
        return {
            "name": f"{self.alert}: {self.says}",
            "interval": self.step,
            "input_series": [
                {"series": name, "values": values} for name, values in self.series.items()
            ],
            "alert_rule_test": [
                {
                    "eval_time": at,
                    "alertname": self.alert,
                    "exp_alerts": [
                        told(each, alerts[self.alert, each.loudness], base_url, configured)
                        for each in firing
                    ],
                }
                for at, firing in expected.items()
            ],
        }


def told(firing: Firing, alert: Alert, base_url: str, configured: bool) -> dict[str, Any]:
    """Return an alert that is to fire as promtool reads it."""
    return {
        "exp_labels": {"severity": str(firing.loudness), **firing.labels},
        "exp_annotations": {
            "summary": alert.summary,
            "description": firing.description + (firing.configured if configured else ""),
            "runbook_url": runbook_url(base_url, alert),
        },
    }
