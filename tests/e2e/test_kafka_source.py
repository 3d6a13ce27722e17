"""The Kafka source against a real broker: what it reads, and what it does when things go wrong."""

import subprocess
import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.admin import ACL, ACLOperation, ACLPermissionType, ResourcePattern, ResourceType
from kafka.structs import TopicPartition

from monitor.config.source import KafkaConfig
from monitor.sources.kafka import KafkaSource
from monitor.sources.source import Chunk, Partition, SourceError
from tests.parts.kafka_broker import PASSWORD, USER, KafkaBroker

Open = Callable[..., KafkaSource]
Read = list[tuple[Partition, int, bytes | None]]

PATIENCE_S = 20


@pytest.fixture
def open_source(broker: KafkaBroker, names: Iterator[str]) -> Iterator[Open]:
    """Make sources that are closed after the test; each group is of this test only."""
    opened: list[KafkaSource] = []
    own_group = next(names)

    def make(
        *topics: str,
        pattern: str | None = None,
        positions: dict[Partition, int] | None = None,
        bounded: bool = False,
        marks: Collection[str] = (),
        **config: Any,
    ) -> KafkaSource:
        settings = {"bootstrap_servers": [broker.bootstrap], "group": own_group, "instance": "i"}
        source = KafkaSource(
            KafkaConfig(**settings | config), topics, pattern, positions or {}, bounded, marks
        )
        opened.append(source)
        return source

    yield make
    for source in opened:
        source.close()


def poll_until(source: KafkaSource, done: Callable[[Read], bool]) -> Read:
    """Poll until the records read so far satisfy ``done``; return them."""
    read: Read = []
    deadline = time.monotonic() + PATIENCE_S
    while not done(read):
        read += records(source.poll(0.2))
        assert time.monotonic() < deadline, f"read {len(read)}; {source.status()}"
    return read


def read_records(source: KafkaSource, count: int) -> Read:
    return poll_until(source, lambda read: len(read) >= count)


def read_to_end(source: KafkaSource) -> Read:
    """Return what a bounded source reads."""
    return poll_until(source, lambda _: source.all_finished())


def wait_for(source: KafkaSource, problem: str) -> None:
    """Poll until the source tells a problem; no record may come."""
    assert poll_until(source, lambda _: problem in source.status().problem) == []


def records(chunks: list[Chunk]) -> Read:
    found: Read = []
    for chunk in chunks:
        offsets = chunk.offsets.tolist()
        assert chunk.timestamps is not None
        assert len(chunk.values) == len(offsets) == len(chunk.timestamps)
        assert offsets == sorted(set(offsets))
        assert not offsets or offsets[-1] < chunk.next_offset
        found += [(chunk.partition, *pair) for pair in zip(offsets, chunk.values, strict=True)]
    return found


def send_with_kcat(broker: KafkaBroker, topic: str, values: list[bytes], *options: str) -> None:
    """Write records as another client does."""
    command = ["kcat", "-P", "-b", broker.bootstrap, "-t", topic, *options]
    subprocess.run(command, input=b"\n".join(values), check=True)


def of(topic: str, number: int = 0) -> Partition:
    return Partition(topic, number)


def lines(count: int, start: int = 0) -> list[bytes]:
    return [b'{"n":%d}' % number for number in range(start, start + count)]


def values(read: Read) -> list[bytes | None]:
    return [value for _, _, value in read]


def test_values_offsets_times_and_tombstones_of_several_topics_come_as_written(
    open_source, topic, produce
):
    first, second = topic(partitions=2), topic()
    produce(first, 0, [b"a", None, b""], [1000, 2000, 3000])
    produce(first, 1, [b"b"], [4000])
    produce(second, 0, [b"c", b"d"], [5000, 4999])
    source = open_source(first, second, bounded=True)
    chunks: list[Chunk] = []
    while not source.all_finished():
        chunks += source.poll(0.2)
    found = {
        chunk.partition: (list(chunk.values), chunk.offsets.tolist(), chunk.timestamps.tolist())
        for chunk in chunks
        if len(chunk)
    }
    assert found == {
        of(first, 0): ([b"a", None, b""], [0, 1, 2], [1000, 2000, 3000]),
        of(first, 1): ([b"b"], [0], [4000]),
        of(second): ([b"c", b"d"], [0, 1], [5000, 4999]),
    }
    assert source.finished() == found.keys()


