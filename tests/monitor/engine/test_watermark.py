"""When blocks close, where late records go, and where the clock enters."""

from dataclasses import replace

import pytest

from monitor.engine.watermark import close_ready_blocks
from tests.monitor.engine.logs import Entry, an_engine, batch_of, partition, progress


def records(*times, version="1"):
    return [Entry(time, 0.5, version, 0, None) for time in times]


def feed(engine, number, *times, now_ms=0):
    first = engine.partition(partition(number)).position or 0
    engine.add(batch_of(partition(number), first, records(*times)), now_ms)


def closed_records(engine):
    return {
        (stream.newest_block): (stream.records, stream.late) for stream in engine.streams.values()
    }


def test_a_block_closes_when_the_watermark_of_every_partition_has_passed_its_end():
    engine = an_engine()
    feed(engine, 0, 100, 1300)
    feed(engine, 1, 200, 1299)
    assert not close_ready_blocks(engine, progress([0, 1]))
    feed(engine, 1, 1300)
    assert close_ready_blocks(engine, progress([0, 1]))
    assert engine.first_open == 1
    assert engine.streams["1", "DE"].records == 2


def test_a_partition_without_a_record_holds_every_block_open():
    engine = an_engine()
    feed(engine, 0, 100, 5000)
    assert not close_ready_blocks(engine, progress([0, 1]))


def test_a_late_record_goes_to_its_own_partitions_oldest_open_block_and_is_counted():
    engine = an_engine()
    feed(engine, 0, 2500, 100)
    close_ready_blocks(engine, progress([0], [0]))
    assert engine.streams["1", "DE"].newest_block == 2
    assert (engine.streams["1", "DE"].records, engine.streams["1", "DE"].late) == (2, 1)


def test_a_record_that_is_late_on_another_partition_only_is_not_late():
    engine = an_engine()
    feed(engine, 0, 2500)
    feed(engine, 1, 100)
    close_ready_blocks(engine, progress([0, 1], [0, 1]))
    assert engine.streams["1", "DE"].late == 0


def test_a_silent_partition_at_its_end_is_left_out_until_it_speaks_again():
    engine = an_engine()
    feed(engine, 0, 100, 2400, now_ms=0)
    quiet = replace(progress([0, 1]), at_end=frozenset({partition(1)}), idle_after_ms=1000)
    assert not close_ready_blocks(engine, replace(quiet, now_ms=100_000))
    assert close_ready_blocks(engine, replace(quiet, now_ms=101_000))
    assert engine.first_open == 1
    feed(engine, 1, 2100, now_ms=101_000)
    assert not close_ready_blocks(engine, replace(quiet, now_ms=101_001))


def test_silence_counts_from_when_a_partition_is_known_to_be_at_its_end():
    engine = an_engine()
    feed(engine, 0, 100, now_ms=0)
    away = replace(progress([0]), idle_after_ms=1000)
    back = replace(away, at_end=frozenset({partition(0)}))
    assert not close_ready_blocks(engine, replace(away, now_ms=100_000))
    assert not close_ready_blocks(engine, replace(back, now_ms=100_999))
    assert close_ready_blocks(engine, replace(back, now_ms=101_000))
    assert engine.streams["1", "DE"].blocks == {"idle": 1}


def test_an_idle_partition_closes_no_block_before_its_time_is_over_on_the_clock():
    engine = an_engine()
    feed(engine, 0, 50_100, now_ms=50_100)
    quiet = replace(progress([0]), at_end=frozenset({partition(0)}), idle_after_ms=500)
    assert not close_ready_blocks(engine, replace(quiet, now_ms=51_299))
    assert close_ready_blocks(engine, replace(quiet, now_ms=51_300))
    assert engine.streams["1", "DE"].blocks == {"idle": 1}


def test_a_backfill_after_an_idle_time_is_read_by_its_own_watermark():
    engine = an_engine()
    feed(engine, 0, 10_100, now_ms=900_000)
    quiet = replace(progress([0]), at_end=frozenset({partition(0)}), idle_after_ms=500)
    assert close_ready_blocks(engine, replace(quiet, now_ms=950_000))
    feed(engine, 0, 11_000, 12_500, now_ms=950_100)
    assert close_ready_blocks(engine, replace(progress([0]), now_ms=950_200))
    assert engine.streams["1", "DE"].late == 0


@pytest.mark.parametrize("count", [21, 40])
def test_versions_beyond_the_cap_share_one_stream(count):
    engine = an_engine()
    for at in range(count):
        position = engine.partition(partition(0)).position or 0
        engine.add(batch_of(partition(0), position, records(100, version=f"v{at}")), 0)
    close_ready_blocks(engine, progress([0], [0]))
    assert len(engine.streams) == 21
    assert engine.streams["__other__", "DE"].records == count - 20


def test_a_stream_that_is_silent_for_the_longest_window_is_forgotten():
    engine = an_engine()
    feed(engine, 0, 100)
    engine.add(batch_of(partition(0), 1, records(9000, 9100, version="2")), 0)
    close_ready_blocks(engine, progress([0], [0]))
    assert set(engine.streams) == {("2", "DE")}
