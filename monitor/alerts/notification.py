"""What Alertmanager posts to a webhook, and what is answered.

Source: the webhook payload of version 4,
https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

import msgspec


class AlertStatus(StrEnum):
    """Whether an alert goes on."""

    FIRING = "firing"
    RESOLVED = "resolved"


class Alert(msgspec.Struct, frozen=True, rename="camel"):
    """One alert: its labels, since when it fires, and a hash of the labels."""

    status: AlertStatus
    labels: dict[str, str]
    starts_at: str
    fingerprint: str

    @property
    def key(self) -> str:
        """What names this firing of the alert, in every notification of it."""
        return f"{self.fingerprint}/{self.starts_at}"

    @property
    def name(self) -> str:
        """The name of its rule."""
        return self.labels.get("alertname", "")

    @property
    def model(self) -> str:
        """The model that it is about, "" for none."""
        return self.labels.get("model", "")

    def has(self, labels: Mapping[str, str]) -> bool:
        """Tell whether it bears all of these labels, with these values."""
        return labels.items() <= self.labels.items()


class Notification(msgspec.Struct, frozen=True):
    """Alerts that are told together."""

    version: Literal["4"]
    alerts: list[Alert]


class Outcome(StrEnum):
    """What an alert led to."""

    STARTED = "started"
    ACTED_BEFORE = "acted_before"
    COOLING_DOWN = "cooling_down"
    RESOLVED = "resolved"
    UNMATCHED = "unmatched"
    IMPOSSIBLE = "impossible"


class AlertAnswer(msgspec.Struct, frozen=True):
    """What one alert of a notification led to.

    action: the re-test's name, or rebuild_reference; "" for none. words: why nothing was started,
    "" where something was.
    """

    fingerprint: str
    alertname: str
    model: str
    action: str
    outcome: Outcome
    words: str


class AlertAnswers(msgspec.Struct, frozen=True):
    """What the alerts of a notification led to, in their order."""

    alerts: list[AlertAnswer]