def test_reading_goes_on_at_the_callers_positions_whatever_the_group_has_committed(
    open_source, topic, produce
):
    name = topic(partitions=2)
    produce(name, 0, lines(100))
    produce(name, 1, lines(100))
    source = open_source(name)
    read_records(source, 200)
    source.acknowledge({of(name, 0): 90, of(name, 1): 90})
    source.poll(0.5)
    source.close()
    again = open_source(name, positions={of(name, 0): 40, of(name, 1): 100}, bounded=True)
    assert values(read_to_end(again)) == lines(60, start=40)


def test_acknowledged_positions_are_committed_for_dashboards(broker, open_source, topic, produce):
    name = topic()
    produce(name, 0, lines(10))
    source = open_source(name, group="dashboard")
    read_records(source, 10)
    source.acknowledge({of(name): 7, of("another"): 3})
    consumer = KafkaConsumer(bootstrap_servers=broker.bootstrap, group_id="dashboard")
    poll_until(source, lambda _: consumer.committed(TopicPartition(name, 0)) == 7)
    consumer.close()


def test_a_start_at_the_latest_begins_behind_what_is_there_and_says_so(open_source, topic, produce):
    name = topic()
    produce(name, 0, lines(5))
    source = open_source(name, start="latest")
    told: list[Chunk] = []
    while not told:
        told = source.poll(0.2)
    assert [(len(chunk), chunk.next_offset, chunk.rewound) for chunk in told] == [(0, 5, False)]
    produce(name, 0, lines(2, start=5))
    assert values(read_records(source, 2)) == lines(2, start=5)


@pytest.mark.parametrize("codec", ["none", "zstd"])
def test_records_with_a_header_that_marks_re_tests_are_told(broker, open_source, topic, codec):
    name = topic()
    compressed = ["-p", "0", "-z", codec]
    send_with_kcat(broker, name, lines(3), *compressed)
    send_with_kcat(broker, name, lines(2), *compressed, "-H", "X-Driftd-Retest=run-1")
    send_with_kcat(broker, name, lines(2), *compressed, "-H", "trace=x-driftd-retest")
    source = open_source(name, marks=["x-driftd-retest"])
    marked: list[int] = []
    read = 0
    while read < 7:
        for chunk in source.poll(0.2):
            read += len(chunk)
            marked += [] if chunk.marked is None else chunk.marked.tolist()
    assert marked == [3, 4]


def test_a_start_at_a_time_begins_with_the_first_record_of_that_time(open_source, topic, produce):
    name = topic(partitions=3)
    day = 86_400_000
    produce(name, 0, lines(3), [0, day, 2 * day])
    produce(name, 1, lines(1), [0])
    source = open_source(name, start="1970-01-02T00:00:00Z")
    assert read_records(source, 2) == [(of(name), 1, b'{"n":1}'), (of(name), 2, b'{"n":2}')]
    produce(name, 1, lines(1, start=7), [0])
    assert read_records(source, 1) == [(of(name, 1), 1, b'{"n":7}')]


def test_partitions_that_come_later_are_read_from_their_beginning(
    admin, broker, open_source, topic, produce
):
    name = topic()
    produce(name, 0, lines(3))
    source = open_source(name, start="latest")
    poll_until(source, lambda _: bool(source.status().at_end))
    admin.create_partitions({name: 2})
    send_with_kcat(broker, name, lines(2), "-p", "1")
    assert read_records(source, 2) == [(of(name, 1), n, line) for n, line in enumerate(lines(2))]


def test_a_static_member_that_came_back_still_sees_new_partitions(
    admin, broker, open_source, topic, produce
):
    name = topic()
    produce(name, 0, lines(1))
    first = open_source(name)
    read_records(first, 1)
    first.close()
    second = open_source(name, positions={of(name): 1})
    poll_until(second, lambda _: bool(second.status().assigned))
    admin.create_partitions({name: 2})
    send_with_kcat(broker, name, lines(1), "-p", "1")
    assert read_records(second, 1) == [(of(name, 1), 0, b'{"n":0}')]


