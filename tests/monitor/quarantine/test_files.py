"""Rejected records in files: each once, in order, within the size."""

import base64
import json
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.quarantine import QuarantineError
from monitor.quarantine.files import FileQuarantine
from tests.monitor.quarantine.rejects import a_reject, rejects

MAX_BYTES = 4_000


def lines(folder: Path) -> list[dict[str, object]]:
    files = sorted(folder.glob("rejects-*.jsonl"))
    return [json.loads(line) for each in files for line in each.read_bytes().splitlines()]


def offsets(folder: Path) -> list[object]:
    return [each["offset"] for each in lines(folder)]


def size_of(folder: Path) -> int:
    return sum(each.stat().st_size for each in folder.iterdir())


@pytest.fixture
def quarantine(tmp_path):
    opened = FileQuarantine(tmp_path / "q", MAX_BYTES, 0)
    yield opened
    opened.close()


def test_a_record_is_a_line_that_tells_where_it_lies_and_why(quarantine, tmp_path):
    quarantine.put([a_reject(8812, '{"ä'.encode())])
    assert lines(tmp_path / "q") == [
        {
            "topic": "traffic",
            "partition": 2,
            "offset": 8812,
            "reason": "malformed_json",
            "error": "topic 'traffic', partition 2, offset 8812: the value is not JSON",
            "timestamp": 1_767_571_200_000,
            "value": '{"ä',
        }
    ]


def test_a_record_that_is_no_text_is_kept_as_base64(quarantine, tmp_path):
    quarantine.put([a_reject(1, b"\xff\x00\n", timestamp_ms=None)])
    [line] = lines(tmp_path / "q")
    assert base64.b64decode(str(line["value_base64"])) == b"\xff\x00\n"
    assert line.keys().isdisjoint({"value", "timestamp"})


FITS, FITS_NOT = 3_500, 4_000
"""Sizes of records whose line just fits into the quarantine, or does not."""

steps = st.lists(
    st.one_of(
        st.lists(st.one_of(st.integers(0, 900), st.sampled_from([FITS, FITS_NOT])), max_size=8),
        st.sampled_from(["store", "kill"]),
    ),
    max_size=25,
)


@given(steps)
@settings(deadline=None)
def test_kills_leave_no_record_twice_and_the_size_is_never_exceeded(steps):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        quarantine = FileQuarantine(folder, MAX_BYTES, 0)
        sizes: list[int] = []
        stored = position = 0
        for step in steps:
            if step == "store":
                quarantine.flush()
                stored, position = len(sizes), quarantine.position()
            elif step == "kill":
                quarantine.close()
                quarantine = FileQuarantine(folder, MAX_BYTES, position)
                del sizes[stored:]
            else:
                first = len(sizes)
                sizes += step
                quarantine.put([a_reject(at, b"x" * sizes[at]) for at in range(first, len(sizes))])
                newest = [at for at in range(first, len(sizes)) if sizes[at] <= FITS][-1:]
                assert set(newest) <= set(offsets(folder))
            kept = offsets(folder)
            oldest = kept[0] if kept else len(sizes)
            assert kept == [at for at in range(oldest, len(sizes)) if sizes[at] <= FITS]
            assert size_of(folder) <= MAX_BYTES
        quarantine.close()


def test_the_newest_records_are_kept(quarantine, tmp_path):
    quarantine.put(rejects(range(200)))
    kept = offsets(tmp_path / "q")
    assert kept == list(range(200 - len(kept), 200))
    assert size_of(tmp_path / "q") > MAX_BYTES * 0.8
    assert quarantine.written == 200
    assert quarantine.dropped == 200 - len(kept)


def test_a_record_larger_than_the_quarantine_is_dropped(quarantine, tmp_path):
    quarantine.put([*rejects([1]), *rejects([2], size=MAX_BYTES), *rejects([3])])
    assert offsets(tmp_path / "q") == [1, 3]
    assert (quarantine.written, quarantine.dropped) == (2, 1)


def test_a_smaller_limit_removes_the_oldest_at_the_start(tmp_path):
    with_much = FileQuarantine(tmp_path, 100_000, 0)
    with_much.put(rejects(range(400)))
    position = with_much.position()
    with_much.close()
    with_little = FileQuarantine(tmp_path, 20_000, position)
    assert size_of(tmp_path) <= 20_000
    assert offsets(tmp_path)[-1] == 399
    assert with_little.position() == position
    with_little.close()


def test_files_of_others_are_left_alone(quarantine, tmp_path):
    other = tmp_path / "q" / "rejects-notes.jsonl"
    other.write_text("mine")
    quarantine.put(rejects(range(500)))
    FileQuarantine(tmp_path / "q", MAX_BYTES, 0).close()
    assert other.read_text() == "mine"


def test_what_cannot_be_written_is_counted_and_not_raised(quarantine, tmp_path):
    quarantine.put(rejects([1]))
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, quarantine._file)
    os.close(full)
    quarantine.put(rejects([2, 3]))
    assert (quarantine.written, quarantine.failures) == (1, 2)
    assert offsets(tmp_path / "q") == [1]


def test_a_folder_that_cannot_be_used_is_refused_by_name(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(QuarantineError, match=r"quarantine\.file: .*/file/q cannot be used"):
        FileQuarantine(tmp_path / "file" / "q", MAX_BYTES, 0)
