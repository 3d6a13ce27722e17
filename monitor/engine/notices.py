"""Notices: what an incident's move tells, taken down at the block in which it happened."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from detectors.evidence.alarm import Level
from detectors.evidence.watch import Watch
from detectors.performance.origins import NO_ORIGINS
from detectors.performance.summary import Performance
from detectors.places import NOWHERE, Places
from detectors.statistics import measure
from detectors.summary import Summary
from detectors.windows import Bucket, S, Windows
from monitor.engine.incidents import Cause, Incident, Incidents, Move
from monitor.engine.performance_stream import PerformanceStream
from monitor.engine.performance_view import measures_of
from monitor.engine.stream import Stream
from monitor.engine.stream_settings import StreamKey, StreamSettings
from monitor.sources.source import Partition
from monitor.view import MeasureView, StreamView

SHOWN = ("ks", "psi")
"""The statistics of a feature that an event tells."""


@dataclass(frozen=True, slots=True)
class Window:
    """The records that a notice is about: in event time, None where blocks are of rows.

    Of performance they are those whose labels came, and may lie long before these. to_ms:
    exclusive. late: records of it whose event time lies before.
    """

    from_ms: int | None
    to_ms: int | None
    blocks: int
    records: int
    late: int


@dataclass(frozen=True, slots=True)
class Range:
    """Where records lie in a partition, the last offset included."""

    partition: Partition
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Notice:
    """An incident's move, with what was known at its block.

    opened_ms, at_ms: ends of the blocks in which the incident opened and this happened, None
    where blocks are of rows. reference: the digest of what records are compared with. leader:
    the loudest stream as its records show it, None where all are calm or their records too long
    ago. statistics: of its features, by name and statistic, with their noise. measures: of the
    performance of the loudest stream since pairs_from_ms.
    """

    cause: Cause
    move: Move
    version: str
    incident: Incident
    block: int
    opened_ms: int | None
    at_ms: int | None
    reference: str
    leader: StreamView | None = None
    window: Window | None = None
    ranges: tuple[Range, ...] = ()
    statistics: Mapping[str, Mapping[str, tuple[float, float]]] | None = None
    measures: Mapping[str, MeasureView] | None = None
    pairs_from_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Affected:
    """The records of a window, over all alarmed segments."""

    first: int
    last: int
    records: int
    late: int
    places: Places

    @classmethod
    def of(cls, windows: Sequence[tuple[int, Windows[Summary]]], last: int) -> "Affected | None":
        """Return the records of each stream since a block of its own, up to block ``last``.

        Buckets that begin earlier are taken whole, as the records in them are not told apart.
        """
        found = [bucket for since, each in windows for bucket in _since(each, since, last)]
        if not found:
            return None
        return cls(
            first=min(bucket.first for bucket in found),
            last=max(bucket.last for bucket in found),
            records=sum(bucket.summary.records for bucket in found),
            late=sum(bucket.summary.late for bucket in found),
            places=sum((bucket.summary.places for bucket in found), NOWHERE),
        )

    @classmethod
    def labelled(
        cls, windows: Sequence[tuple[int, Windows[Performance]]], last: int
    ) -> "Affected | None":
        """Return the records whose labels came since a block of each stream, likewise."""
        found = [
            bucket.summary
            for since, each in windows
            for bucket in _since(each, since, last)
            if bucket.summary.origins != NO_ORIGINS
        ]
        if not found:
            return None
        origins = sum((each.origins for each in found), NO_ORIGINS)
        return cls(
            first=origins.first,
            last=origins.last,
            records=sum(each.records + each.tally.unusable for each in found),
            late=0,
            places=origins.places,
        )

    def ranges(self, partitions: Mapping[int, Partition]) -> tuple[Range, ...]:
        """Return where the records lie, in order of the partitions."""
        found = [
            Range(partitions[key], first, last)
            for key, first, last in self.places.rows
            if key in partitions
        ]
        return tuple(sorted(found, key=lambda each: each.partition))


@dataclass(frozen=True, slots=True)
class Witness:
    """What notices of a model are made from: its streams, as they are after a closed block.

    watches: that raise the alarms, by stream. inputs: the streams of records. labelled: those of
    pairs. partitions: returns those of records by their keys. view: returns all that is known of
    a stream of records.
    """

    settings: StreamSettings
    reference: str
    watches: Mapping[StreamKey, Watch]
    inputs: Mapping[StreamKey, Stream]
    labelled: Mapping[StreamKey, PerformanceStream]
    partitions: Callable[[], Mapping[int, Partition]]
    view: Callable[[StreamKey], StreamView]

    def notices(self, cause: Cause, block: int, incidents: Incidents) -> Iterator[Notice]:
        """Yield what happened to incidents in a closed block, and name their causes."""
        levels = {key: watch.alarm.level for key, watch in self.watches.items()}
        for version, incident, move in incidents.step(block, levels):
            notice = Notice(
                cause=cause,
                move=move,
                version=version,
                incident=incident,
                block=block,
                opened_ms=self.settings.start_ms(incident.opened + 1),
                at_ms=self.settings.start_ms(block + 1),
                reference=self.reference,
            )
            if move is Move.CLEARED:
                yield notice
                continue
            notice = self._with_records(notice)
            incidents.name(version, notice.incident.kind)
            yield notice

    def _with_records(self, notice: Notice) -> Notice:
        """Add what the alarmed streams show now, and which records show it."""
        began = {
            (notice.version, segment): self.watches[notice.version, segment].alarm.began
            for segment, level in notice.incident.segments.items()
            if level > Level.CALM
        }
        if not began:
            return notice
        told = self._with_places(notice, began)
        leader = max(began, key=self._loudness)
        if notice.cause is Cause.PERFORMANCE:
            told = replace(
                told,
                measures=measures_since(self.labelled[leader], began[leader]),
                pairs_from_ms=self.settings.start_ms(began[leader]),
            )
        if leader not in self.inputs:
            return told
        view = self.view(leader)
        named = "" if view.diagnosis is None else view.diagnosis.kind
        return replace(
            told,
            incident=replace(notice.incident, kind=named or notice.incident.kind),
            leader=view,
            statistics=statistics_of(self.inputs[leader], began[leader]),
        )

    def _with_places(self, notice: Notice, began: Mapping[StreamKey, int]) -> Notice:
        """Add where the records lie that streams show; began: the first block of each."""
        partitions = self.partitions()
        if notice.cause is Cause.PERFORMANCE:
            labelled = [(since, self.labelled[key].windows) for key, since in began.items()]
            affected = Affected.labelled(labelled, notice.block)
            partitions = {each.number: each for each in partitions.values()}
        else:
            windows = [(since, self.inputs[key].windows) for key, since in began.items()]
            affected = Affected.of(windows, notice.block)
        if affected is None:
            return notice
        return replace(notice, window=self._window(affected), ranges=affected.ranges(partitions))

    def _loudness(self, key: StreamKey) -> tuple[int, int, float]:
        """Order streams: the loudest alarm, then the newest, then the strongest evidence."""
        watch = self.watches[key]
        return watch.alarm.level, watch.alarm.raised, watch.evidence.value

    def _window(self, affected: Affected) -> Window:
        return Window(
            from_ms=self.settings.start_ms(affected.first),
            to_ms=self.settings.start_ms(affected.last + 1),
            blocks=affected.last - affected.first + 1,
            records=affected.records,
            late=affected.late,
        )


def statistics_of(stream: Stream, since: int) -> dict[str, dict[str, tuple[float, float]]]:
    """Return the statistics of a stream's features in its window since a block, with noise."""
    profile = stream.settings.profile
    measures = measure(stream.baseline.summary, stream.windows.since(since), profile)
    return {
        feature: {
            name: (float(measures.values[name][row]), float(measures.noise[name][row]))
            for name in SHOWN
            if not np.isnan(measures.values[name][row])
        }
        for row, feature in enumerate(profile.features)
    }


def measures_since(stream: PerformanceStream, since: int) -> dict[str, MeasureView]:
    """Return the performance of a stream's pairs in its window since a block."""
    return measures_of(stream, stream.windows.since(since))


def _since(windows: Windows[S], since: int, last: int) -> Iterator[Bucket[S]]:
    for bucket in windows.buckets:
        if bucket.last < since:
            return
        if bucket.first <= last:
            yield bucket
