"""The file log: every record once, at its offset, whatever the writer and restarts do."""

import json
import tempfile
import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.sources.file_topic import TopicLog
from monitor.sources.files import FileSource
from monitor.sources.source import Chunk, Partition, SourceError

TOPIC = Partition("t", 0)


def write(folder: Path, name: str, data: bytes, topic: str = "t") -> None:
    (folder / topic).mkdir(exist_ok=True)
    with (folder / topic / name).open("ab") as file:
        file.write(data)


def source(
    folder: Path,
    topics: tuple[str, ...] = ("t",),
    pattern: str | None = None,
    positions: dict[Partition, int] | None = None,
    bounded: bool = False,
) -> FileSource:
    return FileSource(folder, topics, pattern, positions or {}, bounded)


def records(chunks: list[Chunk]) -> list[tuple[int, bytes | None]]:
    return [
        pair for each in chunks for pair in zip(each.offsets.tolist(), each.values, strict=True)
    ]


def drain(files: FileSource) -> list[tuple[int, bytes | None]]:
    """Return the records that there are now."""
    found: list[Chunk] = []
    while chunks := files.poll(0):
        found += chunks
    return records(found)


values = st.lists(
    st.builds(lambda size: b'{"v":"' + b"x" * size + b'"}', st.integers(0, 40)), max_size=12
)
"""Records of one segment."""


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[tuple[str, bytes]], list[tuple[int, bytes]]]:
    """A writer's appends (segment, bytes), cut anywhere, and the records that they make."""
    appends, expected, base = [], [], 0
    for number, segment in enumerate(draw(st.lists(values, min_size=1, max_size=4))):
        data = b""
        for value in segment:
            expected.append((base + len(data), value))
            data += value + draw(st.sampled_from([b"\n", b"\n", b"\r\n", b"\n\n"]))
        if segment and draw(st.booleans()):
            data = data.rstrip(b"\r\n")  # a writer that ended without a newline
        cuts = sorted(draw(st.sets(st.integers(0, len(data)), max_size=5)) | {0, len(data)})
        pieces = [data[a:b] for a, b in pairwise(cuts)] or [b""]
        appends += [(f"{number:04d}.jsonl", piece) for piece in pieces]
        base += len(data)
    appends.append(("9999.jsonl", b""))  # closes the last one
    return appends, expected


@settings(deadline=None, derandomize=True, max_examples=300)
@given(histories(), st.data())
def test_each_record_comes_once_at_its_offset_however_writes_reads_and_restarts_fall(history, data):
    appends, expected = history
    with tempfile.TemporaryDirectory() as name:
        folder, found = Path(name), []
        (folder / "t").mkdir()
        log = TopicLog(folder / "t", 0)
        for segment, piece in appends:
            write(folder, segment, piece)
            for _ in range(data.draw(st.integers(0, 3))):
                chunk = log.read(most=data.draw(st.integers(1, 64)))
                found += records([chunk] if chunk is not None else [])
                if data.draw(st.booleans()):
                    log.close()
                    log = TopicLog(folder / "t", log.position)
        while (chunk := log.read()) is not None:
            found += records([chunk])
        assert found == expected
        assert log.position == log.end
        assert log.at_end
        log.close()


@settings(deadline=None, derandomize=True)
@given(histories())
def test_a_restart_between_any_two_records_goes_on_with_the_second(history):
    appends, expected = history
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for segment, piece in appends:
            write(folder, segment, piece)
        for number, (offset, _) in enumerate(expected):
            files = source(folder, positions={TOPIC: offset})
            assert drain(files) == expected[number:]
            files.close()


def test_a_line_is_left_until_its_newline_is_there(tmp_path):
    write(tmp_path, "a.jsonl", b'{"a":1}\n{"a":')
    files = source(tmp_path)
    assert drain(files) == [(0, b'{"a":1}')]
    write(tmp_path, "a.jsonl", b"2}")
    assert drain(files) == []
    assert files.status().lag == {TOPIC: 7}
    assert files.status().at_end == {TOPIC}
    write(tmp_path, "a.jsonl", b"\n")
    assert drain(files) == [(8, b'{"a":2}')]
    files.close()


