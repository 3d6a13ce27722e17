"""Where the reading of each Kafka partition stands, and what moves it other than reading."""

import time
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import numpy as np
import structlog
from kafka import KafkaConsumer
from kafka.consumer.subscription_state import ConsumerRebalanceListener
from kafka.errors import KafkaTimeoutError
from kafka.structs import TopicPartition

from monitor.config.source import KafkaConfig
from monitor.sources.kafka_client import cluster_of, refresh_metadata
from monitor.sources.kafka_records import Fetched
from monitor.sources.source import Chunk, Partition

log = structlog.get_logger()

LOOK_UP_AGAIN_S = 5.0


class Positions:
    """The next offset of every partition: the caller's, then what has been read since.

    A partition without one is in ``unknown``, and paused until the polling thread has looked
    up where it begins, since the client's thread, which announces partitions, must not wait.
    Topics have an id in the cluster, so a topic that was deleted and made anew is told from
    the old one.
    """

    def __init__(self, config: KafkaConfig, positions: Mapping[Partition, int]) -> None:
        """Take the caller's positions."""
        self.next = {TopicPartition(p.topic, p.number): at for p, at in positions.items()}
        self.ends: dict[TopicPartition, int] | None = None
        self.unknown: set[TopicPartition] = set()
        self.lost: Counter[TopicPartition] = Counter()
        self.resets: Counter[TopicPartition] = Counter()
        self._config = config
        self._consumer: KafkaConsumer = None
        self._begun = {partition.topic for partition in positions}
        self._at_start: frozenset[TopicPartition] | None = None
        self._ids: dict[TopicPartition, Any] = {}
        self._were_read: set[TopicPartition] = set()
        self._rewound: set[TopicPartition] = set()
        self._moved: list[Chunk] = []
        self._look_up_at = 0.0

    def open(self, consumer: KafkaConsumer, there: Iterable[TopicPartition], bounded: bool) -> None:
        """Take a new consumer in place of the last one.

        there: the partitions that there are; those of the first consumer are there at the
        start. bounded: look up where they end. Waits, and raises KafkaError if that fails.
        """
        self._consumer = consumer
        self.unknown.clear()
        if self._at_start is None:
            at_start = frozenset(there)
            if bounded:
                self.ends = dict(consumer.end_offsets(list(at_start)))
            self._at_start = at_start

    def take_up(self, consumer: KafkaConsumer, partitions: Iterable[TopicPartition]) -> None:
        """Point the consumer at partitions that it has been assigned; does not wait."""
        for each in partitions:
            if self._is_made_anew(each) or each not in self.next:
                self._look_up(each)
            else:
                consumer.seek(each, self.next[each])

    def let_go(self, consumer: KafkaConsumer, partitions: Iterable[TopicPartition]) -> None:
        """Note that partitions are no longer a consumer's; their positions stay."""
        if consumer is self._consumer:  # and not one that is closed behind its successor's back
            self.unknown.difference_update(partitions)

    def find_topics_made_anew(self) -> None:
        """Go back to the beginning of topics that were deleted and made anew."""
        for each in self._consumer.assignment():
            if self._is_made_anew(each):
                self._look_up(each)

    def find_unknown(self, timeout_ms: float) -> None:
        """Look up where partitions without a position begin, and let them be read.

        A partition that has no leader keeps the others waiting only now and then.
        """
        unknown = sorted(self.unknown)
        if not unknown or time.monotonic() < self._look_up_at:
            return
        try:
            first = self._first_offsets(unknown, timeout_ms)
        except KafkaTimeoutError:
            self._look_up_at = time.monotonic() + LOOK_UP_AGAIN_S
            return
        for each, offset in first.items():
            self._move(each, offset)
            self.unknown.discard(each)
            self._consumer.resume(each)

    def return_into_log(self, outside: Mapping[TopicPartition, int], timeout_ms: float) -> None:
        """Move positions that the log no longer has, or does not have yet, to where it goes on.

        Offsets between the position and the log's beginning are lost: retention removed them.
        A position past the end: the topic was made anew, or the end was lost with a broker.
        Nothing moves if the log's bounds cannot be had within the timeout.
        """
        refresh_metadata(self._consumer, timeout_ms / 1000)
        try:
            first = self._consumer.beginning_offsets(list(outside), timeout_ms=timeout_ms)
            end = self._consumer.end_offsets(list(outside), timeout_ms=timeout_ms)
        except KafkaTimeoutError:
            return
        for each, offset in outside.items():
            if self._is_made_anew(each):
                self._look_up(each)
            elif offset < first[each]:
                self.lost[each] += first[each] - offset
                self.resets[each] += 1
                log.warning("records_lost", partition=_text(each), first=offset, next=first[each])
                self._move(each, first[each])
            elif offset > end[each]:
                self.resets[each] += 1
                self._rewound.add(each)
                # A topic that this process has read is the same one, and lost its end. One that
                # an earlier process read is likelier another one by now.
                target = end[each] if each in self._were_read else first[each]
                log.warning("log_ends_before", partition=_text(each), at=offset, next=target)
                self._move(each, target)

    def read(self, partition: TopicPartition, fetched: Fetched) -> Chunk:
        """Return what was fetched as a chunk, and stand behind it."""
        self.next[partition] = fetched.next_offset
        self._were_read.add(partition)
        return Chunk(
            _partition(partition),
            fetched.values,
            fetched.offsets,
            fetched.timestamps,
            fetched.next_offset,
            marked=fetched.marked if len(fetched.marked) else None,
        )

    def take_moved(self) -> list[Chunk]:
        """Return a chunk without records for each position that was moved since the last call."""
        moved, self._moved = self._moved, []
        return moved

    def _first_offsets(
        self, unknown: list[TopicPartition], timeout_ms: float
    ) -> dict[TopicPartition, int]:
        """Return where to begin: at ``start`` if it was there at the start, else at its first.

        A partition or topic that appears later is read from its first record on, and so is a
        new partition of a topic that has been read before.
        """
        consumer = self._consumer
        first: dict[TopicPartition, int] = consumer.beginning_offsets(
            unknown, timeout_ms=timeout_ms
        )
        at_start = self._at_start or ()
        old = [each for each in unknown if each in at_start and each.topic not in self._begun]
        if self._config.start == "earliest" or not old:
            return first
        first |= consumer.end_offsets(old, timeout_ms=timeout_ms)
        if self._config.start_ms is not None:
            since = dict.fromkeys(old, max(0, self._config.start_ms))
            found = consumer.offsets_for_times(since, timeout_ms=timeout_ms)
            first |= {each: place.offset for each, place in found.items() if place is not None}
        return first

    def _look_up(self, partition: TopicPartition) -> None:
        # A position keeps the client from asking for committed offsets, which are not ours.
        self._consumer.seek(partition, 0)
        self._consumer.pause(partition)
        self.unknown.add(partition)

    def _move(self, partition: TopicPartition, offset: int) -> None:
        self._consumer.seek(partition, offset)
        self.next[partition] = offset
        none = np.empty(0, dtype=np.int64)
        rewound = partition in self._rewound
        self._rewound.discard(partition)
        self._moved.append(Chunk(_partition(partition), [], none, none, offset, rewound=rewound))

    def _is_made_anew(self, partition: TopicPartition) -> bool:
        """Tell whether the topic is another one than it was; its position is forgotten if so."""
        now = cluster_of(self._consumer).topic_id(partition.topic)
        before = self._ids.get(partition)
        if now is None or now == before:
            return False
        self._ids[partition] = now
        if before is None:
            return False
        self.next.pop(partition, None)
        self.resets[partition] += 1
        self._begun.add(partition.topic)
        self._rewound.add(partition)
        log.warning("topic_made_anew", partition=_text(partition))
        return True


class Rebalances(ConsumerRebalanceListener):  # type: ignore[misc]
    """Takes partitions up and lets them go; called by the client's thread during poll()."""

    def __init__(self, consumer: KafkaConsumer, positions: Positions, counts: Counter[str]) -> None:
        self._consumer = consumer
        self._positions = positions
        self._counts = counts

    def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        self._positions.take_up(self._consumer, assigned)
        self._count("assigned", assigned)

    def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        self._positions.let_go(self._consumer, revoked)
        self._count("revoked", revoked)

    def on_partitions_lost(self, lost: Collection[TopicPartition]) -> None:
        self._positions.let_go(self._consumer, lost)
        self._count("lost", lost)

    def _count(self, event: str, partitions: Collection[TopicPartition]) -> None:
        self._counts[event] += 1
        log.info(f"partitions_{event}", partitions=",".join(sorted(map(_text, partitions))))


def _partition(partition: TopicPartition) -> Partition:
    return Partition(partition.topic, partition.partition)


def _text(partition: TopicPartition) -> str:
    return f"{partition.topic}/{partition.partition}"