def test_a_topic_that_does_not_exist_yet_is_waited_for(open_source, topic, produce, names):
    there, name = topic(), next(names)
    produce(there, 0, lines(1))
    source = open_source(name, there)
    assert len(read_records(source, 1)) == 1
    wait_for(source, f"topic '{name}' does not exist yet; waiting for it")
    topic(name=name)
    produce(name, 0, lines(2))
    started = time.monotonic()
    assert values(read_records(source, 2)) == lines(2)
    assert time.monotonic() - started < 10
    poll_until(source, lambda _: source.status().problem == "")


def test_a_pattern_takes_whole_names_topics_besides_it_and_those_that_come_later(
    open_source, topic, produce, names
):
    prefix, besides = next(names), topic()
    matching = topic(name=f"{prefix}.a")
    for each in (matching, besides, topic(name=f"{prefix}.a.old")):
        produce(each, 0, [each.encode()])
    source = open_source(besides, pattern=rf"{prefix}\.[a-z]")
    assert set(values(read_records(source, 2))) == {matching.encode(), besides.encode()}
    later = topic(name=f"{prefix}.b")
    produce(later, 0, [b"later"])
    assert values(read_records(source, 1)) == [b"later"]
    assert {each.topic for each in source.status().assigned} == {matching, besides, later}


def test_no_topic_for_a_pattern_is_told(open_source, names):
    source = open_source(pattern=f"{next(names)}.none")
    wait_for(source, "no topic matches")


def test_a_bounded_run_ends_with_the_records_of_its_start(open_source, topic, produce):
    name = topic(partitions=2)
    produce(name, 0, lines(1000))
    source = open_source(name, bounded=True)
    assert not source.all_finished()
    assert source.status().assigned == frozenset()
    assert len(read_to_end(source)) == 1000
    assert source.finished() == source.status().assigned == {of(name, 0), of(name, 1)}
    produce(name, 0, lines(1))
    assert source.all_finished()


def test_a_bounded_run_of_topics_that_do_not_exist_is_finished(open_source, names):
    assert read_to_end(open_source(next(names), bounded=True)) == []


def test_aborted_records_and_markers_are_left_out_and_an_open_transaction_ends_the_log(
    broker, open_source, topic, produce, names
):
    name = topic()
    writer = KafkaProducer(bootstrap_servers=broker.bootstrap, transactional_id=next(names))
    writer.init_transactions()
    for text, commit in ((b"yes", True), (b"no", False), (b"yes too", True)):
        writer.begin_transaction()
        writer.send(name, text, partition=0)
        writer.flush()
        produce(name, 0, [b"plain"])
        writer.commit_transaction() if commit else writer.abort_transaction()
    closed = open_source(name, bounded=True)
    assert [pair[1:] for pair in read_to_end(closed)] == [
        (0, b"yes"), (1, b"plain"), (4, b"plain"), (6, b"yes too"), (7, b"plain")
    ]  # fmt: skip
    assert closed.status().lag == {of(name): 0}
    assert closed.status().at_end == {of(name)}
    closed.close()
    writer.begin_transaction()
    writer.send(name, b"open", partition=0)
    writer.flush()
    still = open_source(name, bounded=True, positions={of(name): 6})
    assert values(read_to_end(still)) == [b"yes too", b"plain"]
    writer.abort_transaction()
    writer.close()


@pytest.mark.parametrize("codec", ["gzip", "lz4", "zstd", "snappy", "none"])
def test_records_of_a_foreign_producer_are_read_in_every_codec(broker, open_source, topic, codec):
    name = topic()
    written = lines(5000)
    keyed = [b"key:" + line for line in written]
    send_with_kcat(broker, name, keyed, "-z", codec, "-K:", "-H", "trace=1", "-H", "empty")
    assert [pair[1:] for pair in read_to_end(open_source(name, bounded=True))] == [
        *enumerate(written)
    ]


def test_reading_may_begin_in_the_middle_of_a_compressed_batch(broker, open_source, topic):
    name = topic()
    writer = KafkaProducer(
        bootstrap_servers=broker.bootstrap, compression_type="zstd", linger_ms=1000
    )
    for line in lines(100):
        writer.send(name, line, partition=0)
    writer.close()
    source = open_source(name, positions={of(name): 57}, bounded=True)
    assert [pair[1:] for pair in read_to_end(source)] == [
        (57 + n, line) for n, line in enumerate(lines(43, start=57))
    ]


