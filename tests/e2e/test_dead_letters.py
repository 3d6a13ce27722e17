"""Rejected records on a dead-letter topic of a real broker, also while Kafka is away."""

import gc
import json
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from kafka import KafkaConsumer
from kafka.structs import TopicPartition

from monitor.config import load
from monitor.config.source import KafkaConfig
from monitor.quarantine import QuarantineError, kafka
from monitor.quarantine.dead_letters import DeadLetterTopic
from monitor.quarantine.kafka import KafkaQuarantine
from monitor.reference.build import build_reference
from monitor.reference.file import write_reference
from tests.monitor.quarantine.rejects import a_reject, rejects
from tests.parts.daemon import DaemonProcess, run_until_end
from tests.parts.kafka_broker import KafkaBroker

Open = Callable[[str], KafkaQuarantine]

FEW_SECONDS = 5.0

# kafka-python leaves sockets that were refused to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


@pytest.fixture
def open_quarantine(broker: KafkaBroker) -> Iterator[Open]:
    """Make quarantines that are closed after the test."""
    opened: list[KafkaQuarantine] = []

    def make(topic: str) -> KafkaQuarantine:
        config = KafkaConfig(bootstrap_servers=[broker.bootstrap])
        opened.append(KafkaQuarantine(DeadLetterTopic(config, topic), position=7))
        return opened[-1]

    yield make
    for each in opened:
        each.close()
    gc.collect()


def letters(broker: KafkaBroker, topic: str) -> list[tuple[bytes, dict[str, str]]]:
    """Value and headers of all records of a topic's only partition."""
    partition = TopicPartition(topic, 0)
    consumer = KafkaConsumer(bootstrap_servers=broker.bootstrap, auto_offset_reset="earliest")
    try:
        consumer.assign([partition])
        end = consumer.end_offsets([partition])[partition]
        found = []
        while consumer.position(partition) < end:
            for batch in consumer.poll(500).values():
                found += [
                    (each.value, {name: text.decode() for name, text in each.headers})
                    for each in batch
                ]
        return found
    finally:
        consumer.close()


def offsets(broker: KafkaBroker, topic: str) -> list[int]:
    return [int(headers["driftd.dlq.offset"]) for _, headers in letters(broker, topic)]


def flush_until_delivered(quarantine: KafkaQuarantine, within_s: float = 30) -> None:
    deadline = time.monotonic() + within_s
    while True:
        try:
            quarantine.flush()
        except QuarantineError:
            assert time.monotonic() < deadline
        else:
            return


def test_a_dead_letter_is_the_record_with_headers_that_tell_where_and_why(
    broker, topic, open_quarantine
):
    name = topic()
    quarantine = open_quarantine(name)
    quarantine.put([a_reject(8812, b"\xff\x00raw"), a_reject(8813, b"", timestamp_ms=None)])
    quarantine.flush()
    (value, headers), (empty, other) = letters(broker, name)
    assert value == b"\xff\x00raw"
    assert headers.pop("driftd.dlq.version")
    assert headers == {
        "driftd.dlq.topic": "traffic",
        "driftd.dlq.partition": "2",
        "driftd.dlq.offset": "8812",
        "driftd.dlq.timestamp": "1767571200000",
        "driftd.dlq.reason": "malformed_json",
        "driftd.dlq.error": "topic 'traffic', partition 2, offset 8812: the value is not JSON",
    }
    assert (empty, other["driftd.dlq.timestamp"]) == (b"", "")
    assert (quarantine.written, quarantine.failures, quarantine.dropped) == (2, 0, 0)
    assert quarantine.position() == 7


def test_many_records_arrive_in_order(broker, topic, open_quarantine):
    name = topic()
    quarantine = open_quarantine(name)
    for first in range(0, 20_000, 5_000):
        quarantine.put(rejects(range(first, first + 5_000), size=200))
    flush_until_delivered(quarantine)
    assert offsets(broker, name) == list(range(20_000))


