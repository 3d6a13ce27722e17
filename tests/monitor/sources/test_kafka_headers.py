"""Records that bear a header are found in wire batches as kafka-python writes them."""

from hypothesis import given
from hypothesis import strategies as st
from kafka.record import MemoryRecords, MemoryRecordsBuilder
from kafka.structs import TopicPartition

from monitor.sources.kafka_headers import HeaderNames
from monitor.sources.kafka_records import RecordBatches

MARKS = HeaderNames(["x-driftd-retest", "X-Other"])

names = st.sampled_from(
    ["x-driftd-retest", "X-Driftd-Retest", "x-other", "X-OTHER", "x-driftd-retests", "trace", ""]
)
headers = st.lists(st.tuples(names, st.one_of(st.none(), st.binary(max_size=90))), max_size=3)
records = st.tuples(
    st.one_of(st.none(), st.binary(max_size=80)),
    st.one_of(st.none(), st.binary(max_size=90), st.just(b"x-driftd-retest")),
    headers,
)
BEARING = {"x-driftd-retest", "X-Driftd-Retest", "x-other"}


@given(st.lists(st.lists(records, min_size=1, max_size=5), min_size=1, max_size=3))
def test_exactly_the_records_with_one_of_the_headers_are_marked(batches):
    data, expected, offset = b"", list[int](), 0
    for batch in batches:
        builder = MemoryRecordsBuilder(2, 0, 2**30, offset=0)
        for key, value, borne in batch:
            builder.append(0, key, value, borne)
        builder.close()
        wire = bytearray(builder.buffer())
        wire[:8] = offset.to_bytes(8, "big")
        data += wire
        expected += [
            offset + at
            for at, (_, _, borne) in enumerate(batch)
            if BEARING & {name for name, _ in borne}
        ]
        offset += len(batch)
    read = RecordBatches(0, TopicPartition("t", 0), MemoryRecords(data), headers=MARKS)
    (part,) = read.take()
    assert part.marked.tolist() == expected


def test_a_batch_without_the_names_is_not_looked_into():
    assert MARKS.places(b"no records at all", 0, 5) == []