def test_a_bounded_run_takes_a_last_line_without_newline_if_it_is_a_record(tmp_path):
    write(tmp_path, "a.jsonl", b'{"a":1}\n{"a":2}')
    files = source(tmp_path, bounded=True)
    assert drain(files) == [(0, b'{"a":1}'), (8, b'{"a":2}')]
    assert files.finished() == {TOPIC}
    assert files.all_finished()
    files.close()
    write(tmp_path, "a.jsonl", b'\n{"a":3}\n')
    files = source(tmp_path, positions={TOPIC: 15})
    assert drain(files) == [(16, b'{"a":3}')]
    files.close()


@pytest.mark.parametrize("tail", [b'{"a":', b"12", b'"text"'])
def test_a_bounded_run_ends_before_a_last_line_that_is_no_record(tmp_path, tail):
    write(tmp_path, "a.jsonl", b'{"a":1}\n' + tail)
    files = source(tmp_path, bounded=True)
    assert drain(files) == [(0, b'{"a":1}')]
    assert files.all_finished()
    files.close()


def test_a_bounded_run_finishes_although_the_log_grows(tmp_path):
    write(tmp_path, "a.jsonl", b'{"a":1}\n')
    files = source(tmp_path, bounded=True)
    assert not files.all_finished()
    files.poll(0)
    assert files.all_finished()
    write(tmp_path, "a.jsonl", b'{"a":2}\n')
    assert files.all_finished()
    files.close()


def test_a_bounded_run_of_no_topic_is_finished_after_the_first_look(tmp_path):
    files = source(tmp_path / "log", bounded=True)
    assert not files.all_finished()
    assert files.poll(5) == []
    assert files.all_finished()


def test_a_folder_that_is_not_there_yet_is_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr("monitor.sources.files.LOOK_S", 0.0)
    files = source(tmp_path / "log")
    assert "not opened" in files.status().problem
    assert drain(files) == []
    assert not files.status().connected
    assert files.status().problem == f"folder {tmp_path / 'log'} does not exist yet; waiting for it"
    (tmp_path / "log").mkdir()
    assert drain(files) == []
    assert files.status().connected
    assert f"folder {tmp_path / 'log' / 't'} does not exist yet" in files.status().problem
    write(tmp_path / "log", "a.jsonl", b"{}\n")
    assert drain(files) == [(0, b"{}")]
    assert files.status().problem == ""
    files.close()


def test_topics_are_folders_by_name_or_by_a_pattern_that_the_whole_name_matches(tmp_path):
    for topic in ("t", "credit.eu", "credit.us", "credit.us.old", "other"):
        write(tmp_path, "a.jsonl", b"{}\n", topic)
    files = source(tmp_path, ("t",), r"credit\.[a-z]+")
    files.poll(0)
    names = {each.topic for each in files.status().assigned}
    assert names == {"t", "credit.eu", "credit.us"}
    files.close()


def test_topics_that_come_later_are_found(tmp_path, monkeypatch):
    monkeypatch.setattr("monitor.sources.files.LOOK_S", 0.0)
    files = source(tmp_path, (), "t.*")
    assert drain(files) == []
    assert "no folder below" in files.status().problem
    write(tmp_path, "a.jsonl", b"{}\n", "t1")
    assert drain(files) == [(0, b"{}")]
    files.close()


def test_only_files_named_jsonl_are_segments(tmp_path):
    write(tmp_path, "a.jsonl", b"1\n")
    write(tmp_path, "a.jsonl.gz", b"2\n")
    write(tmp_path, "readme.txt", b"3\n")
    files = source(tmp_path)
    assert drain(files) == [(0, b"1")]
    files.close()


def test_a_record_longer_than_a_block_is_read_whole(tmp_path):
    long = json.dumps({"v": "x" * 10_000}).encode()
    write(tmp_path, "a.jsonl", b"{}\n" + long + b"\n{}\n")
    log = TopicLog(tmp_path / "t", 0)
    found = []
    while (chunk := log.read(most=16)) is not None:
        found += records([chunk])
    assert found == [(0, b"{}"), (3, long), (4 + len(long), b"{}")]
    log.close()


def test_lag_is_in_bytes_over_all_segments(tmp_path):
    write(tmp_path, "a.jsonl", b"{}\n" * 10)
    write(tmp_path, "b.jsonl", b"{}\n" * 20)
    log = TopicLog(tmp_path / "t", 3)
    assert log.end - log.position == 87
    log.read()
    assert log.end - log.position == 60
    log.close()


