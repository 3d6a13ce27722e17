"""Logs that fall silent and go on: the clock closes blocks in between."""

from dataclasses import replace

from monitor.engine.label_watermark import close_ready_pairs
from monitor.engine.watermark import close_ready_blocks
from monitor.sources.source import Partition
from tests.monitor.engine import logs
from tests.monitor.engine.labelled import Label, an_engine, label_batch

RECORDS, LABELS = Partition("t", 0), Partition("labels", 0)


def silent(engine, now_ms):
    """Close what may close when both logs have brought nothing for long."""
    both = frozenset({RECORDS, LABELS})
    told = replace(logs.progress(()), assigned=both, at_end=both, now_ms=now_ms, idle_after_ms=1)
    for at_ms in (now_ms - 10, now_ms):
        told = replace(told, now_ms=at_ms)
        close_ready_blocks(engine, replace(told, assigned=frozenset({RECORDS})))
        close_ready_pairs(engine, engine.performance, told)


def test_records_of_a_block_that_earlier_labels_had_closed_are_in_the_next_one(tmp_path):
    engine = an_engine(tmp_path)
    first = logs.Entry(time=0, value=1.0, version="1", segment=0, id=1)
    engine.add(logs.batch_of(RECORDS, 0, [first]), 0)
    late_label = Label(time=logs.BLOCK_MS + 500, value=1.0, id=1)
    engine.add_labels(label_batch(LABELS, 0, [late_label]), None, 0)
    silent(engine, 2 * logs.BLOCK_MS + logs.LATENESS_MS + 50)
    assert engine.performance.first_open == 2

    second = logs.Entry(time=logs.BLOCK_MS + 100, value=1.0, version="1", segment=0, id=2)
    engine.add(logs.batch_of(RECORDS, 1, [second]), 0)
    assert set(engine.performance.open_blocks) == {2}
    engine.add_labels(label_batch(LABELS, 1, [Label(logs.BLOCK_MS + 600, 1.0, 2)]), None, 0)
    silent(engine, 4 * logs.BLOCK_MS)
    (stream,) = engine.performance.streams.values()
    assert stream.pairs == 2