def test_lag_falls_to_nothing_as_records_are_read(open_source, topic, produce):
    name = topic()
    produce(name, 0, lines(30_000))
    source = open_source(name)
    read = read_records(source, 1)
    assert source.status().lag[of(name)] == 30_000 - len(read)
    read_records(source, 30_000 - len(read))
    assert source.status().lag == {of(name): 0}
    assert source.status().at_end == {of(name)}
    assert source.status().bytes_total > 30_000 * 10


def test_records_that_retention_removed_are_counted_as_lost(admin, open_source, topic, produce):
    name = topic()
    produce(name, 0, lines(100))
    admin.delete_records({TopicPartition(name, 0): 60})
    source = open_source(name, positions={of(name): 25})
    assert values(read_records(source, 40)) == lines(40, start=60)
    assert source.status().lost == {of(name): 35}
    assert source.status().offset_resets == {of(name): 1}


def test_retention_that_passes_a_reader_at_work_is_noticed(admin, open_source, topic, produce):
    name = topic()
    produce(name, 0, lines(10))
    source = open_source(name)
    read_records(source, 10)
    produce(name, 0, lines(20, start=10))
    admin.delete_records({TopicPartition(name, 0): 25})
    read = read_records(source, 5)
    if len(read) == 5:  # and not fetched before they were deleted
        assert source.status().lost == {of(name): 15}
    assert values(read)[-5:] == lines(5, start=25)


def test_a_position_past_the_end_goes_back_to_the_beginning(open_source, topic, produce):
    name = topic()
    produce(name, 0, lines(3))
    source = open_source(name, positions={of(name): 1000})
    chunks: list[Chunk] = []
    while not any(len(chunk) for chunk in chunks):
        chunks += source.poll(0.2)
    assert (len(chunks[0]), chunks[0].next_offset, chunks[0].rewound) == (0, 0, True)
    assert records(chunks) == [(of(name), n, line) for n, line in enumerate(lines(3))]
    assert source.status().offset_resets == {of(name): 1}
    assert source.status().lost == {}


@pytest.mark.parametrize("longer", [False, True])
def test_a_topic_made_anew_is_read_from_its_beginning(admin, open_source, topic, produce, longer):
    name = topic()
    produce(name, 0, lines(50))
    source = open_source(name)
    read_records(source, 50)
    admin.delete_topics([name])
    for _ in range(3):
        source.poll(0.2)
    topic(name=name)
    anew = lines(80 if longer else 5, start=100)
    produce(name, 0, anew)
    rewound = False
    read: Read = []
    deadline = time.monotonic() + PATIENCE_S
    while len(read) < len(anew):
        chunks = source.poll(0.2)
        if any(chunk.rewound for chunk in chunks):
            rewound, read = True, []
        read += records(chunks)
        assert time.monotonic() < deadline, source.status()
    assert rewound
    assert values(read) == anew
    assert source.status().offset_resets == {of(name): 1}


def test_a_broker_that_is_down_at_the_start_is_waited_for(broker, open_source, topic, produce):
    name = topic()
    produce(name, 0, lines(10))
    broker.stop()
    try:
        source = open_source(name)
        started = time.monotonic()
        assert source.poll(0.3) == []
        assert time.monotonic() - started < 1
        wait_for(source, "cannot be reached: KafkaConnectionError: 111 ECONNREFUSED")
        assert not source.status().connected
        assert source.status().errors_total > 0
    finally:
        broker.start()
    assert values(read_records(source, 10)) == lines(10)
    assert source.status().connected
    assert source.status().problem == ""


@pytest.mark.parametrize("reopen_s", [60, 0.5], ids=["kept", "reopened"])
def test_a_broker_that_is_killed_costs_no_record_and_brings_none_twice(
    broker, open_source, topic, produce, monkeypatch, reopen_s
):
    monkeypatch.setattr("monitor.sources.kafka.REOPEN_S", reopen_s)
    name = topic(partitions=2)
    produce(name, 0, lines(100))
    source = open_source(name)
    read = read_records(source, 100)
    broker.kill()
    try:
        wait_for(source, "cannot be reached")
        assert not source.status().connected
        assert source.status().assigned == {of(name, 0), of(name, 1)}
    finally:
        broker.start()
    produce(name, 0, lines(100, start=100))
    produce(name, 1, lines(50))
    read += read_records(source, 150)
    assert [pair[1:] for pair in read if pair[0].number == 0] == [*enumerate(lines(200))]
    assert [pair[1:] for pair in read if pair[0].number == 1] == [*enumerate(lines(50))]
    assert source.status().connected


