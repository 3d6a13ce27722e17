"""A real Kafka broker for the tests of this folder, and topics and records in it."""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence

import pytest
from kafka import KafkaAdminClient, KafkaProducer

from tests.parts.kafka_broker import KafkaBroker, start_broker

MakeTopic = Callable[..., str]
Produce = Callable[..., None]

LARGEST = 10_000_000
"""Bytes of the largest record that the tests send."""


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    """A broker that runs; a test that stops it must start it again."""
    try:
        running = start_broker(tmp_path_factory.mktemp("kafka"))
    except (OSError, RuntimeError) as error:
        reason = f"these tests need a Kafka broker, and it did not start: {error}"
        raise pytest.fail.Exception(reason, pytrace=False) from None
    yield running
    running.stop()


@pytest.fixture
def admin(broker: KafkaBroker) -> Iterator[KafkaAdminClient]:
    client = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    yield client
    client.close()


@pytest.fixture(scope="session")
def names() -> Iterator[str]:
    """Names that no other test uses."""
    return (f"t{number}" for number in itertools.count())


@pytest.fixture
def topic(admin: KafkaAdminClient, names: Iterator[str]) -> MakeTopic:
    """Make a topic: ``topic(partitions=1, name=None, settings={})`` returns its name."""

    def make(
        partitions: int = 1, name: str | None = None, settings: Mapping[str, str] | None = None
    ) -> str:
        name = name or next(names)
        shape = {"num_partitions": partitions, "replication_factor": 1, "configs": settings or {}}
        admin.create_topics({name: shape}, wait_for_metadata=True)
        return name

    return make


@pytest.fixture(scope="session")
def producer(broker: KafkaBroker) -> Iterator[KafkaProducer]:
    client = KafkaProducer(
        bootstrap_servers=broker.bootstrap,
        linger_ms=5,
        reconnect_backoff_max_ms=200,
        max_request_size=LARGEST,
    )
    yield client
    client.close()


@pytest.fixture
def produce(producer: KafkaProducer) -> Produce:
    """Write records: ``produce(topic, partition, values, timestamps=None)``, times in ms."""

    def write(
        topic: str,
        partition: int,
        values: Sequence[bytes | None],
        timestamps: Sequence[int] | None = None,
    ) -> None:
        times: Sequence[int | None] = timestamps or [None] * len(values)
        for value, time_ms in zip(values, times, strict=True):
            # A null value needs a key, as a tombstone has.
            key = b"k" if value is None else None
            producer.send(topic, value, key, partition=partition, timestamp_ms=time_ms)
        producer.flush()

    return write
