"""The store gives back every fact that was put, also after it was compacted or opened anew."""

import resource
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from monitor.labels import slices
from monitor.labels import store as store_module
from monitor.labels.facts import FactArray, Side
from monitor.labels.keys import KeyArray, in_order, keys_of
from monitor.labels.slices import LabelStoreError
from monitor.labels.store import FactStore
from tests.monitor.labels.logs import SETTINGS

FACTS = 400


def some_facts(seed: int, times: tuple[int, int], side: Side) -> FactArray:
    numbers = np.random.default_rng(seed)
    facts = np.zeros(FACTS, dtype=SETTINGS.dtype)
    facts["offset"] = np.arange(FACTS) + seed * FACTS
    facts["side"] = side
    facts["effective"] = numbers.integers(*times, FACTS)
    facts["payload"] = numbers.integers(0, 255, (FACTS, 8))
    return facts


def some_keys(seed: int) -> KeyArray:
    return keys_of(range(seed * FACTS, (seed + 1) * FACTS), 0)


def all_of(store: FactStore, keys: KeyArray) -> list[bytes]:
    """The facts of keys, each with its key."""
    order, same = in_order(keys)
    unique = keys[order[~same]]
    places, facts = store.find(unique)
    return sorted(
        unique[place].tobytes() + fact.tobytes()
        for place, fact in zip(places.tolist(), facts, strict=True)
    )


def told(keys: KeyArray, facts: FactArray) -> list[bytes]:
    return [key.tobytes() + fact.tobytes() for key, fact in zip(keys, facts, strict=True)]


@pytest.fixture
def store(tmp_path: Path) -> FactStore:
    return FactStore.open(tmp_path / "labels", SETTINGS, keep=True)


def test_a_key_has_all_its_facts_of_both_sides_and_all_slices_and_each_once(store):
    keys = some_keys(0)
    first, second = some_facts(0, (0, 90), Side.PREDICTION), some_facts(1, (30, 150), Side.LABEL)
    expected = sorted(told(keys, first) + told(keys, second))
    for _ in range(2):
        store.put(keys, first)
        store.put(keys, second)
        assert all_of(store, keys) == expected
    assert all_of(store, some_keys(1)) == []
    store.flush()
    store.close()
    again = FactStore.open(store.folder, SETTINGS, keep=True)
    assert all_of(again, keys) == expected


def test_what_was_not_flushed_is_gone_and_the_rest_is_whole(store):
    keys, facts = some_keys(0), some_facts(0, (0, 30), Side.LABEL)
    store.put(keys[:100], facts[:100])
    store.flush()
    store.put(keys[100:], facts[100:])
    store.close()
    again = FactStore.open(store.folder, SETTINGS, keep=True)
    assert all_of(again, keys) == sorted(told(keys[:100], facts[:100]))


def test_a_slice_commits_by_itself_when_it_holds_much_in_memory(store, monkeypatch):
    monkeypatch.setattr(store_module, "MOST_PENDING", FACTS)
    keys, facts = some_keys(0), some_facts(0, (0, 16), Side.LABEL)
    store.put(keys, facts)
    store.close()
    again = FactStore.open(store.folder, SETTINGS, keep=True)
    assert all_of(again, keys) == sorted(told(keys, facts))


def test_a_slice_that_is_no_longer_written_is_compacted_and_holds_what_it_held(store):
    expected, keys = [], []
    for seed in range(40):
        facts = some_facts(seed, (0, 16), Side.PREDICTION)
        keys.append(some_keys(seed))
        store.put(keys[-1], facts)
        store.flush()
        expected += told(keys[-1], facts)
    store.compact()
    before = store.bytes
    for newer in (50, 60):
        store.put(some_keys(newer), some_facts(newer, (newer * 10, newer * 10 + 1), Side.LABEL))
    store.flush()
    size = store.bytes
    store.compact()
    assert store.bytes < size - before * 0.2
    assert all_of(store, np.concatenate(keys)) == sorted(expected)
    store.close()
    again = FactStore.open(store.folder, replace(SETTINGS, max_bytes=1 << 31), keep=True)
    assert all_of(again, np.concatenate(keys)) == sorted(expected)


def test_a_full_disk_is_told_and_what_was_committed_is_whole(store, monkeypatch):
    keys, facts = some_keys(0), some_facts(0, (0, 16), Side.LABEL)
    store.put(keys, facts)
    store.flush()
    store.put(some_keys(1), some_facts(1, (0, 16), Side.LABEL))
    # A file may not grow any more, which LMDB meets in the middle of a commit.
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (store.bytes, limits[1]))
    monkeypatch.setattr(slices, "FULL", 1 << 60)
    try:
        with pytest.raises(LabelStoreError, match=r"0\.lmdb cannot be used: .*make room there"):
            store.flush()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    store.close()
    again = FactStore.open(store.folder, SETTINGS, keep=True)
    assert all_of(again, keys) == sorted(told(keys, facts))


def test_a_dropped_slice_takes_its_file_with_it(store):
    keys, facts = some_keys(0), some_facts(0, (0, 64), Side.LABEL)
    store.put(keys, facts)
    store.drop_before(2)
    late = facts["effective"] >= 32
    assert all_of(store, keys) == sorted(told(keys[late], facts[late]))
    assert sorted(path.name for path in store.folder.glob("*.lmdb")) == ["2.lmdb", "3.lmdb"]
