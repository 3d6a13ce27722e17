"""Opening a Kafka consumer without waiting for it, and seeing how its connections fare."""

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import structlog
from kafka import KafkaConsumer
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.net.compat import KafkaNetClient
from kafka.net.manager import KafkaConnectionManager
from kafka.net.selector import NetworkSelector
from kafka.structs import MemberState

from monitor.config.source import KafkaConfig
from monitor.sources.kafka_headers import HeaderNames
from monitor.sources.kafka_records import RecordBatches
from monitor.sources.kafka_security import security_settings

log = structlog.get_logger()

BOOTSTRAP_MS = 10_000
CLOSE_S = 2.0
MIB = 1024 * 1024

SETTINGS = {
    "auto_offset_reset": "none",
    "enable_auto_commit": False,
    "isolation_level": "read_committed",
    "allow_auto_create_topics": False,
    "metrics_enabled": False,
    "max_poll_records": 4,  # items of RecordBatches, of some 5,000 records each
    "max_partition_fetch_bytes": 2 * MIB,
    "fetch_max_bytes": 8 * MIB,
    "metadata_max_age_ms": 5_000,  # so that new topics and partitions are seen soon
    "retry_backoff_ms": 250,
    "reconnect_backoff_max_ms": 2_000,
    "bootstrap_timeout_ms": BOOTSTRAP_MS,
}

SESSION_MS = {True: 45_000, False: 10_000}
"""How long the group waits for a silent member: a static one takes its partitions up again
after a restart, of another one they are free only then."""


class Connections(KafkaConnectionManager):  # type: ignore[misc]
    """kafka-python's connections, which count their failures and keep the last one."""

    def __init__(self, net: NetworkSelector, **settings: Any) -> None:
        self.failures = 0
        self.failure: BaseException | None = None
        super().__init__(net, **settings)

    @property
    def connected(self) -> bool:
        """Whether any broker is connected."""
        return any(each.connected for each in list(self._conns.values()))

    def get_connection(self, node_id: Any, **options: Any) -> Any:
        """Return the connection to a node, watched from its first moment."""
        known = node_id in self._conns
        connection = super().get_connection(node_id, **options)
        if not known:
            connection.init_future.add_errback(self._note)
        return connection

    def _note(self, failure: BaseException) -> None:
        if not self.closed:
            self.failures += 1
            self.failure = failure


class Assignor(CooperativeStickyAssignor):  # type: ignore[misc]
    """Cooperative-sticky assignment whose every join says something new.

    A static member that comes back is not told that it leads the group (before JoinGroup 9,
    KIP-814), so it must itself ask for new partitions to be assigned; and the coordinator
    assigns anew only if what the member says has changed.
    """

    joins = 0

    def metadata(self, topics: Any) -> Any:
        """Return the subscription, with the number of the join as user data."""
        subscription = super().metadata(topics)
        self.joins += 1
        subscription.user_data = str(self.joins).encode()
        return subscription


