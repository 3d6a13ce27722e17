"""What a rule of Prometheus is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Loudness(StrEnum):
    """How much an alert matters: ``critical`` wakes somebody, ``warning`` is looked at by day."""

    CRITICAL = "critical"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Recording:
    """A series that is computed ahead; name: level, metric and operations."""

    name: str
    expr: str


@dataclass(frozen=True, slots=True)
class Alert:
    """A condition that somebody is told of.

    summary: without values, so that alerts of one name read alike. description: with values, a
    template of Prometheus. wait_ms: how long it must hold. keep_ms: how long it goes on once it
    no longer holds. labels: what tells the rule from others of its name and loudness; no file may
    hold the same one twice.
    """

    name: str
    loudness: Loudness
    expr: str
    summary: str
    description: str
    wait_ms: int = 0
    keep_ms: int = 0
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def section(self) -> str:
        """The section of the runbook: the name as web pages make an anchor of a heading."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Group:
    """Rules that are evaluated together, in order."""

    name: str
    rules: tuple[Recording | Alert, ...]
