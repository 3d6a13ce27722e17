"""Which of a cluster's topics are read."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from kafka import KafkaConsumer
from kafka.structs import TopicPartition


@dataclass(frozen=True, slots=True)
class Subscription:
    """Topics by name, and by a pattern that the whole name has to match; either may be empty."""

    topics: frozenset[str]
    pattern: str | None

    def subscribe(self, consumer: KafkaConsumer, listener: Any) -> None:
        """Subscribe a consumer; it takes names or a pattern, so both are told as a pattern."""
        if self.pattern is None:
            consumer.subscribe(topics=sorted(self.topics), listener=listener)
        else:
            consumer.subscribe(pattern=self._expression, listener=listener)

    def partitions(self, cluster: Any) -> set[TopicPartition]:
        """Return the partitions that the subscription has, by what is known of the cluster."""
        return {
            TopicPartition(topic, number)
            for topic in self._chosen(cluster.topics())
            for number in cluster.partitions_for_topic(topic) or ()
        }

    def missing(self, cluster: Any) -> str:
        """Return in words which topics there are not; empty if there are all."""
        there = cluster.topics()
        absent = sorted(self.topics - there)
        if absent:
            names = ", ".join(f"'{topic}'" for topic in absent)
            return f"topic {names} does not exist yet; waiting for it"
        if self.pattern is not None and not self._chosen(there):
            return f"no topic matches '{self.pattern}' yet; waiting for one"
        return ""

    def _chosen(self, there: Collection[str]) -> set[str]:
        if self.pattern is None:
            return set(there) & self.topics
        return {topic for topic in there if re.match(self._expression, topic)}

    @property
    def _expression(self) -> str:
        parts = [f"(?:{self.pattern})", *(re.escape(topic) for topic in sorted(self.topics))]
        return f"(?:{'|'.join(parts)})\\Z"
