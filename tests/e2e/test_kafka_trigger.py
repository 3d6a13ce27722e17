"""Events go to a topic of a real broker as CloudEvents that their SDK reads."""

import asyncio
import threading
import time

from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka_event
from cloudevents.core.formats.json import JSONFormat
from kafka import KafkaConsumer, TopicPartition

from monitor.triggers.attempt import Outcome, attempt
from monitor.triggers.dispatcher import Dispatcher
from monitor.triggers.loop_threads import new_loop
from monitor.triggers.registry import make_trigger
from tests.monitor.triggers.events import NAME, event, settings_of
from tests.monitor.triggers.outbox import dispatching, now_ms, open_store
from tests.parts.kafka_broker import PASSWORD, USER
from tests.parts.receiver import wait_until


def tried(settings, told=None, timeout_s: float = 10.0) -> Outcome:
    with asyncio.Runner(loop_factory=new_loop) as runner:
        return runner.run(attempt(make_trigger(settings, NAME), NAME, told or event(), timeout_s))


def settings_at(folder, broker: str, topic: str, **options):
    source = {"source.kafka.bootstrap_servers": [broker]}
    return settings_of(folder, {"kafka": {"topic": topic}, **options}, source)


def records_of(bootstrap: str, topic: str, count: int) -> list:
    """Return the first records of a topic's one partition."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    consumer.assign([TopicPartition(topic, 0)])
    found: list = []
    deadline = time.monotonic() + 15
    while len(found) < count and time.monotonic() < deadline:
        for records in consumer.poll(timeout_ms=200).values():
            found += records
    consumer.close()
    return found


def test_an_event_is_one_record_that_the_sdk_reads_keyed_by_its_model(tmp_path, broker, topic):
    name = topic()
    outcome = tried(settings_at(tmp_path, broker.bootstrap, name))
    assert outcome == Outcome(True, f"topic {name}, partition 0, offset 0")
    (record,) = records_of(broker.bootstrap, name, 1)
    message = KafkaMessage(dict(record.headers), record.key, record.value)
    read = from_kafka_event(message, JSONFormat())
    assert (read.get_id(), read.get_type()) == (event().id, "io.driftd.alarm.raised")
    assert read.get_subject() == "credit/7/DE"
    assert record.key == b"credit"


def test_it_logs_in_at_a_cluster_of_its_own(tmp_path, broker, topic):
    name = topic()
    (tmp_path / "password").write_text(PASSWORD)
    security = {
        "protocol": "SASL_SSL",
        "mechanism": "SCRAM-SHA-512",
        "username": USER,
        "password_file": "password",
        "ca_file": str(broker.ca_file),
    }
    kafka = {"topic": name, "bootstrap_servers": [broker.tls], "security": security}
    assert tried(settings_of(tmp_path, {"kafka": kafka})).delivered
    settings = settings_of(tmp_path, {"kafka": kafka, "timeout": "2s"})
    (tmp_path / "password").write_text("wrong")
    refused = tried(settings)
    assert refused.again
    assert "Unable to bootstrap" in refused.words
    (tmp_path / "password").unlink()
    assert f"triggers.{NAME}.kafka.security.password_file" in tried(settings).words


def test_a_topic_that_is_not_there_is_tried_again_until_it_is(tmp_path, broker, topic):
    settings = settings_at(tmp_path, broker.bootstrap, "made-later", timeout="1s")
    outcome = tried(settings)
    assert (outcome.delivered, outcome.again) == (False, True)
    assert "made-later" in outcome.words
    topic(name="made-later")
    assert tried(settings).delivered


def test_an_event_that_is_too_large_for_the_topic_is_refused(tmp_path, broker, topic):
    name = topic(settings={"max.message.bytes": "1000"})
    outcome = tried(settings_at(tmp_path, broker.bootstrap, name), event(summary="x" * 5_000))
    assert (outcome.delivered, outcome.again) == (False, False)
    assert "takes no record so large" in outcome.words


def test_stored_events_arrive_once_the_broker_answers_again(tmp_path, broker, topic):
    name = topic()
    settings = settings_at(tmp_path, broker.bootstrap, name, timeout="1s")
    with open_store(settings) as store:
        broker.pause()
        try:
            dispatcher = Dispatcher(store, settings, now_ms)
            dispatcher.start()
            store.put([event(1), event(2)])
            wait_until(lambda: store.view.triggers[NAME].retried >= 1)
            began = time.monotonic()
            dispatcher.stop()
            took_s = time.monotonic() - began
        finally:
            broker.resume()
        assert took_s < 2.2
        with dispatching(store, settings):
            wait_until(lambda: store.view.triggers[NAME].delivered == 2, seconds=30)
    arrived = {record.value for record in records_of(broker.bootstrap, name, 2)}
    assert len(arrived) == 2
    wait_until(lambda: not kafka_threads(), seconds=30)


def kafka_threads() -> list[str]:
    """Return the threads of deliveries that were left behind."""
    return [each.name for each in threading.enumerate() if each.name == "trigger-call"]
