"""Where an event's links lead."""

from urllib.parse import quote

from monitor.events.event import Links

RUNBOOK = {
    "alarm": "driftddrift",
    "performance_drop": "driftdperformancedrop",
    "retest": "driftdretestfailed",
    "reference": "",
}
"""Sections of the runbook, by what an event is about."""


def links_of(base_url: str, model: str, family: str) -> Links:
    """Return the links of an event; family: what it is about, as in RUNBOOK."""
    section = RUNBOOK[family]
    return Links(
        page=f"{base_url}/",
        api=f"{base_url}/api/v1/models/{quote(model)}",
        runbook=f"{base_url}/runbook" + (f"#{section}" if section else ""),
    )
