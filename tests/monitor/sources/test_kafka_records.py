"""The reader of record batches agrees with kafka-python's own on whatever a broker may send."""

import struct
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kafka.consumer.fetcher import Fetcher
from kafka.errors import CorruptRecordError
from kafka.protocol.consumer import IsolationLevel
from kafka.record import MemoryRecords, MemoryRecordsBuilder
from kafka.record.util import calc_crc32c
from kafka.structs import TopicPartition

from monitor.sources.kafka_records import AT_ONCE, Fetched, RecordBatches

PARTITION = TopicPartition("t", 0)
CONTROL, CRC_AT, ATTRIBUTES_AT = 0x20, 17, 21
ABORT, COMMIT = struct.pack(">hh", 0, 0), struct.pack(">hh", 0, 1)

Record = tuple[int, int, bytes | None]


@dataclass(frozen=True)
class Aborted:
    """As the broker tells of an aborted transaction."""

    producer_id: int
    first_offset: int


def batch(
    offset: int,
    records: list[tuple[int, bytes | None, bytes | None]],
    *,
    gaps: int = 0,
    compression: int = 0,
    magic: int = 2,
    producer: int | None = None,
) -> bytes:
    """A wire batch of (timestamp, key, value) records; gaps: offsets left out between them."""
    transaction = {}
    if producer is not None:
        transaction = {
            "transactional": True,
            "producer_id": producer,
            "producer_epoch": 0,
            "base_sequence": 0,
        }
    begin = 0 if magic == 2 else offset
    builder = MemoryRecordsBuilder(magic, compression, 2**30, offset=begin, **transaction)
    for time_ms, key, value in records:
        headers = [("h", value), ("g", b"x")] if magic == 2 and key else []
        builder.append(time_ms, key, value, headers)
        builder.skip(gaps)
    builder.close()
    data = bytearray(builder.buffer())
    if magic == 2:
        struct.pack_into(">q", data, 0, offset)  # as the broker does
    return bytes(data)


def marker(offset: int, producer: int, kind: bytes) -> bytes:
    """The control batch that ends a transaction."""
    data = bytearray(batch(offset, [(0, kind, b"\0" * 6)], producer=producer))
    data[ATTRIBUTES_AT + 1] |= CONTROL
    struct.pack_into(">I", data, CRC_AT, calc_crc32c(memoryview(data)[ATTRIBUTES_AT:]))
    return bytes(data)


def read(data: bytes, fetch_offset: int, aborted: list[Aborted]) -> tuple[list[Record], int]:
    batches = RecordBatches(
        fetch_offset, PARTITION, MemoryRecords(data), aborted_transactions=aborted
    )
    found: list[Record] = []
    while taken := batches.take():
        found += [record for part in taken for record in columns(part)]
    assert not batches
    return found, batches.next_fetch_offset


def columns(part: Fetched) -> list[Record]:
    return list(zip(part.offsets.tolist(), part.timestamps.tolist(), part.values, strict=True))


def read_with_kafka_python(
    data: bytes, fetch_offset: int, aborted: list[Aborted]
) -> tuple[list[Record], int]:
    parts = Fetcher.PartitionRecords(
        fetch_offset,
        PARTITION,
        MemoryRecords(data),
        isolation_level=IsolationLevel.READ_COMMITTED,
        aborted_transactions=aborted,
    )
    found = [(record.offset, record.timestamp, record.value) for record in parts.take()]
    return found, parts.next_fetch_offset


texts = st.one_of(st.none(), st.binary(max_size=300))
"""Long enough for lengths of one and of two bytes."""

record_lists = st.lists(
    st.tuples(st.integers(0, 2**41), st.one_of(st.none(), st.binary(max_size=80)), texts),
    min_size=1,
    max_size=6,
)


