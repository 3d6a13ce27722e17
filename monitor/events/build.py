"""From a notice of the engine to the event that people and pipelines get."""

from dataclasses import dataclass

from msgspec.structs import replace

from detectors.evidence.alarm import Level
from monitor.engine.incidents import Cause, Move
from monitor.engine.notices import Notice, Window
from monitor.events.event import (
    PREFIX,
    Event,
    EventData,
    EventFeature,
    EventMeasure,
    EventType,
    EventWindow,
    Links,
    RecordRange,
    SegmentState,
    Severity,
)
from monitor.events.event_id import event_id
from monitor.events.links import links_of
from monitor.events.wording import summary_of
from monitor.evidence_types import Span
from monitor.plain_values import plain_number, plain_time
from monitor.view import Drifted, EvidenceView, StreamView

MOST_FEATURES = 100
"""Features that an event tells of; ``drifted`` counts them all."""

SEVERITIES = {Level.TICKET: Severity.TICKET, Level.PAGE: Severity.PAGE}
FAMILIES = {Cause.INPUTS: "alarm", Cause.PERFORMANCE: "performance_drop"}
UNNAMED = {Cause.INPUTS: "drift", Cause.PERFORMANCE: "performance_drop"}
"""The kind of an event whose failure mode is not clear."""


@dataclass(frozen=True, slots=True)
class Teller:
    """Makes the events of one model.

    labels_topic: where its labels come from, None for nowhere. base_url: where people reach
    driftd, for links.
    """

    model: str
    labels_topic: str | None
    base_url: str

    def event(self, notice: Notice) -> Event:
        """Return the event that tells a notice; the same notice always gives the same id."""
        what = EventType(f"{FAMILIES[notice.cause]}.{notice.move}")
        incident = notice.incident
        opened = self._id(
            notice, notice.opened_ms, incident.opened, Move.RAISED, incident.reference
        )
        found = opened
        if notice.move is not Move.RAISED:
            found = self._id(notice, notice.at_ms, notice.block, notice.move, notice.reference)
        told = self._data(notice, opened)
        subject = "/".join(each for each in (self.model, notice.version, told.segment) if each)
        event = Event(
            id=found,
            source=f"driftd/{self.model}",
            type=PREFIX + what,
            subject=subject,
            data=told,
        )
        return with_time(event, notice.at_ms)

    def _id(self, notice: Notice, at_ms: int | None, block: int, move: Move, reference: str) -> str:
        return event_id(
            block if at_ms is None else at_ms,
            *(self.model, notice.version, notice.cause, move, str(block), reference),
        )

    def _data(self, notice: Notice, opened: str) -> EventData:
        leader, incident = notice.leader, notice.incident
        evidence = None if leader is None else _evidence(notice, leader)
        drifted = () if leader is None else leader.drifted
        return EventData(
            model=self.model,
            version=notice.version,
            segment=leader.segment if leader is not None else next(iter(incident.segments)),
            segments=[
                SegmentState(segment, SEVERITIES.get(level), segment in incident.joined)
                for segment, level in incident.segments.items()
            ],
            incident=opened,
            kind=incident.kind or UNNAMED[notice.cause],
            severity=SEVERITIES[incident.level],
            summary=summary_of(notice),
            diagnosis=leader.diagnosis.words if leader and leader.diagnosis else "",
            evidence=None if evidence is None else plain_number(evidence.value),
            threshold=None if leader is None else _threshold(leader, incident.level),
            drifted=len(drifted),
            features=[_feature(each, notice) for each in drifted[:MOST_FEATURES]],
            window=None if notice.window is None else _window(notice.window),
            records=[
                RecordRange(each.partition.topic, each.partition.number, each.first, each.last)
                for each in notice.ranges
            ],
            labels_topic=self.labels_topic,
            performance=_measures(notice),
            performance_window=_pairs_window(notice),
            reference=notice.reference,
            flaps=incident.flaps,
            links=self.links(notice.cause),
        )

    def links(self, cause: Cause) -> Links:
        """Return where to read more of an alarm."""
        return links_of(self.base_url, self.model, FAMILIES[cause])


def with_time(event: Event, at_ms: int | None) -> Event:
    """Return the event with its time, or as it is where there is none."""
    time = plain_time(at_ms)
    return event if time is None else replace(event, time=time)


def _evidence(notice: Notice, leader: StreamView) -> EvidenceView:
    if notice.cause is Cause.PERFORMANCE and leader.performance is not None:
        return leader.performance.evidence
    return leader.evidence


def _threshold(leader: StreamView, level: Level) -> float | None:
    page = level is Level.PAGE
    return plain_number(leader.page_threshold if page else leader.ticket_threshold)


def _feature(drifted: Drifted, notice: Notice) -> EventFeature:
    known = (notice.statistics or {}).get(drifted.feature, {})
    ks, ks_noise = known.get("ks", (None, None))
    psi, psi_noise = known.get("psi", (None, None))
    return EventFeature(
        name=drifted.feature,
        change=drifted.kind,
        effect_sd=plain_number(drifted.effect),
        ks=plain_number(ks),
        ks_noise=plain_number(ks_noise),
        psi=plain_number(psi),
        psi_noise=plain_number(psi_noise),
        evidence=plain_number(drifted.value),
        words=drifted.words,
    )


def _window(window: Window) -> EventWindow:
    return EventWindow(
        plain_time(window.from_ms),
        plain_time(window.to_ms),
        window.blocks,
        window.records,
        window.late,
    )


def _measures(notice: Notice) -> list[EventMeasure]:
    return [
        EventMeasure(
            name,
            plain_number(each.value),
            plain_number(each.low),
            plain_number(each.high),
            plain_number(each.reference),
        )
        for name, each in (notice.measures or {}).items()
    ]


def _pairs_window(notice: Notice) -> Span | None:
    if notice.measures is None:
        return None
    return Span(plain_time(notice.pairs_from_ms), plain_time(notice.at_ms))
