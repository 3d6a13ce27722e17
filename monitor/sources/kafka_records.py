"""Reading fetched record batches into arrays, a batch at a time."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from kafka.errors import CorruptRecordError
from kafka.record import MemoryRecords
from kafka.structs import TopicPartition

from detectors.counts import IntArray
from monitor.sources.kafka_headers import HeaderNames

AT_ONCE = 5_000
"""Records after which no further wire batch is added to what is handed on together."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """Consecutive records of one partition as a fetch brought them.

    values: the records' bytes, None for a tombstone. offsets, timestamps: (n,).
    next_offset: where the log goes on. size: bytes on the wire. marked: offsets of the records
    that bear one of the headers that are looked for.
    """

    values: list[bytes | None]
    offsets: IntArray
    timestamps: IntArray
    next_offset: int
    size: int
    marked: IntArray


class RecordBatches:
    """What one fetch brought of one partition.

    Stands in for kafka-python's Fetcher.PartitionRecords, which makes three objects of every
    record (5 us each); this one reads wire batches into lists (1 us each). It keeps the part
    of that class that the fetcher uses: take(), drain(), truth, and the attributes below.
    Leaves out control records and, as read_committed asks, those of aborted transactions.
    """

    def __init__(
        self,
        fetch_offset: int,
        tp: TopicPartition,
        records: MemoryRecords,
        *,
        aborted_transactions: Sequence[Any] | None = None,
        on_drain: Callable[["RecordBatches"], None] | None = None,
        headers: HeaderNames | None = None,
        **_: object,
    ) -> None:
        """Take what the fetcher passes; fetch_offset: the first offset that was asked for.

        headers: those that are looked for, which is ours.
        """
        self.topic_partition = tp
        self.next_fetch_offset = fetch_offset
        self.leader_epoch = -1
        self.bytes_read = 0
        self._fetch_offset = fetch_offset
        self._headers = headers or HeaderNames(())
        self._records: MemoryRecords | None = records
        self._on_drain = on_drain
        self._failure: Exception | None = None
        self._aborted = deque(sorted(aborted_transactions or (), key=_first_offset))
        self._aborting: set[int] = set()

    def __bool__(self) -> bool:
        return self._records is not None

    def drain(self) -> None:
        """Let go of what has not been taken."""
        if self._records is not None:
            self._records = None
            if self._on_drain is not None:
                self._on_drain(self)

    def take(self, _: int | None = None) -> list[Fetched]:
        """Return the next AT_ONCE records or so as one item, nothing at the end.

        An item without records tells that the log goes on behind markers or aborted records.
        Raises CorruptRecordError, after the records before it have been taken, for a batch
        whose checksum or structure is wrong.
        """
        if self._failure is not None:
            self.drain()
            raise self._failure
        part = _Part(self._fetch_offset, self._headers)
        begin = self.next_fetch_offset
        while self._records is not None and len(part.values) < AT_ONCE:
            try:
                batch = self._records.next_batch()
                if batch is not None:
                    self._read(batch, part)
            except Exception as error:
                if self.next_fetch_offset == begin:
                    self.drain()
                    raise
                self._failure = error
                break
            if batch is None:
                self.drain()
        self.bytes_read += part.size
        if self.next_fetch_offset == begin:
            return []
        return [part.joined(self.next_fetch_offset)]

    def _read(self, batch: Any, part: "_Part") -> None:
        whole = batch.validate_crc()
        if whole and batch.magic < 2:
            whole = part.add_old(batch)
        elif whole and self._is_of_use(batch):
            whole = part.add(batch)
        if not whole:
            topic, number = self.topic_partition
            raise CorruptRecordError(
                f"topic '{topic}', partition {number}: the batch at offset {batch.base_offset} "
                "is damaged"
            )
        if batch.magic < 2:
            self.next_fetch_offset = part.last_offset + 1
        else:
            self.next_fetch_offset = batch.next_offset
            self.leader_epoch = batch.leader_epoch

    def _is_of_use(self, batch: Any) -> bool:
        """Tell whether a batch is neither a marker nor of a transaction that was aborted."""
        while self._aborted and self._aborted[0].first_offset <= batch.last_offset:
            self._aborting.add(self._aborted.popleft().producer_id)
        if batch.is_control_batch:
            marker = next(iter(batch), None)
            if marker is not None and marker.abort:
                self._aborting.discard(batch.producer_id)
            return False
        return not (batch.is_transactional and batch.producer_id in self._aborting)


class _Part:
    """Records that are gathered from several wire batches before they become arrays."""

    def __init__(self, from_offset: int, headers: HeaderNames) -> None:
        self.values: list[bytes | None] = []
        self.size = 0
        self._from_offset = from_offset
        self._headers = headers
        self._marked: list[int] = []
        self._offsets: list[int] = []
        self._times: list[int] = []
        self._batches: list[tuple[int, int, bool, int]] = []

    def add(self, batch: Any) -> bool:
        """Add the records of a batch of message format 2; tell whether it was well-formed."""
        body, start = _uncompressed(batch)
        before = len(self.values)
        columns = self.values, self._offsets, self._times
        try:
            end = read_records(body, start, batch.records_count, *columns)
        except IndexError:
            end = -1
        if end != len(body):
            for column in columns:
                del column[before:]
            return False
        marked = self._headers.places(body, start, batch.records_count)
        self._marked += [before + place for place in marked]
        append_time = bool(batch.timestamp_type)
        first_time = batch.max_timestamp if append_time else batch.first_timestamp
        count = len(self.values) - before
        self._batches.append((count, batch.base_offset, append_time, first_time))
        self.size += batch.size_in_bytes
        return True

    def add_old(self, batch: Any) -> bool:
        """Add a batch of message format 0 or 1; tell whether its checksums were right.

        Such records are left in logs that were begun before Kafka 0.11.
        """
        records = list(batch)
        if not all(record.validate_crc() for record in records):
            return False
        for record in records:
            time_ms = -1 if record.timestamp is None else record.timestamp
            self._batches.append((1, record.offset, False, time_ms))
            self.values.append(record.value)
            self._offsets.append(0)
            self._times.append(0)
            self.size += record.size_in_bytes
        return True

    @property
    def last_offset(self) -> int:
        """The offset of the last old record that was added."""
        return self._batches[-1][1]

    def joined(self, next_offset: int) -> Fetched:
        """Return what was gathered, from the offset on that was asked for."""
        table = np.array(self._batches, dtype=np.int64).reshape(-1, 4)
        base, append_time, first_time = np.repeat(table[:, 1:], table[:, 0], axis=0).T
        offsets = base + _unzigzag(self._offsets)
        timestamps = first_time + np.where(append_time, 0, _unzigzag(self._times))
        # The first wire batch of a fetch may begin before the offset that was asked for.
        skip = int(np.searchsorted(offsets, self._from_offset))
        return Fetched(
            self.values[skip:],
            offsets[skip:],
            timestamps[skip:],
            next_offset,
            self.size,
            offsets[self._marked],
        )


def read_records(
    body: bytes,
    at: int,
    count: int,
    values: list[bytes | None],
    offsets: list[int],
    times: list[int],
) -> int:
    """Append the records of a batch's body to the lists; return the position after them.

    offsets, times: take the zigzag-encoded deltas of offset and time. Keys and headers are
    passed over. The loops over varints are written out: a call each would double the time.
    Raises IndexError if the body ends early.
    Source: Kafka protocol guide, "Record Batch" and "Record".
    """
    for _ in range(count):
        byte = body[at]
        at += 1
        number, shift = byte & 127, 7
        while byte > 127:
            byte = body[at]
            at += 1
            number |= (byte & 127) << shift
            shift += 7
        end = at + (number >> 1)
        at += 1  # attributes, unused
        byte = body[at]
        at += 1
        number, shift = byte & 127, 7
        while byte > 127:
            byte = body[at]
            at += 1
            number |= (byte & 127) << shift
            shift += 7
        times.append(number)
        byte = body[at]
        at += 1
        number, shift = byte & 127, 7
        while byte > 127:
            byte = body[at]
            at += 1
            number |= (byte & 127) << shift
            shift += 7
        offsets.append(number)
        byte = body[at]
        at += 1
        if byte != 1:  # not the length -1 of no key
            number, shift = byte & 127, 7
            while byte > 127:
                byte = body[at]
                at += 1
                number |= (byte & 127) << shift
                shift += 7
            at += number >> 1
        byte = body[at]
        at += 1
        number, shift = byte & 127, 7
        while byte > 127:
            byte = body[at]
            at += 1
            number |= (byte & 127) << shift
            shift += 7
        values.append(None if number == 1 else body[at : at + (number >> 1)])
        at = end
    return at


def _uncompressed(batch: Any) -> tuple[bytes, int]:
    """Return the bytes that hold a batch's records, and where they begin in them."""
    iter(batch)  # is what makes kafka-python decompress
    return bytes(batch._buffer), batch._pos


def _unzigzag(numbers: list[int]) -> IntArray:
    encoded = np.array(numbers, dtype=np.uint64)
    return (encoded >> 1).astype(np.int64) ^ -(encoded & 1).astype(np.int64)


def _first_offset(transaction: Any) -> int:
    return int(transaction.first_offset)