class Session:
    """A consumer and its connections, opened by a thread of its own: constructors wait.

    consumer: None until it is open. error: why it could not be opened.
    """

    def __init__(
        self,
        config: KafkaConfig,
        headers: HeaderNames,
        prepare: Callable[[KafkaConsumer], None],
    ) -> None:
        """Begin to open; prepare: called with the consumer in the thread, and may block.

        headers: records that bear one of them are told.

        Raises SourceError for a configuration that cannot be used.
        """
        self.connections: Connections | None = None
        self.consumer: KafkaConsumer | None = None
        self.error: Exception | None = None
        self._client: KafkaNetClient | None = None
        self._abandoned = False
        self._closing = threading.Lock()
        self._headers = headers
        self._prepare = prepare
        settings = consumer_settings(config)
        self._thread = threading.Thread(target=self._open, args=(settings,), daemon=True)
        self._thread.start()

    @property
    def failure(self) -> BaseException | None:
        """Why the last connection failed, or why the consumer could not be opened."""
        return (self.connections.failure if self.connections else None) or self.error

    @property
    def failures(self) -> int:
        """How many connections have failed."""
        return self.connections.failures if self.connections else 0

    @property
    def connected(self) -> bool:
        """Whether the consumer is open and any broker connected."""
        if self.consumer is None or self.connections is None:
            return False
        return self.connections.connected

    def wait(self, timeout_s: float) -> bool:
        """Wait for the consumer to be opened or not; tell whether that is settled."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def close(self) -> None:
        """Close what has been opened, within CLOSE_S; partitions stay a static member's."""
        self._abandoned = True
        closing = threading.Thread(target=self._close, daemon=True)
        closing.start()
        closing.join(CLOSE_S)

    def _open(self, settings: dict[str, Any]) -> None:
        try:
            consumer = KafkaConsumer(kafka_client=self._make_client, **settings)
            consumer._fetcher.PartitionRecords = partial(RecordBatches, headers=self._headers)
            self._prepare(consumer)
            self.consumer = consumer
        except Exception as error:
            self.error = error
        if self.error is not None or self._abandoned:
            self._close()

    def _make_client(self, **settings: Any) -> KafkaNetClient:
        """Make the part of the consumer that a failed constructor would leave running."""
        net = NetworkSelector(**settings)
        self.connections = Connections(net, **settings)
        self._client = KafkaNetClient(net, self.connections)
        return self._client

    def _close(self) -> None:
        """Close once what there is; called by the opening thread and by that of close()."""
        with self._closing:
            consumer, self.consumer = self.consumer, None
            client, self._client = self._client, None
            try:
                if consumer is not None:
                    consumer.close(autocommit=False, timeout_ms=CLOSE_S * 500)
                elif client is not None:
                    client.close()
            except Exception as error:
                log.warning("kafka_not_closed", error=repr(error))


def cluster_of(consumer: KafkaConsumer) -> Any:
    """Return what a consumer knows of its cluster; the consumer's thread keeps it up to date."""
    return consumer._client.cluster


def refresh_metadata(consumer: KafkaConsumer, timeout_s: float) -> None:
    """Wait until what a consumer knows of its cluster is of now, or the time is over."""
    refreshed = cluster_of(consumer).request_update()
    deadline = time.monotonic() + timeout_s
    while not refreshed.is_done and time.monotonic() < deadline:
        time.sleep(0.01)


def has_joined(consumer: KafkaConsumer) -> bool:
    """Tell whether a consumer is a member of its group that no rebalance is changing."""
    return bool(consumer.group_metadata().state == MemberState.STABLE)


def ask_for_partitions(consumer: KafkaConsumer) -> None:
    """Have the group's partitions assigned anew at the next poll."""
    consumer._coordinator.request_rejoin()


def finish_joining(consumer: KafkaConsumer, timeout_ms: float) -> None:
    """Wait until a consumer that is joining its group has joined.

    A poll that ends while a join is under way leaves it to finish by itself, and then forgets
    what it was assigned: the consumer would read nothing more (kafka-python 3.0.12, where the
    join was for new metadata). So such a join is asked for again, with time to finish.
    """
    if consumer.group_metadata().state == MemberState.REBALANCING:
        ask_for_partitions(consumer)
    if not has_joined(consumer):
        consumer._coordinator.poll(timeout_ms=timeout_ms)


def consumer_settings(config: KafkaConfig) -> dict[str, Any]:
    """Return the settings of the consumer of a cluster.

    Raises SourceError if a secret cannot be read.
    """
    return SETTINGS | {
        "bootstrap_servers": config.bootstrap_servers,
        "group_id": config.group,
        "group_instance_id": config.instance,
        "session_timeout_ms": SESSION_MS[config.instance is not None],
        "partition_assignment_strategy": [Assignor()],
        **security_settings(config.security),
    }
