"""What the store tells of an event: its deliveries, its results, and whether its cause goes on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from monitor.events.event import Event
from monitor.events.result import Result

DeliveryState = Literal["waiting", "delivered", "dead"]

WAITING: Final = "waiting"
DELIVERED: Final = "delivered"
DEAD: Final = "dead"
RETRIED: Final = "retried"


class StoreError(OSError):
    """The event store cannot be read or written; the message names the file and the mend."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event that is to be delivered to a trigger.

    attempts: made so far. noted_ms: when the event was stored, by the wall clock.
    """

    event: Event
    trigger: str
    attempts: int
    noted_ms: int


@dataclass(frozen=True, slots=True)
class Stored:
    """An event and what became of it.

    noted_ms: when it was stored, by the wall clock. open: whether its cause goes on. deliveries:
    waiting, delivered or dead, by trigger. results: of re-evaluations, the oldest first.
    """

    event: Event
    noted_ms: int
    open: bool
    deliveries: Mapping[str, DeliveryState]
    results: tuple[Result, ...]
