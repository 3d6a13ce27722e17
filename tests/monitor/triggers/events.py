"""Events and configured triggers for tests of triggers."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from monitor.config import Settings
from monitor.events.event import (
    PREFIX,
    Event,
    EventData,
    EventFeature,
    EventType,
    EventWindow,
    Links,
    RecordRange,
    Severity,
)
from monitor.events.event_id import event_id
from monitor.triggers.registry import make_trigger
from tests.monitor.config.files import settings_with

NOW_MS = 1_767_571_320_000
SECRET = "whsec_ZHJpZnRkLWV4YW1wbGUta2V5LTI0Ynl0"
NAME = "retrain"


def event(number: int = 1, summary: str = "`income` shifted up by 0.41 sd: größer") -> Event:
    """Return an alarm of model credit; number: tells one from the other."""
    found = event_id(NOW_MS, "credit", str(number))
    return Event(
        id=found,
        source="driftd/credit",
        type=PREFIX + EventType.ALARM_RAISED,
        subject="credit/7/DE",
        time="2026-01-05T00:02:00Z",
        data=EventData(
            model="credit",
            version="7",
            segment="DE",
            incident=found,
            kind="covariate_shift",
            severity=Severity.PAGE,
            summary=summary,
            evidence=14.2,
            threshold=10.7,
            drifted=1,
            features=[
                EventFeature(
                    "income", "location", 0.41, 0.17, 0.01, 0.18, 0.01, 12.5, "shifted up by 0.41"
                )
            ],
            window=EventWindow("2026-01-05T00:00:00Z", "2026-01-05T00:02:00Z", 2, 8124),
            records=[RecordRange("credit.predictions", 0, 120_433, 124_901)],
            links=Links("http://d/", "http://d/api/v1/models/credit", "http://d/runbook"),
        ),
    )


def settings_of(
    folder: Path, trigger: Mapping[str, Any], more: Mapping[str, Any] | None = None
) -> Settings:
    """Return a configuration with one trigger, which the model uses; files of secrets exist."""
    (folder / "secret").write_text(SECRET)
    (folder / "token").write_text("t0ken\n")
    changes = {"triggers": {NAME: dict(trigger)}, "models.credit.triggers": [NAME], **(more or {})}
    return settings_with(folder, changes)


def webhook(url: str, **options: Any) -> dict[str, Any]:
    """Return the configuration of a webhook."""
    return {"webhook": url, "secret_file": "secret", **options}


def deliver(settings: Settings, told: Event | None = None) -> str:
    """Deliver an event once through the one trigger, with its receiver's answer or error."""
    return asyncio.run(make_trigger(settings, NAME).deliver(told or event()))
