"""Exactly the records that an event names, read as the daemon reads them."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from detectors.counts import BoolArray, IntArray
from detectors.sample import record_hashes
from monitor.decode import Decoder, compile_decoder
from monitor.decode.batch import Batch
from monitor.decode.labels import LabelDecoder
from monitor.engine.partition import NEVER, blocks_of
from monitor.events.event import Event, RecordRange
from monitor.pipeline import without
from monitor.schema import REST
from monitor.sources.source import Chunk
from reevaluate.logs import Log
from reevaluate.subject import Subject

Key = tuple[int, str]
"""The partition of a record and its id: by both, labels are joined."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record: when it was, where it lies, and its bytes as they are in the log."""

    time_ms: int
    offset: int
    value: bytes


@dataclass(slots=True)
class Named:
    """The records that an event names.

    records: a uniform sample of them, in the order of their times. found: all of them. late: those
    that came too late for the block of their time. repeats: ids that came again, and count once.
    others: records between the first and the last that are of another version, segment or time.
    rejected: those that nobody can read. without_id: those that no label can be joined with.
    """

    records: dict[Key, Record] = field(default_factory=dict)
    found: int = 0
    late: int = 0
    repeats: int = 0
    others: int = 0
    rejected: int = 0
    without_id: int = 0


def named_records(event: Event, subject: Subject, log: Log, most: int) -> Named:
    """Return the records of an event's ranges, at most ``most`` of them.

    They are those of the event's version and segments whose block is in its window. A late record
    is in the block that the daemon counted it in, the oldest one that its partition had open: so
    some are older than the window, and some whose time is in it were counted after it.
    Raises LogError where some are not in the log any more.
    """
    data, kept = event.data, _Kept(most)
    readers = (_decoder(subject), _label_decoder(subject))
    chosen = {each.segment for each in data.segments if each.severity is not None}
    segments = [
        code for code, name in enumerate(subject.segments) if name in chosen | {data.segment}
    ]
    window = _window(event)
    for part in data.records:
        newest_ms = NEVER
        for chunk, batch in _batches(part, subject, log, *readers):
            named = kept.named
            named.rejected += len(batch.rejects)
            if not len(batch):
                continue
            wanted = _of_version(batch, data.version) & np.isin(batch.segments, segments)
            late = np.zeros(len(batch), np.bool_)
            if window is not None:
                newest = np.maximum(np.maximum.accumulate(batch.times), newest_ms)
                newest_ms = int(newest[-1])
                inside, late = _inside(batch.times, newest, window, subject)
                wanted &= inside
            named.others += int((~wanted).sum())
            kept.add(chunk, batch, np.flatnonzero(wanted), late)
    return kept.all()


class _Kept:
    """The records so far: the ones with the smallest hashes, which are a uniform sample.

    Source: Cohen and Kaplan (2007), Summarizing data using bottom-k sketches.
    """

    def __init__(self, most: int) -> None:
        self.named = Named()
        self._most = most
        self._ids: set[Key] = set()
        self._drawn: dict[Key, tuple[int, Record]] = {}

    def add(self, chunk: Chunk, batch: Batch, places: IntArray, late: BoolArray) -> None:
        hashes = record_hashes(chunk.partition.key, batch.offsets)
        values = np.searchsorted(chunk.offsets, batch.offsets)
        for place in places.tolist():
            record_id = batch.ids[place]
            if record_id is None:
                self.named.without_id += 1
                continue
            key = (chunk.partition.number, str(record_id))
            if key in self._ids:
                self.named.repeats += 1
                continue
            self._ids.add(key)
            self.named.found += 1
            self.named.late += bool(late[place])
            value = chunk.values[int(values[place])] or b""
            record = Record(int(batch.times[place]), int(batch.offsets[place]), value)
            self._drawn[key] = int(hashes[place]), record
        if len(self._drawn) > 2 * self._most:
            self._trim()

    def all(self) -> Named:
        self._trim()
        drawn = sorted(self._drawn.items(), key=lambda each: (each[1][1].time_ms, each[0]))
        self.named.records = {key: record for key, (_, record) in drawn}
        return self.named

    def _trim(self) -> None:
        smallest = sorted(self._drawn, key=lambda key: self._drawn[key][0])[: self._most]
        self._drawn = {key: self._drawn[key] for key in smallest}


def _batches(
    part: RecordRange, subject: Subject, log: Log, decoder: Decoder, labels: LabelDecoder
) -> Iterator[tuple[Chunk, Batch]]:
    """Yield a range decoded; a later copy of a record that holds its label is no record."""
    own_topic = part.topic == subject.config.label_topic
    for chunk in log.records(part, (subject.config.records.marks.header,)):
        now_ms = time.time_ns() // 1_000_000
        if own_topic:
            chunk = without(chunk, labels.decode(chunk, now_ms).taken)
        yield chunk, decoder.decode(chunk, now_ms)


def _decoder(subject: Subject) -> Decoder:
    config = subject.config
    return compile_decoder(
        config.schema,
        subject.reference.profile,
        tuple(subject.reference.segments),
        future_ms=config.future,
        timeless=config.grid.by_rows,
    )


def _label_decoder(subject: Subject) -> LabelDecoder:
    return LabelDecoder(subject.labels, subject.task.classes, subject.config.future)


def _of_version(batch: Batch, version: str) -> BoolArray:
    """Tell which records are of a version; of the rest, which has no name, all may be."""
    if version == REST:
        return np.ones(len(batch), np.bool_)
    return np.array([each == version for each in batch.versions], np.bool_)


def _window(event: Event) -> tuple[int, int] | None:
    """Return the first and the end of an event's window in ms, None where blocks are of rows."""
    window = event.data.window
    if window is None or window.start is None or window.end is None:
        return None
    return _milliseconds(window.start), _milliseconds(window.end)


def _inside(
    times: IntArray, newest: IntArray, window: tuple[int, int], subject: Subject
) -> tuple[BoolArray, BoolArray]:
    """Return which records the daemon counted in a window, and which of them are late.

    newest: (n,), the newest time of the partition so far, from the beginning of its range on.
    """
    grid = subject.config.grid
    blocks, late = blocks_of(times, newest, grid.lateness, grid.block, NEVER)
    first, end = (each // grid.block for each in window)
    inside = (blocks >= first) & (blocks < end)
    return inside, inside & late


def _milliseconds(moment: str) -> int:
    return round(datetime.fromisoformat(moment).timestamp() * 1000)
