"""Reading the topics of a Kafka cluster as a member of a consumer group."""

import time
from collections import Counter
from collections.abc import Collection, Mapping

import structlog
from kafka import KafkaConsumer
from kafka.errors import (
    KafkaError,
    OffsetOutOfRangeError,
    TopicAuthorizationFailedError,
)
from kafka.structs import OffsetAndMetadata, TopicPartition

from monitor.config.source import KafkaConfig
from monitor.sources.kafka_client import (
    Session,
    ask_for_partitions,
    cluster_of,
    finish_joining,
    has_joined,
)
from monitor.sources.kafka_errors import unmendable
from monitor.sources.kafka_headers import HeaderNames
from monitor.sources.kafka_positions import Positions, Rebalances
from monitor.sources.kafka_records import Fetched
from monitor.sources.kafka_topics import Subscription
from monitor.sources.source import Chunk, Partition, SourceStatus

log = structlog.get_logger()

SHORTEST_RETRY_S, LONGEST_RETRY_S = 0.2, 5.0
WAIT_MS = 2_000
"""How long poll() may take to look up an offset that it has to know, and to join the group."""

LOOK_AT_TOPICS_S = 1.0
RECONNECT_S = 1.0
"""How long a consumer without a connection may be between two."""

REOPEN_S = 60.0
"""How long brokers are gone until their addresses are asked for anew."""


