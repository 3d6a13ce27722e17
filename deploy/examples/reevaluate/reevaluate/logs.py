"""The logs of the daemon, read again: the records of offset ranges, and what comes after a time."""

import time
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Protocol

import numpy as np
from kafka import KafkaConsumer
from kafka.errors import KafkaTimeoutError
from kafka.structs import TopicPartition

from monitor.config import Settings
from monitor.config.source import KafkaConfig
from monitor.events.event import RecordRange
from monitor.sources.file_topic import TopicLog
from monitor.sources.kafka_security import security_settings
from monitor.sources.source import Chunk, Partition

POLL_MS = 500
STALL_S = 60.0
"""A range of which nothing comes for so long is begun anew."""


class LogError(Exception):
    """Records that an event names cannot be read; the message says why."""


class Log(Protocol):
    """Where records and labels lie."""

    def records(self, part: RecordRange, headers: Collection[str]) -> Iterator[Chunk]:
        """Yield the records of a range, none beyond; headers: that mark those of re-tests.

        Raises LogError where retention has removed some of them.
        """
        ...

    def since(self, topic: str, time_ms: int | None, until_s: float) -> Iterator[Chunk]:
        """Yield what is in a topic from a time of the log on, and what comes until ``until_s``.

        time_ms: None for the beginning. All that is there at the start is yielded in any case.
        Empty chunks tell that nothing came for a moment.
        """
        ...


def open_log(settings: Settings) -> Log:
    """Return the log that the daemon's configuration names."""
    if settings.source.kafka is not None:
        return KafkaLog(settings.source.kafka)
    assert settings.source.files is not None, "a configuration names one source"
    return FileLog(settings)


class FileLog:
    """Folders of JSON lines, of which a topic is one partition and an offset a byte."""

    def __init__(self, settings: Settings) -> None:
        assert settings.source.files is not None
        self._folder = settings.source.files.folder

    def records(self, part: RecordRange, _: Collection[str]) -> Iterator[Chunk]:
        """Yield the records of a range; as Log."""
        log = TopicLog(self._folder / part.topic, part.first_offset)
        try:
            while log.position <= part.last_offset:
                chunk = log.read()
                if chunk is None:
                    raise LogError(f"{_named(part)}: the log ends at byte {log.position}")
                yield until(chunk, part.last_offset)
        finally:
            log.close()

    def since(self, topic: str, _: int | None, until_s: float) -> Iterator[Chunk]:
        """Yield a topic from its beginning, for its lines have no times; as Log."""
        log = TopicLog(self._folder / topic, 0)
        try:
            while True:
                chunk = log.read()
                if chunk is None and time.time() >= until_s:
                    return
                if chunk is None:
                    time.sleep(POLL_MS / 1000)
                yield chunk or nothing_of(log.partition, log.position)
        finally:
            log.close()


class KafkaLog:
    """Topics of a cluster, read without a group, so that nothing of the daemon's moves."""

    def __init__(self, config: KafkaConfig) -> None:
        self._config = config

    def records(self, part: RecordRange, headers: Collection[str]) -> Iterator[Chunk]:
        """Yield the records of a range; as Log."""
        place = TopicPartition(part.topic, part.partition)
        consumer = self._consumer()
        try:
            consumer.assign([place])
            first = consumer.beginning_offsets([place])[place]
            end = consumer.end_offsets([place])[place]
            if first > part.first_offset or end <= part.last_offset:
                raise LogError(
                    f"{_named(part)}: the log holds offsets {first} to {end - 1} now; retention "
                    "has removed the others, or the topic was made anew"
                )
            consumer.seek(place, part.first_offset)
            heard_s = time.monotonic()
            while consumer.position(place) <= part.last_offset:
                for chunk in _polled(consumer, headers):
                    heard_s = time.monotonic()
                    yield until(chunk, part.last_offset)
                if time.monotonic() - heard_s > STALL_S:
                    raise KafkaTimeoutError(f"{_named(part)}: nothing came for {STALL_S:g} s")
        finally:
            consumer.close(autocommit=False)

    def since(self, topic: str, time_ms: int | None, until_s: float) -> Iterator[Chunk]:
        """Yield a topic from a time on; as Log."""
        consumer = self._consumer()
        try:
            numbers = consumer.partitions_for_topic(topic)
            if not numbers:
                raise LogError(f"topic '{topic}' does not exist")
            places = [TopicPartition(topic, number) for number in sorted(numbers)]
            consumer.assign(places)
            _seek(consumer, places, time_ms)
            ends = consumer.end_offsets(places)
            while True:
                chunks = _polled(consumer, ())
                yield from chunks or [nothing_of(Partition(topic, 0), 0)]
                read = all(consumer.position(place) >= ends[place] for place in places)
                if read and not chunks and time.time() >= until_s:
                    return
        finally:
            consumer.close(autocommit=False)

    def _consumer(self) -> KafkaConsumer:
        return KafkaConsumer(
            bootstrap_servers=self._config.bootstrap_servers,
            group_id=None,
            auto_offset_reset="none",
            enable_auto_commit=False,
            isolation_level="read_committed",
            allow_auto_create_topics=False,
            metrics_enabled=False,
            max_poll_records=5_000,
            max_partition_fetch_bytes=8 * 2**20,
            **security_settings(self._config.security),
        )


def until(chunk: Chunk, last: int) -> Chunk:
    """Return a chunk without the records behind an offset."""
    kept = int(np.searchsorted(chunk.offsets, last, side="right"))
    return Chunk(
        partition=chunk.partition,
        values=chunk.values[:kept],
        offsets=chunk.offsets[:kept],
        timestamps=None if chunk.timestamps is None else chunk.timestamps[:kept],
        next_offset=min(chunk.next_offset, last + 1),
        marked=chunk.marked,
    )


def nothing_of(partition: Partition, position: int) -> Chunk:
    """Return a chunk without records."""
    return Chunk(partition, [], np.zeros(0, np.int64), None, position)


def _polled(consumer: KafkaConsumer, headers: Collection[str]) -> list[Chunk]:
    """Return what one poll brings, a chunk a partition."""
    polled: Mapping[TopicPartition, list[Any]] = consumer.poll(timeout_ms=POLL_MS)
    spellings = {each for name in headers for each in (name, name.lower(), name.title())}
    return [
        Chunk(
            partition=Partition(place.topic, place.partition),
            values=[each.value for each in records],
            offsets=np.array([each.offset for each in records], np.int64),
            timestamps=np.array([each.timestamp for each in records], np.int64),
            next_offset=records[-1].offset + 1,
            marked=np.array(
                [
                    each.offset
                    for each in records
                    if any(name in spellings for name, _ in each.headers)
                ],
                np.int64,
            ),
        )
        for place, records in polled.items()
    ]


def _seek(consumer: KafkaConsumer, places: list[TopicPartition], time_ms: int | None) -> None:
    """Go to the first records that the log took at a time or later; the end where none is."""
    if time_ms is None:
        consumer.seek_to_beginning(*places)
        return
    found = consumer.offsets_for_times(dict.fromkeys(places, time_ms))
    ends = consumer.end_offsets(places)
    for place in places:
        consumer.seek(place, found[place].offset if found.get(place) else ends[place])


def _named(part: RecordRange) -> str:
    return (
        f"topic '{part.topic}', partition {part.partition}, offsets {part.first_offset} to "
        f"{part.last_offset}"
    )
