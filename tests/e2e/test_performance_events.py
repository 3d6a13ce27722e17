"""Labels that no longer follow from the inputs are told as one event, with the figures."""

from pathlib import Path

from monitor.events.store import EventStore
from tests.e2e.small_model import append, records
from tests.e2e.test_labels import configured, label, label_of, lines
from tests.parts.daemon import run_until_end

BEFORE, AFTER = 4_000, 2_000


def written(folder: Path, flipped: bool) -> Path:
    """Write records and labels; the labels of the last ones are turned round if ``flipped``."""
    config = configured(folder)
    sent = records(BEFORE + AFTER, seed=3, step_ms=100)
    true = [label_of(at, record) for at, record in enumerate(sent)]
    if flipped:
        true[BEFORE:] = [1 - each for each in true[BEFORE:]]
    append(folder, "records", lines(sent))
    append(folder, "labels", lines(map(label, sent, true)))
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


def test_labels_that_follow_as_before_tell_nothing(tmp_path):
    run_until_end(written(tmp_path, flipped=False))
    assert events(tmp_path) == []
