"""Rejected records that wait for a Kafka that cannot be reached."""

import gc
import time
from collections.abc import Iterator

import pytest

from monitor.config.source import KafkaConfig
from monitor.quarantine import QuarantineError, kafka
from monitor.quarantine.dead_letters import DeadLetterTopic
from monitor.quarantine.kafka import KafkaQuarantine
from tests.monitor.quarantine.rejects import rejects
from tests.parts.ports import free_ports

# kafka-python leaves sockets that were refused to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


@pytest.fixture
def quarantine() -> Iterator[KafkaQuarantine]:
    nowhere = f"127.0.0.1:{free_ports('kafka')['kafka']}"
    topic = DeadLetterTopic(KafkaConfig(bootstrap_servers=[nowhere]), "driftd.dlq")
    opened = KafkaQuarantine(topic, position=0)
    yield opened
    opened.close()
    gc.collect()


def test_flush_of_nothing_needs_no_kafka(quarantine):
    quarantine.flush()


def test_flush_raises_within_seconds_and_says_why(quarantine):
    begin = time.monotonic()
    quarantine.put(rejects([1, 2]))
    with pytest.raises(QuarantineError, match=r"2 rejected .* 'driftd.dlq' yet: .*bootstrap"):
        quarantine.flush()
    assert time.monotonic() - begin < 5
    assert quarantine.failures == 2


def test_records_that_have_waited_longest_make_room(quarantine, monkeypatch):
    monkeypatch.setattr(kafka, "MOST_WAITING_BYTES", 100)
    quarantine.put(rejects(range(50), size=10))
    assert quarantine.dropped == 40


def test_records_are_given_up_after_a_while(quarantine, monkeypatch):
    monkeypatch.setattr(kafka, "PATIENCE_S", 0.0)
    quarantine.put(rejects([1, 2]))
    quarantine.flush()
    assert (quarantine.failures, quarantine.dropped) == (2, 2)
