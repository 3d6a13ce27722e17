"""The incidents of a model as plain values, for snapshots."""

from collections.abc import Mapping
from typing import Any

from detectors.evidence.alarm import Level
from monitor.engine.incidents import Cause, Incident, Incidents


def incidents_meta(incidents: Mapping[Cause, Incidents]) -> dict[str, Any]:
    """Return the open incidents of a model by cause and version."""
    return {
        str(cause): {version: _meta(incident) for version, incident in each.open.items()}
        for cause, each in incidents.items()
    }


def incidents_from(
    meta: Mapping[str, Any], cooldown: int, reference: str
) -> dict[Cause, Incidents]:
    """Return the incidents that ``incidents_meta`` told, under today's cooldown and reference."""
    return {
        Cause(cause): Incidents(
            cooldown,
            reference,
            {version: _incident(told) for version, told in opened.items()},
        )
        for cause, opened in meta.items()
    }


def _meta(incident: Incident) -> dict[str, Any]:
    return {
        "opened": incident.opened,
        "reference": incident.reference,
        "level": int(incident.level),
        "segments": {segment: int(level) for segment, level in incident.segments.items()},
        "quiet": incident.quiet,
        "flaps": incident.flaps,
        "kind": incident.kind,
    }


def _incident(told: Mapping[str, Any]) -> Incident:
    segments = {segment: Level(level) for segment, level in told["segments"].items()}
    return Incident(**{**told, "level": Level(told["level"]), "segments": segments})