class KafkaSource:
    """Records of topics in Kafka, as `monitor.sources.source.Source` describes.

    Bytes are those on the wire, compressed as they are. A partition's lag is the number of
    offsets to its end, in which transaction markers and open transactions count too.
    """

    name = "kafka"

    def __init__(
        self,
        config: KafkaConfig,
        topics: Collection[str],
        pattern: str | None,
        positions: Mapping[Partition, int],
        bounded: bool,
        marks: Collection[str] = (),
    ) -> None:
        """Take what to read; the first poll() connects.

        topics, pattern: names, and an expression that whole names match; either may be empty.
        positions: where to go on; a partition that is not in them begins at config.start.
        bounded: read what there is when the cluster is first reached, then finish. marks: headers
        of records that are told apart.
        """
        self._config = config
        self._subscription = Subscription(frozenset(topics), pattern)
        self._positions = Positions(config, positions)
        self._bounded = bounded
        self._headers = HeaderNames(marks)
        self._session: Session | None = None
        self._retry_s, self._retry_at = SHORTEST_RETRY_S, 0.0
        self._reached_at = 0.0
        self._away = False
        self._looked_at = 0.0
        self._assigned: frozenset[TopicPartition] = frozenset()
        self._there: set[TopicPartition] = set()
        self._missing = ""
        self._problem = "not connected yet"
        self._bytes = 0
        self._errors = 0
        self._rebalances = Counter(assigned=0, revoked=0, lost=0)

    def poll(self, timeout_s: float) -> list[Chunk]:
        """Return the next records, or nothing after about timeout_s.

        Raises SourceError if Kafka refuses what is configured.
        """
        deadline = time.monotonic() + timeout_s
        session = self._reach(timeout_s)
        if session is None or session.consumer is None:
            return []
        try:
            return self._read(session.consumer, deadline)
        except Exception as error:
            # Whatever breaks a consumer, another one goes on from the same positions.
            self._drop(session, error)
            return []

    def status(self) -> SourceStatus:
        """Return what there is to tell now."""
        session, assigned = self._session, self._assigned_now()
        lag = self._lag(session.consumer) if session and session.consumer else {}
        known = {_partition(each): offsets for each, offsets in lag.items() if each in assigned}
        connected = self._is_connected()
        # What was the end when the brokers went away is not known to be the end still.
        ended = {each for each, offsets in known.items() if offsets <= 0 and connected}
        return SourceStatus(
            connected=connected,
            assigned=frozenset(map(_partition, assigned)),
            at_end=frozenset(ended),
            lag={each: max(0, offsets) for each, offsets in known.items()},
            bytes_total=self._bytes,
            errors_total=self._errors + (session.failures if session else 0),
            lost={_partition(each): n for each, n in self._positions.lost.items()},
            offset_resets={_partition(each): n for each, n in self._positions.resets.items()},
            rebalances=dict(self._rebalances),
            problem=self._describe_problem(),
        )

    def finished(self) -> frozenset[Partition]:
        """Return the partitions read to the end that they had when the cluster was reached."""
        ends = self._positions.ends or {}
        return frozenset(_partition(each) for each in ends if self._is_finished(each))

    def all_finished(self) -> bool:
        """Tell whether all partitions that there were then are finished."""
        ends = self._positions.ends
        return ends is not None and all(map(self._is_finished, ends))

    def acknowledge(self, positions: Mapping[Partition, int]) -> None:
        """Commit positions to the group for lag dashboards, without waiting for it."""
        consumer = self._session.consumer if self._session else None
        stored = {
            TopicPartition(partition.topic, partition.number): OffsetAndMetadata(at, "", -1)
            for partition, at in positions.items()
        }
        mine = {each: at for each, at in stored.items() if each in self._assigned}
        if consumer is None or not mine:
            return
        try:
            consumer.commit_async(mine)
        except KafkaError as error:
            log.debug("positions_not_committed", error=str(error))

    def close(self) -> None:
        """Leave Kafka, within about two seconds."""
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def _reach(self, timeout_s: float) -> Session | None:
        """Return the session once its consumer is open; wait for that, or to try again."""
        session = self._session
        if session is None:
            delay = self._retry_at - time.monotonic()
            if delay > 0:
                time.sleep(min(delay, timeout_s))
                return None
            session = self._session = Session(self._config, self._headers, self._prepare)
            self._there = set()
        settled = session.wait(timeout_s if session.consumer is None else 0)
        self._raise_if_unmendable(session)
        if settled and session.error is not None:
            self._drop(session, session.failure or session.error)
        elif settled:
            self._watch(session)
        return session if settled and session is self._session else None

    def _watch(self, session: Session) -> None:
        """Tell when the brokers go and when they are back; begin anew if they stay away."""
        if session.connected:
            self._reached_at = time.monotonic()
            if self._away:
                log.info("kafka_back")
        elif time.monotonic() - self._reached_at > REOPEN_S:
            self._drop(session, session.failure or ConnectionError("no broker is connected"))
        elif not self._is_connected() and not self._away:
            log.warning("kafka_away", error=str(session.failure))
        self._away = not self._is_connected()

    def _prepare(self, consumer: KafkaConsumer) -> None:
        """Learn what there is and join the group; runs in the session's thread and may wait."""
        consumer.topics()
        there = self._subscription.partitions(cluster_of(consumer))
        self._positions.open(consumer, there, self._bounded)
        listener = Rebalances(consumer, self._positions, self._rebalances)
        self._subscription.subscribe(consumer, listener)
        self._reached_at = time.monotonic()
        log.info("kafka_reached", servers=",".join(self._config.bootstrap_servers))

    def _read(self, consumer: KafkaConsumer, deadline: float) -> list[Chunk]:
        self._look_at_topics(consumer)
        finish_joining(consumer, WAIT_MS)
        self._positions.find_unknown(WAIT_MS)
        wait_s = max(0.0, deadline - time.monotonic())
        try:
            fetched = consumer.poll(timeout_ms=wait_s * 1000)
        except OffsetOutOfRangeError as error:
            fetched = {}
            self._positions.return_into_log(error.args[0], WAIT_MS)
        if has_joined(consumer):
            self._assigned = frozenset(consumer.assignment())
        self._retry_s = SHORTEST_RETRY_S
        return self._positions.take_moved() + [
            self._chunk(each, part) for each, parts in fetched.items() for part in parts
        ]

    def _chunk(self, partition: TopicPartition, fetched: Fetched) -> Chunk:
        self._bytes += fetched.size
        return self._positions.read(partition, fetched)

    def _look_at_topics(self, consumer: KafkaConsumer) -> None:
        """See, now and then, which partitions there are, and ask for new ones."""
        if time.monotonic() - self._looked_at < LOOK_AT_TOPICS_S or not has_joined(consumer):
            return
        self._looked_at = time.monotonic()
        if cluster_of(consumer).unauthorized_topics:
            raise TopicAuthorizationFailedError(cluster_of(consumer).unauthorized_topics)
        self._positions.find_topics_made_anew()
        there = self._subscription.partitions(cluster_of(consumer))
        self._missing = self._subscription.missing(cluster_of(consumer))
        if there - self._there - set(consumer.assignment()):
            ask_for_partitions(consumer)
        self._there = there

    def _drop(self, session: Session, error: BaseException) -> None:
        """Close a session that does not work; another one is opened after a while."""
        self._raise_if_unmendable(session, error)
        self._errors += session.failures + 1
        self._problem = f"Kafka at {', '.join(self._config.bootstrap_servers)}: {error}"
        log.warning("kafka_failed", error=repr(error), retry_s=self._retry_s)
        self._session = None
        session.close()
        self._retry_at = time.monotonic() + self._retry_s
        self._retry_s = min(2 * self._retry_s, LONGEST_RETRY_S)

    def _raise_if_unmendable(self, session: Session, error: BaseException | None = None) -> None:
        failure = session.failure if error is None and not session.connected else error
        source_error = None if failure is None else unmendable(failure, self._config)
        if source_error is not None:
            self._session = None
            session.close()
            raise source_error

    def _assigned_now(self) -> Collection[TopicPartition]:
        """Return what is read, in a bounded run all that will be: no block may close before."""
        return (self._positions.ends or {}).keys() if self._bounded else self._assigned

    def _lag(self, consumer: KafkaConsumer) -> dict[TopicPartition, int]:
        ends = {each: consumer.highwater(each) for each in consumer.assignment()}
        return {
            each: end - self._positions.next[each]
            for each, end in ends.items()
            if end is not None and each in self._positions.next
        }

    def _is_finished(self, partition: TopicPartition) -> bool:
        ends = self._positions.ends or {}
        return self._positions.next.get(partition, -1) >= ends[partition]

    def _is_connected(self) -> bool:
        session = self._session
        if session is None or session.consumer is None:
            return False
        return session.connected or time.monotonic() - self._reached_at < RECONNECT_S

    def _describe_problem(self) -> str:
        session = self._session
        if session is None or session.consumer is None:
            reason = session.failure if session else None
            return self._problem if reason is None else self._unreachable(reason)
        if not self._is_connected():
            return self._unreachable(session.failure)
        if self._missing:
            return self._missing
        if not self._assigned:
            return f"group '{self._config.group}' has not assigned any partition yet"
        if self._positions.unknown:
            return f"where {len(self._positions.unknown)} partitions begin is not known yet"
        others = len(self._there - self._assigned)
        if others:
            return (
                f"{others} of {len(self._there)} partitions are read by other members of the group"
            )
        return ""

    def _unreachable(self, reason: BaseException | None) -> str:
        return f"Kafka at {', '.join(self._config.bootstrap_servers)} cannot be reached: {reason}"


def _partition(partition: TopicPartition) -> Partition:
    return Partition(partition.topic, partition.partition)
