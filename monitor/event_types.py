"""The shapes of what driftd says of events in JSON; an event itself is a CloudEvent."""

from typing import Annotated

import msgspec
from msgspec import Meta

from monitor.events.event import Event, Severity
from monitor.events.result import Judgement, Result
from monitor.events.stored import DeliveryState

MOST_EVENTS = 500
MOST_FIGURES = 100


class StoredEvent(msgspec.Struct, frozen=True):
    """An event and what became of it.

    noted: when it was stored, by the clock; the event's own time is of the log. open: whether its
    cause goes on. deliveries: by trigger; dead is one that was given up. results: of
    re-evaluations, the oldest first.
    """

    event: Event
    noted: str
    open: bool
    deliveries: dict[str, DeliveryState]
    results: list[Result]


class Events(msgspec.Struct, frozen=True):
    """Events, the newest first. next: what ``before`` is for the next page, null on the last."""

    events: list[StoredEvent]
    next: str | None


class EventQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which events to list: of a model, with a cause that goes on or not, older than another."""

    model: str | None = None
    open: bool | None = None
    before: str | None = None
    limit: Annotated[int, Meta(ge=1, le=MOST_EVENTS)] = 100


class Finding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a re-evaluation posts. report: where the whole of it can be read; figures: by name."""

    verdict: Judgement
    summary: Annotated[str, Meta(max_length=2_000)] = ""
    report: Annotated[str, Meta(pattern="^(https?://[^ ]+)?$", max_length=2_000)] = ""
    figures: Annotated[dict[str, float], Meta(max_length=MOST_FIGURES)] = {}


class OpenEvent(msgspec.Struct, frozen=True):
    """The newest event of a cause that goes on, in one row.

    type: what happened, such as alarm.raised. time: null where blocks are of rows. segments: how
    many it is about.
    """

    id: str
    type: str
    time: str | None
    model: str
    version: str
    segment: str
    segments: int
    kind: str
    severity: Severity
    summary: str
    diagnosis: str


class TriggerState(msgspec.Struct, frozen=True):
    """What became of the events of a trigger.

    retried: deliveries that failed and are tried again. dead: events that were given up. waiting:
    events, oldest: when the oldest of them was stored. problem: why the newest delivery failed, ""
    where it did not.
    """

    trigger: str
    delivered: int
    retried: int
    dead: int
    waiting: int
    oldest: str | None
    problem: str


class EventsSummary(msgspec.Struct, frozen=True):
    """Events at one look: causes that go on, triggers, and the newest result of each model.

    open: how many causes go on; events: the newest of them.
    """

    open: int
    events: list[OpenEvent]
    triggers: list[TriggerState]
    results: list[Result]
