"""Exactly the records that an event names are read, and their labels."""

import threading
import time

import pytest
from reevaluate.labels import find_labels
from reevaluate.logs import LogError, open_log
from reevaluate.records import named_records
from reevaluate.subject import SubjectError, load_subject

from tests.reevaluate.a_service import MINUTE_MS, MODEL, append, configure, event, record

LATE_MS = 30_000
"""The lateness that is configured by default."""


@pytest.fixture
def subject(tmp_path):
    return load_subject(configure(tmp_path), MODEL)


def ids(named) -> list[str]:
    return [record_id for _, record_id in named.records]


def found(told, subject, most=1000):
    return named_records(told, subject, open_log(subject.settings), most)


def test_records_are_those_of_the_range_the_window_the_version_and_the_segment(tmp_path, subject):
    sent = [record(at, at * 1000, 1.0, "DE" if at % 3 else "FR") for at in range(180)]
    sent[100]["v"] = "2"
    offsets = append(tmp_path, "credit", sent)
    named = found(event(offsets[61], offsets[118], (MINUTE_MS, 2 * MINUTE_MS)), subject)
    expected = [f"r{at}" for at in range(61, 119) if at % 3 and at != 100]
    assert ids(named) == expected
    assert named.found == len(expected)
    assert named.others == 58 - len(expected)
    both = event(offsets[60], offsets[119], (MINUTE_MS, 2 * MINUTE_MS), ("DE", "FR"))
    assert len(found(both, subject).records) == 59


def test_a_late_record_is_in_the_block_that_it_was_counted_in(tmp_path, subject):
    window = (MINUTE_MS, 2 * MINUTE_MS)
    sent = [
        record(0, MINUTE_MS + 1000, 1.0),
        record(1, MINUTE_MS - 1000, 1.0),  # on time, for the block before
        record(2, MINUTE_MS + LATE_MS + 1000, 1.0),
        record(3, MINUTE_MS - 2000, 1.0),  # late, and counted in this block
        record(4, 2 * MINUTE_MS - 1, 1.0),
        record(5, 2 * MINUTE_MS + LATE_MS, 1.0),
        record(6, 2 * MINUTE_MS - 1000, 1.0),  # late, and counted in the next block
    ]
    offsets = append(tmp_path, "credit", sent)
    named = found(event(offsets[0], offsets[6], window), subject)
    assert ids(named) == ["r3", "r0", "r2", "r4"]
    assert (named.late, named.others) == (1, 3)


def test_unreadable_repeated_and_nameless_records_are_counted(tmp_path, subject):
    sent = [record(at, at, 1.0) for at in range(4)]
    sent[2] = sent[1]
    del sent[3]["id"]
    offsets = append(tmp_path, "credit", [*sent, {"p": "no number"}])
    named = found(event(offsets[0], offsets[4], (0, MINUTE_MS)), subject)
    assert ids(named) == ["r0", "r1"]
    assert (named.repeats, named.without_id, named.rejected) == (1, 1, 1)


def test_where_blocks_are_of_rows_the_range_tells_all(tmp_path, subject):
    offsets = append(tmp_path, "credit", [record(at, at * MINUTE_MS, 1.0) for at in range(5)])
    assert ids(found(event(offsets[1], offsets[3], None), subject)) == ["r1", "r2", "r3"]


def test_a_large_window_is_sampled_uniformly(tmp_path, subject):
    offsets = append(tmp_path, "credit", [record(at, at, 1.0) for at in range(5000)])
    named = found(event(offsets[0], offsets[-1], (0, MINUTE_MS)), subject, most=500)
    assert (named.found, len(named.records)) == (5000, 500)
    times = [each.time_ms for each in named.records.values()]
    assert times == sorted(times)
    assert abs(sum(map(int, (each[1:] for each in ids(named)))) / 500 - 2500) < 250


def test_records_that_the_log_does_not_hold_are_told(tmp_path, subject):
    offsets = append(tmp_path, "credit", [record(at, at, 1.0) for at in range(3)])
    told = event(offsets[0], offsets[2] + 10_000, (0, MINUTE_MS))
    with pytest.raises(LogError, match=r"topic 'credit', partition 0, .*the log ends"):
        found(told, subject)


def test_labels_are_the_first_that_fit_by_id(tmp_path, subject):
    sent = [record(at, at, 1.0) for at in range(4)]
    offsets = append(tmp_path, "credit", sent)
    labels = [{"id": f"r{at}", "at": sent[at]["ts"] + 1000, "y": at % 2} for at in range(3)]
    labels[0]["at"] += 11 * MINUTE_MS  # past the horizon
    append(tmp_path, "labels", [*labels, {**labels[1], "y": 0}, {**labels[1], "id": "other"}])
    named = found(event(offsets[0], offsets[3], (0, MINUTE_MS)), subject)
    log = open_log(subject.settings)
    assert find_labels(named.records, "labels", subject, log, 0) == {(0, "r1"): 1.0, (0, "r2"): 0.0}


def test_labels_are_waited_for_and_no_longer_than_needed(tmp_path, subject):
    offsets = append(tmp_path, "credit", [record(at, at, 1.0) for at in range(2)])
    named = found(event(offsets[0], offsets[1], (0, MINUTE_MS)), subject)
    told = [{"id": f"r{at}", "at": record(at, at, 1.0)["ts"], "y": 1} for at in range(2)]
    append(tmp_path, "labels", told[:1])
    later = threading.Timer(0.7, append, (tmp_path, "labels", told[1:]))
    later.start()
    log = open_log(subject.settings)
    began = time.time()
    assert len(find_labels(named.records, "labels", subject, log, began + 30)) == 2
    assert time.time() - began < 10
    later.join()


def test_a_model_that_cannot_be_judged_is_told_with_the_mend(tmp_path):
    config = configure(tmp_path)
    with pytest.raises(SubjectError, match=r"models\.other: is not in .*; it has credit"):
        load_subject(config, "other")
    text = config.read_text()
    config.write_text(text[: text.index("    endpoint:")] + "")
    with pytest.raises(SubjectError, match=r"models\.credit\.endpoint: is missing"):
        load_subject(config, MODEL)