def test_while_kafka_is_away_flush_raises_and_nothing_is_lost(broker, topic, open_quarantine):
    name = topic()
    quarantine = open_quarantine(name)
    quarantine.put(rejects([1]))
    quarantine.flush()
    broker.kill()
    try:
        begin = time.monotonic()
        quarantine.put(rejects([2, 3]))
        assert time.monotonic() - begin < 0.5
        with pytest.raises(QuarantineError, match=f"2 rejected records are not on topic '{name}'"):
            quarantine.flush()
        assert time.monotonic() - begin < FEW_SECONDS
        time.sleep(6)
        assert quarantine.failures > 0
    finally:
        broker.start()
    quarantine.put(rejects([4]))
    flush_until_delivered(quarantine)
    assert sorted(set(offsets(broker, name))) == [1, 2, 3, 4]
    assert (quarantine.written, quarantine.dropped) == (4, 0)


def test_a_quarantine_opened_before_kafka_delivers_later(broker, topic, open_quarantine):
    name = topic()
    broker.kill()
    try:
        quarantine = open_quarantine(name)
        quarantine.put(rejects([1]))
        with pytest.raises(QuarantineError):
            quarantine.flush()
    finally:
        broker.start()
    flush_until_delivered(quarantine)
    assert set(offsets(broker, name)) == {1}


def test_records_are_given_up_when_sending_fails_for_too_long(names, open_quarantine, monkeypatch):
    monkeypatch.setattr(kafka, "PATIENCE_S", 0.0)
    name = next(names)
    quarantine = open_quarantine(name)
    quarantine.put(rejects([1, 2]))
    flush_until_delivered(quarantine, within_s=10)
    assert (quarantine.written, quarantine.failures, quarantine.dropped) == (0, 2, 2)


def test_a_topic_that_is_missing_is_named(names, open_quarantine):
    name = next(names)
    quarantine = open_quarantine(name)
    quarantine.put(rejects([1]))
    with pytest.raises(QuarantineError, match=f"'{name}'.*see that the topic exists"):
        quarantine.flush()


def test_a_record_that_the_broker_takes_at_no_time_is_dropped(broker, topic, open_quarantine):
    name = topic()
    quarantine = open_quarantine(name)
    incompressible = random.Random(1).randbytes(3_000_000)
    quarantine.put([a_reject(1), a_reject(2, incompressible), a_reject(3)])
    flush_until_delivered(quarantine)
    assert offsets(broker, name) == [1, 3]
    assert (quarantine.written, quarantine.dropped) == (2, 1)


def test_after_kills_every_rejected_record_is_a_dead_letter(broker, topic, produce, tmp_path):
    source, dead = topic(), topic()
    values = [b'{"id": "truncat' if at % 10 == 3 else a_record(at) for at in range(3_000)]
    config = configuration(tmp_path, broker.bootstrap, source, dead)
    model = load(config).models["m"]
    (tmp_path / "reference.jsonl").write_bytes(b"\n".join(map(a_record, range(2_000))))
    reference = build_reference(model.schema, [tmp_path / "reference.jsonl"])
    write_reference(model.reference, reference)
    daemon = DaemonProcess(config)
    for first in range(0, len(values), 1_000):
        produce(source, 0, values[first : first + 1_000])
        daemon.start()
        daemon.wait_for(lambda first=first: offsets(broker, dead)[-1:] >= [first + 3])
        daemon.kill()
    result = run_until_end(config)
    rejected = [at for at in range(len(values)) if at % 10 == 3]
    assert result["m"]["rejects"] == {"malformed_json": len(rejected)}
    assert sorted(set(offsets(broker, dead))) == rejected
    assert {value for value, _ in letters(broker, dead)} == {b'{"id": "truncat'}


def a_record(at: int) -> bytes:
    return json.dumps({"ts": 1_767_571_200_000 + at, "x": at % 7 + at / 7, "p": 0.5}).encode()


def configuration(folder: Path, bootstrap: str, source: str, dead: str) -> Path:
    path = folder / "driftd.yaml"
    document = {
        "state": "state",
        "listen": "127.0.0.1:0",
        "snapshot_every": "200ms",
        "quarantine": {"kafka_topic": dead},
        "source": {"kafka": {"bootstrap_servers": [bootstrap], "group": dead, "instance": "i"}},
        "models": {
            "m": {
                "reference": "m.ref",
                "records": {
                    "topics": [source],
                    "time": {"field": "ts", "unit": "ms"},
                    "prediction": {"field": "p", "kind": "probability"},
                },
                "features": {"x": "numeric"},
                "block": "1s",
                "windows": ["block"],
            }
        },
    }
    path.write_text(yaml.safe_dump(document))
    return path
