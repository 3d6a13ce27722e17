"""An engine's notices become events that say what a person and a pipeline need."""

import json
from dataclasses import replace
from functools import cache

import msgspec
import numpy as np
import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from msgspec import UNSET

from monitor.engine.model import ModelEngine
from monitor.engine.watermark import close_ready_blocks
from monitor.events.build import Teller
from monitor.events.event import Event, EventType, Severity
from monitor.events.references import reference_replaced
from monitor.schema import REST
from monitor.state.snapshot import load, save
from tests.monitor.engine.logs import (
    BLOCK_MS,
    Entry,
    an_engine,
    batch_of,
    partition,
    progress,
)

TELLER = Teller("m", "labels", "http://d")
PER_BLOCK = 200
CALM, SHIFTED = 6, 3


@cache
def read(shift: float = 3.0, segments: int = 1) -> list[Event]:
    """Read a log over two partitions that shifts and calms down again; return its events."""
    engine = an_engine(longest_ms=30 * BLOCK_MS)
    feed(engine, 0, [0.0] * CALM + [shift] * SHIFTED + [0.0] * 20, segments)
    return list(map(TELLER.event, engine.notices))


def feed(
    engine: ModelEngine, first: int, blocks: list[float], segments: int = 1, version: str = "1"
) -> None:
    """Let an engine read blocks of two partitions; blocks: the mean of x in each."""
    rng = np.random.default_rng(3 + first)
    for block, mean in enumerate(blocks, first):
        for number in range(2):
            entries = [
                Entry(block * BLOCK_MS + 2 * at, 0.0, version, at % segments, None)
                for at in range(PER_BLOCK)
            ]
            batch = batch_of(partition(number), block * PER_BLOCK, entries)
            numeric = rng.normal([mean, 0.0], 1.0, (PER_BLOCK, 2))
            engine.add(replace(batch, numeric=numeric), 0)
        close_ready_blocks(engine, progress([0, 1]))


@pytest.fixture(scope="module")
def raised() -> Event:
    return read()[0]


def test_a_shift_is_raised_once_and_cleared_once():
    assert [event.what for event in read()] == [EventType.ALARM_RAISED, EventType.ALARM_CLEARED]


def test_without_a_shift_nothing_is_told():
    assert read(shift=0.0) == []


def test_an_event_is_a_cloudevent(raised):
    body = msgspec.json.encode(raised)
    parsed = JSONFormat().read(CloudEvent, body)
    assert parsed.get_id() == raised.id
    assert parsed.get_subject() == "m/1/DE"
    assert parsed.get_type() == "io.driftd.alarm.raised"
    assert json.loads(body)["data"]["kind"] == raised.data.kind


def test_it_names_what_drifted_with_statistics_beside_their_noise_and_in_words(raised):
    feature = next(each for each in raised.data.features if each.name == "x")
    assert feature.ks > 10 * feature.ks_noise > 0
    assert feature.psi > 10 * feature.psi_noise > 0
    assert feature.effect_sd > 2
    assert "shifted up by" in feature.words
    assert raised.data.drifted == len(raised.data.features) == 1
    assert "1 of 3 features moved" in raised.data.summary
    assert raised.data.evidence > raised.data.threshold


def test_its_records_are_those_of_the_window_and_no_others(raised):
    window = raised.data.window
    assert window.start == f"1970-01-01T00:00:0{CALM}Z"
    assert [each.partition for each in raised.data.records] == [0, 1]
    for place in raised.data.records:
        assert place.first_offset == CALM * PER_BLOCK
        assert place.last_offset == place.first_offset + window.blocks * PER_BLOCK - 1
    assert window.records == 2 * window.blocks * PER_BLOCK


def test_a_shift_of_all_segments_is_one_event_that_lists_them():
    raised, *later = read(segments=2)
    assert {each.segment for each in raised.data.segments} == {"DE", REST}
    assert {each.severity for each in raised.data.segments} == {Severity.PAGE}
    assert [event.what for event in later] == [EventType.ALARM_CLEARED]
    assert raised.data.window.records == 2 * raised.data.window.blocks * PER_BLOCK


def test_the_alarm_of_a_version_that_is_rolled_back_ends_with_its_silence():
    engine = an_engine(longest_ms=100 * BLOCK_MS)
    feed(engine, 0, [0.0] * CALM + [3.0] * SHIFTED)
    silence = engine.settings.streams.silence
    feed(engine, CALM + SHIFTED, [0.0] * (silence - 1), version="0")
    assert [event.what for event in map(TELLER.event, engine.notices)] == [EventType.ALARM_RAISED]
    cooldown = engine.settings.cooldown
    feed(engine, CALM + SHIFTED + silence - 1, [0.0] * (cooldown + 2), version="0")
    cleared = TELLER.event(engine.notices[-1])
    assert (cleared.what, cleared.data.version) == (EventType.ALARM_CLEARED, "1")
    engine.refresh()
    assert {view.alarm.severity for view in engine.views.values()} == {""}


def test_what_is_cleared_is_of_the_incident_that_was_raised(raised):
    cleared = read()[-1]
    assert cleared.data.incident == raised.data.incident == raised.id
    assert cleared.id != raised.id
    assert cleared.data.summary.startswith("calm again after ")
    assert cleared.closes
    assert raised.opens


def test_an_alarm_that_a_new_reference_calms_is_cleared_as_the_incident_that_it_was(tmp_path):
    engine = an_engine(longest_ms=30 * BLOCK_MS)
    feed(engine, 0, [0.0] * CALM + [3.0] * SHIFTED)
    (raised,) = map(TELLER.event, engine.notices)
    save(tmp_path / "snapshot.npz", {"m": engine}, 0)
    settings = replace(engine.settings, reference_digest="sha256:2")
    anew = load(tmp_path / "snapshot.npz", {"m": settings}).engines["m"]
    feed(anew, CALM + SHIFTED, [0.0] * 20)
    (cleared,) = map(TELLER.event, anew.notices)
    assert cleared.what is EventType.ALARM_CLEARED
    assert (cleared.data.incident, cleared.data.reference) == (raised.id, "sha256:2")


def test_the_same_log_gives_the_same_ids_and_another_model_others(raised):
    assert read()[0].id == raised.id
    replaced = a_replacement()
    assert replaced == a_replacement()
    assert replaced.id != a_replacement(model="n").id
    assert replaced.time == "1970-01-01T00:01:00Z"


def a_replacement(model="m", block=60, watermark_ms=60_000) -> Event:
    return reference_replaced(model, "sha256:1", "sha256:2", block, watermark_ms, "http://d")


def test_a_reference_that_is_replaced_once_more_is_told_once_more_where_blocks_are_of_rows():
    first, later = (a_replacement(block=block, watermark_ms=None) for block in (5, 9))
    assert first.id < later.id
    assert first.time is UNSET
