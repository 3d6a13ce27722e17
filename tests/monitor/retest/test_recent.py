"""The recent records are a uniform sample of the newest slices of time, however they come."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detectors.sample import record_hashes
from monitor.retest import recent
from monitor.retest.recent import SLICE_MS, SLICES, RecentRecords
from monitor.sources.source import Chunk, Partition

MOST = 5


def chunk(partition: int, offsets: np.ndarray) -> Chunk:
    return Chunk(
        partition=Partition("t", partition),
        values=[f'{{"at": "{partition}/{offset}"}}'.encode() for offset in offsets],
        offsets=offsets,
        timestamps=None,
        next_offset=int(offsets[-1]) + 1,
    )


def add(records: RecentRecords, partition: int, offsets: np.ndarray, times: np.ndarray) -> None:
    records.add(chunk(partition, offsets), offsets, times)


logs = st.lists(st.lists(st.integers(0, SLICES * SLICE_MS - 1), max_size=40), max_size=3)
"""Event times of each partition's records, within as many slices as are kept."""


@given(logs, st.integers(1, 9), st.booleans())
def test_the_sample_is_of_the_smallest_hashes_however_records_come(log, step, backwards):
    records, expected = RecentRecords(MOST), []
    parts = []
    for partition, times in enumerate(log):
        offsets = np.arange(len(times)) * 3 + 7
        hashes = record_hashes(Partition("t", partition).key, offsets).tolist()
        values = chunk(partition, offsets).values if times else []
        expected += list(zip(hashes, times, values, strict=True))
        for start in range(0, len(times), step):
            part = slice(start, start + step)
            parts.append((partition, offsets[part], np.array(times[part])))
    for part in reversed(parts) if backwards else parts:
        add(records, *part)
    smallest = sorted(expected)[:MOST]
    assert set(records.values()) == {value for _, _, value in smallest}
    at = {value: time for _, time, value in smallest}
    assert [at[value] for value in records.values()] == sorted(at.values())


def test_records_of_slices_that_are_long_over_are_left_out():
    records = RecentRecords(MOST)
    hours = np.arange(100)
    add(records, 0, hours, hours * SLICE_MS)
    newest = {f'{{"at": "0/{hour}"}}'.encode() for hour in range(100 - SLICES, 100)}
    assert set(records.values()) == newest
    add(records, 0, np.array([500]), np.array([0]))
    assert set(records.values()) == newest


def test_records_that_are_read_again_after_a_crash_are_in_it_once(tmp_path):
    offsets, times = np.arange(50), np.full(50, 5)
    records = RecentRecords(100)
    add(records, 0, offsets, times)
    records.save(tmp_path / "recent.npz")
    again = RecentRecords(100)
    again.restore(tmp_path / "recent.npz")
    assert again.values() == records.values()
    add(again, 0, offsets, times)
    assert again.values() == records.values()
    assert len(again.values()) == 50


def test_what_is_stored_goes_on_as_if_it_had_never_stopped(tmp_path):
    whole, first = RecentRecords(MOST), RecentRecords(MOST)
    offsets, times = np.arange(400), np.linspace(0, 6 * SLICE_MS, 400).astype(np.int64)
    add(whole, 0, offsets, times)
    add(first, 0, offsets[:190], times[:190])
    first.save(tmp_path / "recent.npz")
    second = RecentRecords(MOST)
    second.restore(tmp_path / "recent.npz")
    add(second, 0, offsets[190:], times[190:])
    assert second.values() == whole.values()


def test_a_missing_or_damaged_file_is_no_sample(tmp_path):
    records = RecentRecords(MOST)
    records.restore(tmp_path / "recent.npz")
    (tmp_path / "recent.npz").write_bytes(b"PK\x03\x04 and no more")
    records.restore(tmp_path / "recent.npz")
    assert records.values() == []


def test_large_records_are_kept_in_bounded_memory(monkeypatch):
    monkeypatch.setattr(recent, "MOST_BYTES", SLICES * 1_000)
    records = RecentRecords(MOST * 100)
    offsets = np.arange(200)
    large = replace(chunk(0, offsets), values=[bytes([at]) * 90 for at in range(200)])
    records.add(large, offsets, np.full(200, 5))
    kept = records.values()
    assert 7 <= len(kept) <= 11
    hashes = record_hashes(large.partition.key, offsets)
    assert {value[0] for value in kept} == set(np.argsort(hashes)[: len(kept)].tolist())


def test_each_record_is_one_line_of_the_file(tmp_path):
    records = RecentRecords(MOST)
    offsets = np.array([1, 2])
    pretty = replace(chunk(0, offsets), values=[b'{\r\n "a": 1\n}', b'{"a": 2}'])
    records.add(pretty, offsets, np.array([1, 2]))
    records.write(tmp_path / "m" / "recent.jsonl")
    assert (tmp_path / "m" / "recent.jsonl").read_bytes() == b'{   "a": 1 }\n{"a": 2}\n'