@pytest.mark.parametrize("position", [1, 2, 4, 7, 100])
def test_a_position_that_is_not_between_records_is_refused_with_the_mend(tmp_path, position):
    write(tmp_path, "a.jsonl", b"{}\n{}\n")
    files = source(tmp_path, positions={TOPIC: position})
    if position == 2:  # before a newline: behind a last line that had none
        assert drain(files) == [(3, b"{}")]
        return
    with pytest.raises(SourceError, match=rf"position {position} is not .*\n?.*put them back"):
        files.poll(0)


def test_a_restart_after_segments_were_removed_is_refused(tmp_path):
    write(tmp_path, "a.jsonl", b"{}\n" * 10)
    write(tmp_path, "b.jsonl", b"{}\n" * 2)
    files = source(tmp_path)
    drain(files)
    (tmp_path / "t" / "a.jsonl").unlink()
    write(tmp_path, "b.jsonl", b"{}\n")
    assert drain(files) == [(36, b"{}")]
    assert "a restart will not find its position again" in files.status().problem
    files.close()
    with pytest.raises(SourceError, match="holds 9 bytes: segments were removed or changed"):
        source(tmp_path, positions={TOPIC: 39}).poll(0)


def test_a_segment_that_shrinks_stops_its_topic_and_is_told(tmp_path):
    write(tmp_path, "a.jsonl", b"{}\n{}\n")
    write(tmp_path, "a.jsonl", b"{}\n", "u")
    files = source(tmp_path, ("t", "u"))
    drain(files)
    (tmp_path / "t" / "a.jsonl").write_bytes(b"{}\n")
    assert drain(files) == []
    status = files.status()
    assert "a.jsonl became shorter than what was read of it" in status.problem
    assert status.errors_total == 1
    assert status.at_end == {Partition("u", 0)}
    write(tmp_path, "a.jsonl", b"[]\n", "u")
    assert drain(files) == [(3, b"[]")]
    files.close()


def test_a_segment_that_sorts_before_one_that_is_read_stops_the_topic(tmp_path):
    write(tmp_path, "b.jsonl", b"{}\n")
    files = source(tmp_path)
    drain(files)
    write(tmp_path, "a.jsonl", b"{}\n")
    assert drain(files) == []
    assert "a.jsonl came after b.jsonl, which it sorts before" in files.status().problem
    files.close()


def test_a_segment_that_grows_after_the_next_was_begun_stops_the_topic(tmp_path):
    write(tmp_path, "a.jsonl", b"{}\n")
    write(tmp_path, "b.jsonl", b"{}\n")
    files = source(tmp_path)
    drain(files)
    write(tmp_path, "a.jsonl", b"{}\n")
    assert drain(files) == []
    assert "a.jsonl grew after b.jsonl was begun" in files.status().problem
    files.close()


def test_a_segment_removed_before_it_was_read_stops_the_topic(tmp_path):
    write(tmp_path, "a.jsonl", b"{}\n")
    write(tmp_path, "b.jsonl", b"{}\n")
    log = TopicLog(tmp_path / "t", 0)
    log.read()
    (tmp_path / "t" / "b.jsonl").unlink()
    assert log.read() is None
    assert log.stopped
    assert "b.jsonl cannot be read: No such file" in log.problem
    log.close()


def test_a_bounded_run_fails_where_a_live_one_would_stop_a_topic(tmp_path):
    write(tmp_path, "b.jsonl", b"{}\n{}\n")
    files = source(tmp_path, bounded=True)
    files.poll(0)
    (tmp_path / "t" / "b.jsonl").write_bytes(b"{}\n")
    with pytest.raises(SourceError, match="became shorter"):
        files.poll(0)
    files.close()


def test_a_record_is_seen_while_poll_waits(tmp_path):
    write(tmp_path, "a.jsonl", b"")
    files = source(tmp_path)
    files.poll(0)
    threading.Timer(0.1, write, (tmp_path, "a.jsonl", b"{}\n")).start()
    started = time.monotonic()
    assert records(files.poll(10)) == [(0, b"{}")]
    assert time.monotonic() - started < 5
    files.close()


def test_bytes_are_counted_and_nothing_is_lost_or_rebalanced(tmp_path):
    write(tmp_path, "a.jsonl", b"{}\n" * 5)
    files = source(tmp_path, positions={TOPIC: 6})
    drain(files)
    status = files.status()
    assert status.bytes_total == 9
    assert status.lost == status.offset_resets == status.rebalances == {}
    files.acknowledge({TOPIC: 15})
    files.close()
