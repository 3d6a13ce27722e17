"""A snapshot goes with the configuration that it was written under, or is refused with a mend."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.engine.model import ModelEngine
from monitor.engine.watermark import close_ready_blocks
from monitor.state.snapshot import StateError, load, save
from tests.monitor.engine.logs import (
    BLOCK_MS,
    Entry,
    an_engine,
    batch_of,
    partition,
    progress,
    told,
)

LOG = [
    Entry(time=at * BLOCK_MS // 10, value=at / 10, version="1", segment=at % 2, id=at % 25)
    for at in range(40)
]


def fed(log: Sequence[Entry] = LOG, engine: ModelEngine | None = None) -> ModelEngine:
    """An engine that has read a log of one partition as far as it is, with open blocks left."""
    engine = engine or an_engine()
    first = engine.partition(partition(0)).position or 0
    engine.add(batch_of(partition(0), first, log), 0)
    close_ready_blocks(engine, progress([0]))
    return engine


def closed(engine: ModelEngine) -> dict[str, object]:
    """Everything that it knows once all its blocks are closed."""
    close_ready_blocks(engine, progress([0], finished=[0]))
    engine.refresh()
    return told(engine)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "snapshot.npz"


def test_without_a_snapshot_every_model_starts_empty(path):
    restored = load(path, {"m": an_engine().settings})
    assert restored.engines["m"].partitions == {}
    assert (restored.quarantine_position, restored.replaced) == (0, {})


def test_a_restored_engine_goes_on_bit_for_bit_and_so_does_the_quarantine(path):
    stopped = fed()
    stopped.rejects.update({"malformed_json": 3})
    stopped.tombstones = 2
    assert stopped.open_blocks
    assert stopped.streams
    assert save(path, {"m": stopped}, 77) == path.stat().st_size
    restored = load(path, {"m": stopped.settings})
    engine = restored.engines["m"]
    assert (restored.quarantine_position, restored.replaced) == (77, {})
    assert (engine.rejects, engine.tombstones) == ({"malformed_json": 3}, 2)
    assert engine.partition(partition(0)).position == len(LOG)
    more = [replace(each, time=each.time + 4 * BLOCK_MS) for each in LOG]
    assert closed(fed(more, engine)) == closed(fed(more, stopped))


def test_a_model_that_is_new_starts_empty_and_one_that_is_gone_is_left_out(path):
    save(path, {"m": fed(), "gone": fed()}, 0)
    engines = load(path, {"m": an_engine().settings, "new": an_engine().settings}).engines
    assert engines.keys() == {"m", "new"}
    assert engines["new"].partitions == {}
    assert engines["m"].partition(partition(0)).position == len(LOG)


def test_models_do_not_share_what_their_names_share(path):
    short, dotted = fed(LOG[:10]), fed(LOG)
    save(path, {"m": short, "m.open": dotted, "m.windows": an_engine()}, 0)
    engines = load(path, dict.fromkeys(("m", "m.open", "m.windows"), short.settings)).engines
    assert closed(engines["m"]) == closed(short)
    assert closed(engines["m.open"]) == closed(dotted)
    assert engines["m.windows"].partitions == {}


def test_another_reference_keeps_offsets_and_counts_and_empties_the_windows(path):
    before = fed()
    before.rejects.update({"malformed_json": 3})
    save(path, {"m": before}, 0)
    restored = load(path, {"m": replace(before.settings, reference_digest="sha256:2")})
    engine = restored.engines["m"]
    assert restored.replaced == {"m": before.settings.reference_digest}
    assert engine.partition(partition(0)).position == len(LOG)
    assert engine.first_open == before.first_open
    assert engine.rejects == {"malformed_json": 3}
    assert (engine.streams, engine.open_blocks) == ({}, {})


def test_a_snapshot_of_other_models_is_refused_with_the_mend(path):
    save(path, {"a": fed(), "b": fed()}, 0)
    told = (
        r"snapshot\.npz holds the state of a, b, and this configuration has m; set another state "
        "folder, or remove that file to start anew"
    )
    with pytest.raises(StateError, match=told):
        load(path, {"m": an_engine().settings})


def test_a_snapshot_of_another_schema_or_other_blocks_is_refused_with_the_mend(path):
    engine = fed()
    save(path, {"m": engine}, 0)
    grid = replace(engine.settings.grid, block=2 * BLOCK_MS)
    for other, what in (
        (replace(engine.settings, schema_digest="2"), "schema 1, and this configuration has 2"),
        (replace(engine.settings, grid=grid), "1000 ms, and this configuration has 2000 ms"),
    ):
        with pytest.raises(StateError, match=f"model 'm' .*{what}; set another state folder"):
            load(path, {"m": other})


def test_a_snapshot_that_was_changed_or_cut_is_refused_by_its_name(path):
    save(path, {"m": fed()}, 0)
    content = path.read_bytes()
    changed = bytearray(content)
    changed[content.index(b'"tombstones"')] ^= 1
    for damaged in (bytes(changed), content[:-100], content[: len(content) // 2], b""):
        path.write_bytes(damaged)
        with pytest.raises(StateError, match=r"snapshot\.npz: "):
            load(path, {"m": an_engine().settings})


def test_a_snapshot_that_cannot_be_written_leaves_the_last_one_whole(path):
    save(path, {"m": fed(LOG[:10])}, 0)
    whole = path.read_bytes()
    path.with_name(f".{path.name}.{os.getpid()}.new").mkdir()
    with pytest.raises(OSError, match="Is a directory"):
        save(path, {"m": fed()}, 0)
    assert path.read_bytes() == whole
