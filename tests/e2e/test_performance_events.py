"""Labels that no longer follow from the inputs are told as one event, with the figures."""

import json
from datetime import datetime
from pathlib import Path

from monitor.events.store import EventStore
from tests.e2e.small_model import append, records
from tests.e2e.test_labels import LABELS, MINUTE_MS, configured, label, label_of, lines
from tests.parts.daemon import run_until_end

BEFORE, AFTER = 4_000, 2_000
PER_BLOCK = 600


def written(folder: Path, flipped: bool, delay_ms: int = 1_000) -> Path:
    """Write records and labels; the labels of the last ones are turned round if ``flipped``."""
    config = configured(folder, LABELS | {"horizon": "1h"})
    sent = records(BEFORE + AFTER, seed=3, step_ms=100)
    true = [label_of(at, record) for at, record in enumerate(sent)]
    if flipped:
        true[BEFORE:] = [1 - each for each in true[BEFORE:]]
    append(folder, "records", lines(sent))
    told = [label(record, y, delay_ms) for record, y in zip(sent, true, strict=True)]
    append(folder, "labels", lines(told))
    return config


def events(folder: Path):
    store = EventStore(folder / "state" / "events.sqlite3", lambda _: [], lambda: 0)
    found = [stored.event for stored in store.events()]
    store.close()
    return found[::-1]


def test_a_concept_that_changes_is_one_event_that_says_by_how_much(tmp_path):
    run_until_end(written(tmp_path, flipped=True))
    raised, *later = events(tmp_path)
    assert [each.type for each in later] == []
    assert raised.type == "io.driftd.performance_drop.raised"
    told = raised.data
    assert (told.severity, told.kind, told.labels_topic) == ("page", "concept_drift", "labels")
    accuracy = next(each for each in told.performance if each.measure == "accuracy")
    assert accuracy.high < accuracy.reference
    assert f"accuracy is {accuracy.value:.3g} (" in told.summary
    assert told.evidence > told.threshold
    (place,) = told.records
    assert (place.topic, place.first_offset < place.last_offset) == ("records", True)
    assert "label" in told.diagnosis


def test_it_names_the_records_whose_labels_told_it_however_late_these_came(tmp_path):
    run_until_end(written(tmp_path, flipped=True, delay_ms=20 * MINUTE_MS))
    raised = events(tmp_path)[0]
    assert raised.type == "io.driftd.performance_drop.raised"
    (place,) = raised.data.records
    log = (tmp_path / "log" / "records" / "0001.jsonl").read_bytes()
    named = [json.loads(line) for line in log[place.first_offset :].splitlines()]
    last = log[place.last_offset :].splitlines()[0]
    named = named[: named.index(json.loads(last)) + 1]
    numbers = [int(each["id"][1:]) for each in named]
    assert BEFORE - PER_BLOCK < numbers[0] < BEFORE + PER_BLOCK, "where labels turned round"
    assert raised.data.window.records == len(named)
    ends = [moment_ms(each) for each in (raised.data.window.start, raised.data.window.end)]
    assert all(ends[0] <= each["ts"] < ends[1] for each in named)
    told = raised.data.performance_window
    assert moment_ms(told.start) == ends[0] + 20 * MINUTE_MS


def moment_ms(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp() * 1000


def test_labels_that_follow_as_before_tell_nothing(tmp_path):
    run_until_end(written(tmp_path, flipped=False))
    assert events(tmp_path) == []