@pytest.mark.parametrize("instance", ["i", None])
def test_a_broker_that_hangs_is_left_quickly(broker, open_source, topic, produce, instance):
    name = topic()
    produce(name, 0, lines(1))
    source = open_source(name, instance=instance)
    read_records(source, 1)
    broker.pause()
    try:
        started = time.monotonic()
        source.poll(0.2)
        assert time.monotonic() - started < 1
        source.acknowledge({of(name): 1})
        source.close()
        assert time.monotonic() - started < 3
    finally:
        broker.resume()


def test_members_share_partitions_and_say_so(open_source, topic, produce):
    name = topic(partitions=4)
    first = open_source(name, instance="a")
    poll_until(first, lambda _: len(first.status().assigned) == 4)
    second = open_source(name, instance=None)
    share = "2 of 4 partitions are read by other members of the group"
    with ThreadPoolExecutor() as pool:
        beside = pool.submit(wait_for, second, share)
        wait_for(first, share)
        poll_until(first, lambda _: beside.done())
        beside.result()
    assert first.status().assigned.isdisjoint(second.status().assigned)
    assert first.status().rebalances["revoked"] == 1
    second.close()
    poll_until(first, lambda _: len(first.status().assigned) == 4)
    for number in range(4):
        produce(name, number, lines(1))
    assert len(read_records(first, 4)) == 4


def test_a_second_daemon_of_the_same_instance_stops_the_first_one(open_source, topic):
    name = topic()
    first = open_source(name)
    poll_until(first, lambda _: bool(first.status().assigned))
    second = open_source(name)
    poll_until(second, lambda _: bool(second.status().assigned))
    first.acknowledge({of(name): 0})
    with pytest.raises(SourceError, match="another driftd reads as instance 'i' of group"):
        poll_until(first, lambda _: False)
    assert second.status().assigned == {of(name)}


def login(broker: KafkaBroker, **changes: Any) -> dict[str, Any]:
    security = {"protocol": "SASL_PLAINTEXT", "mechanism": "PLAIN", "username": USER}
    return {"bootstrap_servers": [broker.sasl], "security": security | changes}


def test_a_wrong_password_is_refused_with_the_mend(broker, open_source, topic):
    source = open_source(topic(), **login(broker, password="wrong"))
    with pytest.raises(SourceError, match=r"(?s)does not let user 'driftd' in: .*source\.kafka\."):
        poll_until(source, lambda _: False)


def test_scram_over_tls_reads_with_the_password_of_a_file(
    broker, open_source, topic, produce, tmp_path
):
    name = topic()
    produce(name, 0, lines(3))
    password = tmp_path / "password"
    password.write_text(PASSWORD + "\n")
    changes = {"protocol": "SASL_SSL", "mechanism": "SCRAM-SHA-512", "password_file": password}
    config = login(broker, **changes, ca_file=broker.ca_file)
    source = open_source(name, bounded=True, **config | {"bootstrap_servers": [broker.tls]})
    assert values(read_to_end(source)) == lines(3)


def test_a_certificate_that_is_not_trusted_is_refused_with_the_mend(broker, open_source, topic):
    changes = {"protocol": "SASL_SSL", "mechanism": "SCRAM-SHA-512", "password": PASSWORD}
    config = login(broker, **changes) | {"bootstrap_servers": [broker.tls]}
    source = open_source(topic(), **config)
    with pytest.raises(SourceError, match=r"(?s)is not trusted: .*security\.ca_file"):
        poll_until(source, lambda _: False)


def test_a_topic_that_may_not_be_read_is_refused_with_the_mend(
    admin: KafkaAdminClient, broker, open_source, topic
):
    name = topic()
    admin.create_acls(
        [
            ACL(
                principal=f"User:{USER}",
                host="*",
                operation=ACLOperation.READ,
                permission_type=ACLPermissionType.DENY,
                resource_pattern=ResourcePattern(ResourceType.TOPIC, name),
            )
        ]
    )
    source = open_source(name, **login(broker, password=PASSWORD))
    with pytest.raises(SourceError, match=r"user 'driftd' has not the rights: .*allow Read"):
        poll_until(source, lambda _: False)
