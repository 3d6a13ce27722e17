"""A block of lines becomes a chunk whose values and offsets match a plain loop's."""

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.sources.file_lines import chunk_of_lines
from monitor.sources.source import Partition

PARTITION = Partition("t", 0)

lines = st.lists(
    st.tuples(st.binary(max_size=8).filter(lambda b: not {10, 13} & set(b)), st.booleans())
)


def expected(block: bytes) -> list[tuple[int, bytes]]:
    found, at = [], 0
    for line in block.split(b"\n"):
        value = line.removesuffix(b"\r")
        if value:
            found.append((at, value))
        at += len(line) + 1
    return found


@settings(deadline=None, derandomize=True, max_examples=300)
@given(lines, st.booleans(), st.integers(0, 2**40))
def test_each_line_that_is_not_blank_is_a_record_at_its_first_byte(parts, closed, offset):
    block = b"\n".join(value + b"\r" * returned for value, returned in parts)
    if closed or not block:
        block += b"\n"
    chunk = chunk_of_lines(PARTITION, block, offset)
    assert list(zip(chunk.offsets.tolist(), chunk.values, strict=True)) == [
        (offset + at, value) for at, value in expected(block)
    ]
    assert chunk.next_offset == offset + len(block)
    assert chunk.values.text == b"\n".join(chunk.values)


@settings(deadline=None, derandomize=True)
@given(lines, st.integers(0, 12), st.integers(0, 12))
def test_a_slice_of_lines_is_lines_of_its_own(parts, first, last):
    chunk = chunk_of_lines(PARTITION, b"\n".join(value for value, _ in parts), 0)
    part = chunk.values[first:last]
    assert list(part) == list(chunk.values)[first:last]
    assert part.text == b"\n".join(part)
    assert [part[at] for at in range(len(part))] == list(part)


def test_values_can_be_taken_singly_in_slices_and_asked_for_none():
    chunk = chunk_of_lines(PARTITION, b"{}\n[]\n1\n", 0)
    assert chunk.values[1] == b"[]"
    assert list(chunk.values[1:]) == [b"[]", b"1"]
    assert len(chunk.values) == len(chunk) == 3
    assert None not in chunk.values
    assert b"1" in chunk.values


def test_a_block_of_blank_lines_is_a_chunk_without_records():
    chunk = chunk_of_lines(PARTITION, b"\n\r\n\n", 10)
    assert len(chunk) == 0
    assert list(chunk.values) == []
    assert chunk.next_offset == 14
