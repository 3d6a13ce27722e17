"""What alerts of Alertmanager will start."""

from collections.abc import Iterator, Sequence
from typing import Any

from monitor.alerts.rules import REBUILD
from monitor.config import Settings
from monitor.config.durations import format_duration


def outline_alerts(settings: Settings) -> list[dict[str, Any]]:
    """Return what each kind of alert starts, as JSON."""
    return [
        {
            "match": each.match,
            "action": each.retest or REBUILD,
            "cooldown": format_duration(each.cooldown),
        }
        for each in settings.alerts
    ]


def explain_alerts(alerts: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield the same in lines."""
    for each in alerts:
        labels = ", ".join(f"{name}={value}" for name, value in each["match"].items())
        action = "rebuilds the reference"
        if each["action"] != REBUILD:
            action = f"runs the re-test {each['action']}"
        yield f"alert {labels}: {action} of its model, once in {each['cooldown']} at most"