@st.composite
def logs(draw: st.DrawFn) -> tuple[bytes, int, list[Aborted]]:
    """Wire batches of all kinds, an offset to begin at, and the aborted transactions."""
    data, offset, open_at, aborted = b"", draw(st.integers(0, 2**40)), {}, []
    first = offset
    for _ in range(draw(st.integers(1, 6))):
        kind = draw(st.sampled_from(["plain", "plain", "transaction", "end"]))
        producer = draw(st.integers(0, 2))
        if kind == "end" and producer in open_at:
            end = draw(st.sampled_from([ABORT, COMMIT]))
            data += marker(offset, producer, end)
            if end == ABORT:
                aborted.append(Aborted(producer, open_at[producer]))
            del open_at[producer]
            offset += 1
            continue
        records, gaps = draw(record_lists), draw(st.integers(0, 2))
        compression = draw(st.integers(0, 4))
        in_transaction = kind == "transaction"
        data += batch(
            offset,
            records,
            gaps=gaps,
            compression=compression,
            producer=producer if in_transaction else None,
        )
        if in_transaction:
            open_at.setdefault(producer, offset)
        offset += (len(records) - 1) * (gaps + 1) + 1
    return data, draw(st.integers(first, offset)), aborted


@settings(deadline=None, derandomize=True, max_examples=300)
@given(logs())
def test_it_reads_what_kafka_python_reads(log):
    assert read(*log) == read_with_kafka_python(*log)


@settings(deadline=None, derandomize=True, max_examples=300)
@given(st.lists(st.tuples(st.integers(0, 2**41), texts), min_size=1, max_size=5))
@pytest.mark.parametrize("magic", [0, 1])
def test_it_reads_records_of_old_message_formats(magic, records):
    data = batch(7, [(time_ms, b"k", value) for time_ms, value in records], magic=magic)
    expected = [
        (7 + n, time_ms if magic else -1, value) for n, (time_ms, value) in enumerate(records)
    ]
    assert read(data, 7, []) == (expected, 7 + len(records))


def test_it_hands_on_a_few_thousand_records_at_once_and_the_rest_later():
    one = [(0, None, b"v")] * 1000
    data = b"".join(batch(n * 1000, one) for n in range(12))
    batches = RecordBatches(0, PARTITION, MemoryRecords(data))
    taken = [part for _ in range(3) for part in batches.take()]
    assert [len(part.values) for part in taken] == [AT_ONCE, AT_ONCE, 2000]
    assert [part.next_offset for part in taken] == [5000, 10_000, 12_000]
    assert sum(part.size for part in taken) == len(data)
    assert batches.take() == []


def test_a_batch_with_a_wrong_checksum_is_refused_after_those_before_it_were_handed_on():
    good, bad = batch(0, [(0, None, b"good")]), bytearray(batch(1, [(0, None, b"bad")]))
    bad[-2] ^= 1
    batches = RecordBatches(0, PARTITION, MemoryRecords(good + bytes(bad)))
    assert [part.values for part in batches.take()] == [[b"good"]]
    assert batches.next_fetch_offset == 1
    with pytest.raises(
        CorruptRecordError, match="topic 't', partition 0: the batch at offset 1 is"
    ):
        batches.take()
    assert not batches


@pytest.mark.parametrize("cut", ["longer", "shorter"])
def test_a_batch_whose_records_do_not_fill_it_is_refused(cut):
    data = bytearray(batch(3, [(0, None, b"value")] * 2))
    struct.pack_into(">i", data, 57, 1 if cut == "longer" else 3)  # the count of records
    struct.pack_into(">I", data, CRC_AT, calc_crc32c(memoryview(data)[ATTRIBUTES_AT:]))
    batches = RecordBatches(3, PARTITION, MemoryRecords(bytes(data)))
    with pytest.raises(CorruptRecordError, match="the batch at offset 3 is damaged"):
        batches.take()


def test_what_is_behind_markers_only_is_told_by_an_item_without_records():
    batches = RecordBatches(5, PARTITION, MemoryRecords(marker(5, 1, COMMIT)))
    (part,) = batches.take()
    assert (part.values, len(part.offsets), part.next_offset) == ([], 0, 6)
