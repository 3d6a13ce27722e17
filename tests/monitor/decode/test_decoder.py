"""The decoder agrees with a plain one, however records are cut into chunks."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal, assert_equal

from monitor.decode import Decoder, compile_decoder
from monitor.decode.batch import Batch, joined
from monitor.sources.file_lines import chunk_of_lines
from monitor.sources.source import Chunk, Partition
from tests.monitor.decode.plain_decoder import Decoded, PlainDecoder, Rejected
from tests.monitor.decode.raw_records import NOW_MS, chunk_of, stamps, values
from tests.monitor.decode.schemas import CREDIT, SCHEMAS, SEGMENTS, profile_for


def logs(name: str) -> st.SearchStrategy[list[tuple[bytes | None, int]]]:
    """Raw records of a schema with the log's times."""
    return st.lists(st.tuples(values(SCHEMAS[name]), stamps), max_size=8)


def decode_in_parts(decoder: Decoder, chunk: Chunk, cuts: list[int]) -> Batch:
    ends = sorted({0, len(chunk), *(cut for cut in cuts if cut < len(chunk))})
    parts = [
        chunk_of(
            chunk.values[start:end],
            None if chunk.timestamps is None else chunk.timestamps[start:end],
            start,
        )
        for start, end in pairwise(ends)
    ]
    return joined([decoder.decode(part, NOW_MS) for part in parts or [chunk]])


@pytest.mark.parametrize("name", SCHEMAS)
@given(data=st.data(), cuts=st.lists(st.integers(1, 7), max_size=3), stamped=st.booleans())
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_records_decode_as_the_plain_decoder_says(name, data, cuts, stamped):
    log = data.draw(logs(name))
    schema = SCHEMAS[name]
    profile = profile_for(schema)
    found = decode_in_parts(
        compile_decoder(schema, profile, SEGMENTS),
        chunk_of([value for value, _ in log], [at for _, at in log] if stamped else None),
        cuts,
    )

    plain = PlainDecoder(schema, profile, SEGMENTS, future_ms=300_000)
    expected, rejects = {}, {}
    for offset, (value, stamp) in enumerate(log):
        if value is None:
            continue
        try:
            stamp = stamp if stamped and stamp >= 0 else None
            expected[offset] = plain.decode(value, stamp, NOW_MS)
        except Rejected as reason:
            rejects[offset] = str(reason)
    assert {reject.offset: reject.reason for reject in found.rejects} == rejects
    assert found.tombstones == sum(value is None for value, _ in log)
    assert found.offsets.tolist() == list(expected)
    assert_batch_holds(found, list(expected.values()))


@given(st.data())
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_long_chunk_decodes_as_its_records_do(data):
    some = data.draw(st.lists(values(CREDIT), min_size=7, max_size=7))
    log = (some * 360)[:2_500]
    decoder = compile_decoder(CREDIT, profile_for(CREDIT), SEGMENTS)
    whole = decoder.decode(chunk_of(log), NOW_MS)
    parts = joined([decoder.decode(chunk_of([log[at]], first=at), NOW_MS) for at in range(2_500)])
    for name in Batch.__dataclass_fields__:
        assert_equal(getattr(whole, name), getattr(parts, name), err_msg=name)


def assert_batch_holds(batch: Batch, records: list[Decoded]) -> None:
    assert batch.times.tolist() == [each.time for each in records]
    assert [repr(each) for each in batch.ids] == [repr(each.id) for each in records]
    assert list(batch.versions) == [each.version for each in records]
    assert batch.segments.tolist() == [each.segment for each in records]
    assert batch.codes.tolist() == [each.codes for each in records]
    for at, each in enumerate(records):
        assert_array_equal(batch.numeric[at], each.numeric)
        for vectors, wanted in zip(batch.embeddings, each.embeddings, strict=True):
            assert_array_equal(vectors[at], wanted)
    assert batch.invalid.tolist() == [
        [at, feature] for at, each in enumerate(records) for feature in each.invalid
    ]
    assert batch.score == pytest.approx([each.score for each in records], abs=1e-12)


@given(st.lists(values(CREDIT), max_size=8))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_records_that_lie_end_to_end_decode_as_they_do_apart(log):
    lines = [value for value in log if value and b"\n" not in value and b"\r" not in value]
    decoder = compile_decoder(CREDIT, profile_for(CREDIT), SEGMENTS)
    together = chunk_of_lines(Partition("t", 0), b"\n".join(lines), 0)
    apart = replace(together, values=lines)
    for name in Batch.__dataclass_fields__:
        wanted = getattr(decoder.decode(apart, NOW_MS), name)
        assert_equal(getattr(decoder.decode(together, NOW_MS), name), wanted, err_msg=name)
