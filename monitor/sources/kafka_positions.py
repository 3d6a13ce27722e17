"""Where the reading of each Kafka partition stands, and what moves it other than reading."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import numpy as np
import structlog
from kafka import KafkaConsumer
from kafka.consumer.subscription_state import ConsumerRebalanceListener
from kafka.structs import TopicPartition

from monitor.config.source import KafkaConfig
from monitor.sources.kafka_client import cluster_of, refresh_metadata
from monitor.sources.kafka_records import Fetched
from monitor.sources.source import Chunk, Partition

log = structlog.get_logger()


class Positions:
    """The next offset of every partition: the caller's, then what has been read since.

    A partition without one is paused until the polling thread has looked up where it begins,
    since the client's thread, which announces partitions, must not wait. Topics have an id in
    the cluster, so a topic that was deleted and made anew is told from the old one.
    """

    def __init__(self, config: KafkaConfig, positions: Mapping[Partition, int]) -> None:
        """Take the caller's positions."""
        self.next = {TopicPartition(p.topic, p.number): at for p, at in positions.items()}
        self.ends: dict[TopicPartition, int] | None = None
        self.lost: Counter[TopicPartition] = Counter()
        self.resets: Counter[TopicPartition] = Counter()
        self._config = config
        self._begun = {partition.topic for partition in positions}
        self._ids: dict[TopicPartition, Any] = {}
        self._unknown: set[TopicPartition] = set()
        self._read: set[TopicPartition] = set()
        self._rewound: set[TopicPartition] = set()
        self._moved: list[Chunk] = []

    def open(self, consumer: KafkaConsumer, there: Iterable[TopicPartition]) -> None:
        """Note the partitions that there are at the start and their ends; may wait.

        Raises KafkaError if the ends cannot be had.
        """
        if self.ends is None:
            self.ends = dict(consumer.end_offsets(list(there)))

    def take_up(self, consumer: KafkaConsumer, partitions: Iterable[TopicPartition]) -> None:
        """Point the consumer at partitions that it has been assigned; does not wait."""
        for each in partitions:
            if self._is_made_anew(consumer, each) or each not in self.next:
                self._look_up(consumer, each)
            else:
                consumer.seek(each, self.next[each])

    def let_go(self, partitions: Iterable[TopicPartition]) -> None:
        """Note that partitions are no longer this consumer's; their positions stay."""
        self._unknown.difference_update(partitions)

    def find_topics_made_anew(self, consumer: KafkaConsumer) -> None:
        """Go back to the beginning of topics that were deleted and made anew."""
        for each in consumer.assignment():
            if self._is_made_anew(consumer, each):
                self._look_up(consumer, each)

    def find_unknown(self, consumer: KafkaConsumer, timeout_ms: float) -> None:
        """Look up where partitions without a position begin, and let them be read.

        Raises KafkaError if that cannot be had within the timeout.
        """
        unknown = sorted(self._unknown)
        if not unknown:
            return
        for each, offset in self._first_offsets(consumer, unknown, timeout_ms).items():
            self._move(consumer, each, offset)
            self._unknown.discard(each)
            consumer.resume(each)

    def return_into_log(
        self, consumer: KafkaConsumer, outside: Mapping[TopicPartition, int], timeout_ms: float
    ) -> None:
        """Move positions that the log no longer has, or does not have yet, to where it goes on.

        Records between the position and the log's beginning are lost: retention removed them.
        A position past the end: the topic was made anew, or the end was lost with a broker.
        Raises KafkaError if the log's bounds cannot be had within the timeout.
        """
        refresh_metadata(consumer, timeout_ms / 1000)
        first = consumer.beginning_offsets(list(outside), timeout_ms=timeout_ms)
        end = consumer.end_offsets(list(outside), timeout_ms=timeout_ms)
        for each, offset in outside.items():
            if self._is_made_anew(consumer, each):
                self._look_up(consumer, each)
            elif offset < first[each]:
                self.lost[each] += first[each] - offset
                self.resets[each] += 1
                log.warning("records_lost", partition=_text(each), first=offset, next=first[each])
                self._move(consumer, each, first[each])
            elif offset > end[each]:
                self.resets[each] += 1
                self._rewound.add(each)
                # A topic that this process has read is the same one, and lost its end. One that
                # an earlier process read is likelier another one by now.
                target = end[each] if each in self._read else first[each]
                log.warning("log_ends_before", partition=_text(each), at=offset, next=target)
                self._move(consumer, each, target)

    def read(self, partition: TopicPartition, fetched: Fetched) -> Chunk:
        """Return what was fetched as a chunk, and stand behind it."""
        self.next[partition] = fetched.next_offset
        self._read.add(partition)
        return Chunk(
            _partition(partition),
            fetched.values,
            fetched.offsets,
            fetched.timestamps,
            fetched.next_offset,
        )

    def take_moved(self) -> list[Chunk]:
        """Return a chunk without records for each position that was moved since the last call."""
        moved, self._moved = self._moved, []
        return moved

    def _first_offsets(
        self, consumer: KafkaConsumer, unknown: list[TopicPartition], timeout_ms: float
    ) -> dict[TopicPartition, int]:
        """Return where to begin: at ``start`` if it was there at the start, else at its first.

        A partition or topic that appears later is read from its first record on, and so is a
        new partition of a topic that has been read before.
        """
        first: dict[TopicPartition, int] = consumer.beginning_offsets(
            unknown, timeout_ms=timeout_ms
        )
        ends = self.ends or {}
        old = [each for each in unknown if each in ends and each.topic not in self._begun]
        if self._config.start == "latest":
            return first | {each: ends[each] for each in old}
        if self._config.start_ms is None or not old:
            return first
        since = dict.fromkeys(old, max(0, self._config.start_ms))
        found = consumer.offsets_for_times(since, timeout_ms=timeout_ms)
        later = [each for each, place in found.items() if place is None]
        end = consumer.end_offsets(later, timeout_ms=timeout_ms) if later else {}
        return first | {
            each: end[each] if place is None else place.offset for each, place in found.items()
        }

    def _look_up(self, consumer: KafkaConsumer, partition: TopicPartition) -> None:
        # A position keeps the client from asking for committed offsets, which are not ours.
        consumer.seek(partition, 0)
        consumer.pause(partition)
        self._unknown.add(partition)

    def _move(self, consumer: KafkaConsumer, partition: TopicPartition, offset: int) -> None:
        consumer.seek(partition, offset)
        self.next[partition] = offset
        none = np.empty(0, dtype=np.int64)
        rewound = partition in self._rewound
        self._rewound.discard(partition)
        self._moved.append(Chunk(_partition(partition), [], none, none, offset, rewound=rewound))

    def _is_made_anew(self, consumer: KafkaConsumer, partition: TopicPartition) -> bool:
        """Tell whether the topic is another one than it was; its position is forgotten if so."""
        now, before = cluster_of(consumer).topic_id(partition.topic), self._ids.get(partition)
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
        self._positions.let_go(revoked)
        self._count("revoked", revoked)

    def on_partitions_lost(self, lost: Collection[TopicPartition]) -> None:
        self._positions.let_go(lost)
        self._count("lost", lost)

    def _count(self, event: str, partitions: Collection[TopicPartition]) -> None:
        self._counts[event] += 1
        log.info(f"partitions_{event}", partitions=",".join(sorted(map(_text, partitions))))


def _partition(partition: TopicPartition) -> Partition:
    return Partition(partition.topic, partition.partition)


def _text(partition: TopicPartition) -> str:
    return f"{partition.topic}/{partition.partition}"
